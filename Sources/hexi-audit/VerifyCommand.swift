import Audit
import CommandLineInterface
import Encoding
import TransparencyLog

/// `hexi-audit verify`.
enum VerifyCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "verify", about: "verify a whole ledger, from a folder or from a node",
            discussion: """
                Checks the journal's frames, the hash chain, the Merkle tree against the signed checkpoint, every \
                signature on every statement, and the rules of exchange by replaying all events. The caches in the \
                folder (hashes, offsets, state-snapshot) are not read: nothing depends on them.

                For a copy of a running ledger, copy the checkpoint first and the journal second.
                """,
            options: [
                .value(
                    "vkey", "VKEY", about: "a key of the log, name+identifier+base64, known from elsewhere; the ledger's own word is then not needed",
                    isRepeated: true),
                .flag("chain-only", about: "check the chain, the tree and the checkpoint only (a partial audit: no statements, no rules)"),
                .value("timeout", "SECONDS", about: "how long one answer of a node may take", default: "60"),
                .flag("json", about: "print the report as JSON"),
                .flag("quiet", short: "q", about: "print nothing; the exit code tells"),
            ],
            arguments: [
                CommandArgument(
                    "ledger", about: "a ledger's folder, a node's home, or a node's address (http:// or https://)",
                    completion: .directory)
            ],
            examples: [
                "hexi-audit verify /var/lib/hexi/ledger",
                "hexi-audit verify https://space.example.org --vkey 'space.example.org/log+1a2b3c4d+AQID…' --json",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let source = AuditSource(try arguments.requiredArgument("ledger"))
        var keys: [NoteVerifier] = []
        for text in arguments.values("vkey") {
            do { keys.append(try NoteVerifier(text)) } catch {
                throw UsageError.badValue(of: "--vkey", value: text, reason: "\(error)")
            }
        }
        let timeout = try arguments.integer("timeout", in: 1...86_400) ?? 60
        let options = AuditOptions(
            pinnedKeys: keys, isChainOnly: arguments.flag("chain-only"), timeoutSeconds: Double(timeout))
        let isQuiet = arguments.flag("quiet")
        let (wantsJSON, progress) = (arguments.flag("json"), VerifyProgress(console, isQuiet: isQuiet))
        Interruption.onSignal { _ in
            progress.finish()
            return .exit
        }
        do {
            let report = try await Auditor(source, options: options).run { progress.update($0, of: $1) }
            progress.finish()
            if wantsJSON {
                console.print(json: report.json)
            } else if !isQuiet {
                console.write(ReportText.render(report, width: console.outputWidth), to: .output)
            }
            return report.isSound ? .success : .negative
        } catch let failure as AuditFailure {
            progress.finish()
            if wantsJSON {
                let report: JSONValue = [
                    "verdict": "unchecked", "source": .string(source.description), "reason": .string(failure.description),
                ]
                console.print(json: report)
            }
            throw CommandFailure("could not check: \(failure)", exitCode: .failure)
        }
    }
}
