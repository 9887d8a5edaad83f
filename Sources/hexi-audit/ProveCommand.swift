import Audit
import CommandLineInterface
import Encoding
import TransparencyLog

/// `hexi-audit prove`.
enum ProveCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "prove", about: "make a proof of an entry, from a ledger's folder or a node",
            discussion: """
                Writes a log proof (C2SP tlog-proof) that holds the entry, its path in the tree and the signed checkpoint: \
                one file that "hexi-audit check" checks offline. The folder is read once, up to the checkpoint's size; \
                the chain, the tree and the checkpoint are checked on the way, statements and rules are not.
                """,
            options: TrustOptions.all + [
                .value("output", short: "o", "FILE", about: "where to write the proof, - for standard output; else <log>-<number>.tlog-proof here", completion: .file),
                .value(
                    "checkpoint", "FILE", about: "prove by this earlier checkpoint of the log instead of the folder's own",
                    completion: .file),
                .value("timeout", "SECONDS", about: "how long one answer of a node may take", default: "60"),
                .flag("json", about: "print what was proved as JSON"),
                .flag("quiet", short: "q", about: "print nothing"),
            ],
            arguments: [
                CommandArgument("seq", about: "the entry's number"),
                CommandArgument(
                    "ledger", about: "a ledger's folder, a node's home, or a node's address (http:// or https://)",
                    completion: .directory),
            ],
            examples: [
                "hexi-audit prove 17 /var/lib/hexi/ledger",
                "hexi-audit prove 17 https://space.example.org --policy trust-policy --output receipt.tlog-proof",
            ],
            run: { try run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) throws -> ExitCode {
        let text = try arguments.requiredArgument("seq")
        guard let seq = UInt64(text), String(seq) == text else {
            throw UsageError.badValue(of: "<seq>", value: text, reason: "give the entry's number, as it stands in a receipt")
        }
        let policy = try TrustOptions.policy(arguments)
        let timeout = try arguments.integer("timeout", in: 1...86_400) ?? 60
        let options = AuditOptions(pinnedKeys: policy?.logs.map(\.verifier) ?? [], timeoutSeconds: Double(timeout))
        let (isJSON, isQuiet) = (arguments.flag("json"), arguments.flag("quiet"))
        let progress = VerifyProgress(console, label: "reading", isQuiet: isQuiet)
        defer { progress.finish() }
        do {
            let checkpoint = try arguments.value("checkpoint").map { try ProofFile.read($0, maximumLength: SignedNote.maximumLength) }
            let prover = LedgerProver(AuditSource(try arguments.requiredArgument("ledger")), options: options)
            let outcome = try prover.prove([seq], checkpoint: checkpoint, progress: progress.update)
            guard let proof = outcome.proofs.first else { return .internalError }
            // Nothing is written that would not pass the check.
            let report = try ProofCheck(policy: policy ?? TrustPolicy(logs: outcome.keys)).check(proof.bytes)
            let path = arguments.value("output") ?? proof.fileName
            progress.finish()
            if path == "-" {
                console.write(String(decoding: proof.bytes, as: UTF8.self), to: .output)
            } else {
                try ProofFile.write(proof.bytes, to: path)
                show(report, path, isJSON ? console : nil)
                if !isJSON && !isQuiet { console.write(ProofText.render(report, isKeyOnly: arguments.value("policy") == nil, width: console.outputWidth), to: .output) }
            }
            if !isQuiet { remark(outcome, path, console) }
            return report.isProved ? .success : .negative
        } catch let problem as AuditProblem {
            if isJSON { console.print(json: ["verdict": "tampered", "problem": problem.json]) }
            throw CommandFailure("the ledger is not sound: \(problem)", exitCode: .negative)
        } catch let error as ProofCheckError {
            throw CommandFailure("\(error)", exitCode: .negative)
        } catch let failure as AuditFailure {
            throw CommandFailure("could not prove: \(failure)", exitCode: .failure)
        }
    }

    private static func show(_ report: ProofReport, _ path: String, _ console: Console?) {
        guard let console, var object = report.json.objectValue else { return }
        object["file"] = .string(path)
        console.print(json: .object(object))
    }

    private static func remark(_ outcome: LedgerProver.Outcome, _ path: String, _ console: Console) {
        if path != "-" { console.note("Written to \(TextWidth.printable(path)).") }
        if !outcome.isPinned {
            console.note(
                "Note: the log's key was taken from the ledger itself. Get it from the operator by another way and pin it with --vkey or --policy; here it is \(TextWidth.printable(outcome.keys.map(\.description).joined(separator: ", "))).")
        }
    }
}
