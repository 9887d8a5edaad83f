import Audit
import CommandLineInterface
import Encoding
import TransparencyLog

/// `hexi-audit check`.
enum CheckCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "check", about: "check a proof or an evidence bundle that somebody keeps, offline",
            discussion: """
                Takes a log proof (.tlog-proof, as "hexi receipt" and "hexi-audit prove" write it) or a proof of a record \
                in a batch, and needs neither the ledger nor a network: it verifies the checkpoint's signatures by the \
                policy, and that the entry in the file is in the tree that the checkpoint stands for.

                It shows that the log has this entry and has bound itself to it. Whether the entry follows the rules, and \
                the signature on the statement in it, are checked with the whole ledger: hexi-audit verify.

                Of an evidence bundle (.tar, as "hexi-audit export" writes it), everything is checked that is in it: for a \
                whole ledger that is all that verify checks; for single entries that they are in the log, and the \
                signatures on the statements in them.

                Exit code 0 means that it is proved, 1 that it is not or that witnesses are missing, 2 that it could not \
                be checked.
                """,
            options: TrustOptions.all + [
                .value("entry", "FILE", about: "the entry's bytes, where you have them from elsewhere or the file does not hold them", completion: .file),
                .flag("json", about: "print the report as JSON"),
                .flag("quiet", short: "q", about: "print nothing; the exit code tells"),
            ],
            arguments: [CommandArgument("file", about: "the proof or the evidence bundle", completion: .file)],
            examples: [
                "hexi-audit check 86.gs.qingyang-ledger-17.tlog-proof --policy trust-policy",
                "hexi-audit check evidence.tar --policy trust-policy",
                "hexi-audit check 86.gs.qingyang-ledger-17.tlog-proof --vkey '86.gs.qingyang/ledger+1a2b3c4d+AQID…' --json",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let path = try arguments.requiredArgument("file")
        guard let policy = try TrustOptions.policy(arguments) else {
            throw UsageError.missingOption("--policy", valueName: "FILE (or --vkey VKEY)")
        }
        let output = Output(console: console, isJSON: arguments.flag("json"), isQuiet: arguments.flag("quiet"))
        if AuditSource.isBundle(path) { return try await checkBundle(path, policy, arguments, output) }
        do {
            let file = try ProofFile.read(path, maximumLength: ProofCheck.maximumLength)
            let entry = try arguments.value("entry").map { try readEntry($0) }
            let report = try ProofCheck(policy: policy).check(file, entry: entry)
            output.show(report.json) { ProofText.render(report, isKeyOnly: arguments.value("policy") == nil, width: console.outputWidth) }
            return report.isProved ? .success : .negative
        } catch let error as ProofCheckError {
            guard case .notProved(let reason) = error else { throw output.unchecked("\(error), with --entry FILE") }
            let json: JSONValue = ["verdict": "not-proved", "reason": .string(reason)]
            output.show(json) { "NOT PROVED 证明不成立\n\(TextWidth.printable(path)): \(TextWidth.printable(reason))\n" }
            return .negative
        } catch let failure as AuditFailure { throw output.unchecked("\(failure)") }
    }

    private static func checkBundle(
        _ path: String, _ policy: TrustPolicy, _ arguments: ParsedArguments, _ output: Output
    ) async throws -> ExitCode {
        if let entry = arguments.value("entry") {
            throw UsageError.badValue(of: "--entry", value: entry, reason: "an evidence bundle holds its entries itself")
        }
        var options = AuditOptions(pinnedKeys: try TrustOptions.keys(arguments))
        options.policy = arguments.value("policy") == nil ? nil : policy
        let progress = VerifyProgress(output.console, isQuiet: output.isQuiet)
        defer { progress.finish() }
        do {
            let report = try await Auditor(.bundle(path), options: options).run { progress.update($0, of: $1) }
            progress.finish()
            output.show(report.json) { ReportText.render(report, width: output.console.outputWidth) }
            return report.isSound ? .success : .negative
        } catch let failure as AuditFailure { throw output.unchecked("\(failure)") }
    }

    /// An entry from a file: as it is, or as a line of `/ledger/entries` with a line feed behind it.
    private static func readEntry(_ path: String) throws(AuditFailure) -> [UInt8] {
        let bytes = try ProofFile.read(path, maximumLength: ChainedEntry.maximumLength + 1)
        return bytes.last == 0x0A ? bytes.dropLast() : bytes
    }

    private struct Output {
        let console: Console
        let isJSON: Bool
        let isQuiet: Bool

        func show(_ json: JSONValue, text: () -> String) {
            if isJSON { console.print(json: json) } else if !isQuiet { console.write(text(), to: .output) }
        }

        func unchecked(_ reason: String) -> CommandFailure {
            if isJSON { console.print(json: ["verdict": "unchecked", "reason": .string(reason)]) }
            return CommandFailure("could not check: \(reason)", exitCode: .failure)
        }
    }
}
