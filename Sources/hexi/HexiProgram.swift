import CommandLineInterface

/// In this program a command is one of the command line; the exchange's rules have another of that name.
typealias Command = CommandLineInterface.Command

/// The `hexi` program: one list of commands. A new command is one line here.
enum HexiProgram {
    static var version: String { NodeEntryPoints.version }

    static func commands(_ environment: CommandEnvironment) -> [Command] {
        [
            NodeCommands(environment: environment).initialise,
            NodeCommands(environment: environment).serve,
            NodeCommands(environment: environment).doctor,
            KeysCommands(environment: environment).command,
            ParticipantCommands(environment: environment).command,
            StaffCommands(environment: environment).command,
            EvidenceCommands(environment: environment).command,
            SpaceCommands(environment: environment).command,
            OperatorCommands(environment: environment).command,
            CosigningCommand(environment: environment).command,
            SpaceCommands(environment: environment).alarms,
            ProductCommands(environment: environment).command,
            SearchCommand(environment: environment).command,
            CatalogueCommands(environment: environment).command,
            ResourceCommands(environment: environment).command,
            RightCommands(environment: environment).command,
            ContractCommands(environment: environment).command,
            QueryCommands(environment: environment).command,
            ProgramCommands(environment: environment).command,
            TaskCommands(environment: environment).command,
            RunCommands(environment: environment).command,
            ArtefactCommands(environment: environment).command,
            ConsentCommands(environment: environment).command,
            UsageCommand(environment: environment).command,
            ReceiptCommand(environment: environment).command,
            OutboxCommands(environment: environment).command,
            BundleCommands(environment: environment).command,
            WitnessCommands(environment: environment).command,
            DemoCommand.command(console: environment.console),
            BenchCommands(environment: environment).command,
            versionCommand(environment),
        ]
    }

    static func root(_ environment: CommandEnvironment) -> Command {
        Command(
            name: "hexi", about: "exchange data under signed contracts, on a ledger that anybody can check",
            discussion: """
                A node serves a space: its operator admits participants, providers list products and keep the data, \
                buyers sign contracts and run approved queries. Every step is a signed statement on the node's ledger; \
                hexi-audit checks that ledger without trusting the node.

                Your profile (a folder, ~/.hexi unless --profile or HEXI_PROFILE says otherwise) holds your key and the \
                node's address.
                """,
            options: CommandContext.commonOptions, subcommands: commands(environment))
    }

    static func program(_ environment: CommandEnvironment = .standard) -> Program {
        Program(root(environment), version: version, console: environment.console)
    }

    private static func versionCommand(_ environment: CommandEnvironment) -> Command {
        Command(
            name: "version", about: "show the program's version", examples: ["hexi version"],
            run: environment.action { context in
                context.show(["name": "hexi", "version": .string(version)]) { context.console.print("hexi \(version)") }
                return .success
            })
    }
}
