import CommandLineInterface

/// The auditor's program: what it is called, and its commands.
enum AuditProgram {
    static let version = "0.1.0"

    static func program(console: Console = .standard) -> Program {
        Program(root(console), version: version, console: console)
    }

    static func root(_ console: Console) -> Command {
        Command(
            name: "hexi-audit", about: "verify an exchange ledger without trusting whoever keeps it",
            discussion: """
                It needs a copy of the ledger's folder, or a node's address, and at best the log's key, obtained from \
                the operator by another way than the ledger.

                For a check, exit code 0 means that the ledger is sound, 1 that it was tampered with or contradicts \
                itself, and 2 that it could not be checked.
                """,
            subcommands: [
                VerifyCommand.command(console), ShowCommand.command(console), ReconcileCommand.command(console),
                ReportCommand.command(console), CheckCommand.command(console), ProveCommand.command(console),
                DiffCommand.command(console), WatchCommand.command(console),
                ExportCommand.command(console), DumpCommand.command(console),
                version(console),
            ])
    }

    private static func version(_ console: Console) -> Command {
        Command(name: "version", about: "show the version", examples: ["hexi-audit version"]) { _ in
            console.print("hexi-audit \(version)")
            return .success
        }
    }
}
