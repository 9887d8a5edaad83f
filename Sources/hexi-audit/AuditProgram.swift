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
                It needs a copy of the ledger's folder, an evidence bundle, or the address of a node or of a mirror; and at \
                best a trust policy or the log's key, obtained by another way than the ledger.

                For a check, exit code 0 means that the ledger is sound, 1 that it was tampered with, contradicts \
                itself or lacks the witnesses that the policy asks for, and 2 that it could not be checked.
                """,
            subcommands: [
                VerifyCommand.command(console), ShowCommand.command(console), ReconcileCommand.command(console),
                ReportCommand.command(console), CheckCommand.command(console), CertificateCommand.command(console),
                ProveCommand.command(console), ReplayCommand.command(console),
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
