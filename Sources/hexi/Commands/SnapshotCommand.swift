import CommandLineInterface
import Encoding

/// `hexi product snapshot`: the data itself, for whom the provider gives it to.
struct SnapshotCommand: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "snapshot", about: "write a product's snapshot out of the node's vault, in the clear",
            discussion: """
                For an auditor to whom the provider hands the data over, so that a run can be made again (hexi-audit replay). It is \
                done on the node's own machine, with the node's vault key, and asks nobody: whoever has that key has the data. The \
                file is readable by its owner only.
                """,
            options: [
                .value("home", "DIR", about: "the node's folder", isRequired: true, completion: .directory),
                .value("output", "FILE", about: "where to write it; nothing may be there yet", isRequired: true, completion: .file),
            ],
            arguments: [CommandArgument("sha256", about: "the snapshot's SHA-256, as \"hexi product show\" tells it")],
            examples: ["hexi product snapshot 9f86d081… --home ./node --output flights.duckdb"],
            run: environment.action { context in
                let digest = try context.arguments.requiredArgument("sha256").lowercased()
                let path = try context.arguments.required("output")
                context.note("Decrypting the snapshot.")
                try NodeEntryPoints.exportSnapshot(digest, home: try context.arguments.required("home"), to: path)
                context.show(["snapshot": .string(digest), "file": .string(path)]) {
                    context.console.print("\(path) holds the snapshot \(TextWidth.printable(digest))")
                }
                return .success
            })
    }
}
