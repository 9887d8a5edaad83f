import Audit
import CommandLineInterface
import Encoding

/// `hexi-audit diff`.
enum DiffCommand {
    private static let argument = "a ledger's folder, a node's home, an evidence bundle (.tar), or the address of a node or a mirror"

    static func command(_ console: Console) -> Command {
        Command(
            name: "diff", about: "compare two ledgers, or two copies of one",
            discussion: """
                Tells whether both are the same, whether one is the beginning of the other, or at which entry they part. \
                Both checkpoints are verified, and that the entries lead to them; then the first entry that differs is \
                looked for from the trees' roots downwards. Of a log that serves tiles only a few of these are read; a \
                folder is read once. Statements and rules are not checked: that is what "hexi-audit verify" does.

                Where one log has signed two histories, --evidence writes what proves it: both checkpoints, and the first \
                entries that differ with their proofs, which anybody can check without the ledgers.

                Exit code 0 means that they are the same or that one is the beginning of the other, 1 that they part or \
                that one of them is not sound by itself, and 2 that they could not be compared: one cannot be read, or \
                they are different logs.
                """,
            options: TrustOptions.all + [
                .value("evidence", "DIR", about: "where they part: write the proof of it into this folder", completion: .directory),
                .value("timeout", "SECONDS", about: "how long one answer of a node may take", default: "60"),
                .flag("json", about: "print the comparison as JSON"),
                .flag("quiet", short: "q", about: "print nothing; the exit code tells"),
            ],
            arguments: [
                CommandArgument("a", about: argument, completion: .directory),
                CommandArgument("b", about: argument, completion: .directory),
            ],
            examples: [
                "hexi-audit diff ./copy-of-march https://space.example.org",
                "hexi-audit diff https://space.example.org https://mirror.example.org/log --policy trust-policy --evidence ./fork",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let (isJSON, isQuiet) = (arguments.flag("json"), arguments.flag("quiet"))
        let comparer = try comparer(arguments)
        let progress = VerifyProgress(console, label: "comparing", isQuiet: isQuiet)
        Interruption.onSignal { _ in
            progress.finish()
            return .exit
        }
        defer { progress.finish() }
        do {
            let comparison = try comparer.run(progress: progress.update)
            progress.finish()
            if isJSON {
                console.print(json: comparison.json)
            } else if !isQuiet {
                console.write(ComparisonText.render(comparison, width: console.outputWidth), to: .output)
            }
            if let folder = arguments.value("evidence") { try write(comparison, folder, console, isQuiet: isQuiet) }
            return exitCode(comparison)
        } catch let error as UnsoundLog {
            if isJSON {
                console.print(json: ["verdict": "unsound", "source": .string(error.source), "problem": error.problem.json])
            }
            throw CommandFailure("\(TextWidth.printable("\(error)")). \"hexi-audit verify\" finds out more", exitCode: .negative)
        } catch let failure as AuditFailure {
            if isJSON { console.print(json: ["verdict": "unchecked", "reason": .string("\(failure)")]) }
            throw CommandFailure("could not compare: \(failure)", exitCode: .failure)
        }
    }

    private static func comparer(_ arguments: ParsedArguments) throws -> LogComparer {
        let policy = try TrustOptions.policy(arguments)
        let timeout = try arguments.integer("timeout", in: 1...86_400) ?? 60
        var options = AuditOptions(pinnedKeys: try TrustOptions.keys(arguments), timeoutSeconds: Double(timeout))
        options.policy = arguments.value("policy") == nil ? nil : policy
        let (a, b) = (try arguments.requiredArgument("a"), try arguments.requiredArgument("b"))
        return LogComparer(AuditSource(a), AuditSource(b), options: options)
    }

    private static func exitCode(_ comparison: LogComparison) -> ExitCode {
        switch comparison.verdict {
        case .identical, .prefix: .success
        case .parted: .negative
        case .different: .failure
        }
    }

    private static func write(_ comparison: LogComparison, _ folder: String, _ console: Console, isQuiet: Bool) throws {
        guard let evidence = ForkEvidence(comparison) else {
            if !isQuiet { console.note("They do not part, so no evidence was written.") }
            return
        }
        try OutputFile.makeFolder(folder)
        for (name, bytes) in evidence.files { try OutputFile.write(bytes, to: "\(folder)/\(name)") }
        if !isQuiet { console.note("The evidence is in \(TextWidth.printable(folder)); README.txt there says how to check it.") }
    }
}
