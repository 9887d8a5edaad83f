import Audit
import CommandLineInterface
import Encoding
import Glibc
import Synchronization
import TransparencyLog

/// `hexi-audit verify`.
enum VerifyCommand {
    static func command(_ console: Console) -> Command {
        Command(
            name: "verify", about: "verify a whole ledger, from a folder, an evidence bundle, a node or a mirror",
            discussion: """
                Checks the journal's frames, the hash chain, the Merkle tree against the signed checkpoint, every \
                signature on every statement, and the rules of exchange by replaying all events. The caches in the \
                folder (hashes, offsets, state-snapshot) are not read: nothing depends on them.

                For a copy of a running ledger, copy the checkpoint first and the journal second.

                With --policy the checkpoint must be signed by a log of the policy, and cosigned by its quorum of witnesses. A \
                ledger that is sound but lacks cosignatures is no tampered one (the witnesses may be down): the verdict is \
                "not witnessed", the exit code 1, and 0 with --allow-unwitnessed.

                With --state an audit that is stopped by Ctrl-C, or by a fault of the network, keeps how far it came, and \
                the next run goes on from there. Keep the file as you keep your own records: it is what later \
                checkpoints are held against.
                """,
            options: TrustOptions.all + [
                .flag("allow-unwitnessed", about: "with --policy: call the ledger sound even where the quorum of witnesses is not reached"),
                .flag("chain-only", about: "check the chain, the tree and the checkpoint only (a partial audit: no statements, no rules)"),
                .value("timeout", "SECONDS", about: "how long one answer of a node may take", default: "60"),
                .value(
                    "state", "FILE", about: "keep what was found out in this file of yours; the next run reads only what is new, and says so if the log shrank or forked"),
                .flag("from-start", about: "with --state: read everything anew all the same"),
                .flag("json", about: "print the report as JSON"),
                .flag("quiet", short: "q", about: "print nothing; the exit code tells"),
            ],
            arguments: [
                CommandArgument(
                    "ledger", about: "a ledger's folder, a node's home, an evidence bundle (.tar), or the address of a node or a mirror (http:// or https://)",
                    completion: .directory)
            ],
            examples: [
                "hexi-audit verify /var/lib/hexi/ledger",
                "hexi-audit verify https://space.example.org --vkey 'space.example.org/log+1a2b3c4d+AQID…' --json",
                "hexi-audit verify https://mirror.example.org/log --policy trust-policy",
                "hexi-audit verify https://space.example.org --state space.hexi-state",
            ],
            run: { try await run($0, console) })
    }

    private static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> ExitCode {
        let source = AuditSource(try arguments.requiredArgument("ledger"))
        let options = try options(arguments)
        let isQuiet = arguments.flag("quiet")
        let (wantsJSON, progress) = (arguments.flag("json"), VerifyProgress(console, isQuiet: isQuiet))
        let work = Task { try await Auditor(source, options: options).run { progress.update($0, of: $1) } }
        let stop = StopSignal(work.cancel)
        do {
            let report = try await work.value
            progress.finish()
            if wantsJSON {
                console.print(json: report.json)
            } else if !isQuiet {
                console.write(ReportText.render(report, width: console.outputWidth), to: .output)
            }
            return report.isSound ? .success : .negative
        } catch let failure as AuditFailure {
            throw unchecked("\(failure)", .failure)
        } catch let interruption as AuditInterruption {
            throw unchecked("\(interruption)", stop.exitCode)
        }
        func unchecked(_ reason: String, _ exitCode: ExitCode) -> CommandFailure {
            progress.finish()
            if wantsJSON {
                let report: JSONValue = [
                    "verdict": "unchecked", "source": .string(source.description), "reason": .string(reason),
                ]
                console.print(json: report)
            }
            return CommandFailure("could not check: \(reason)", exitCode: exitCode)
        }
    }

    private static func options(_ arguments: ParsedArguments) throws -> AuditOptions {
        let policy = try TrustOptions.policy(arguments)
        let keys = try TrustOptions.keys(arguments)
        guard arguments.value("policy") != nil || !arguments.flag("allow-unwitnessed") else {
            throw UsageError.badValue(of: "--allow-unwitnessed", value: "", reason: "without --policy no witness is asked for")
        }
        let timeout = try arguments.integer("timeout", in: 1...86_400) ?? 60
        var options = AuditOptions(
            pinnedKeys: keys, isChainOnly: arguments.flag("chain-only"), timeoutSeconds: Double(timeout),
            stateFile: arguments.value("state"))
        options.isFromStart = arguments.flag("from-start")
        options.policy = arguments.value("policy") == nil ? nil : policy
        options.allowsUnwitnessed = arguments.flag("allow-unwitnessed")
        return options
    }
}

/// Remembers which signal asked the work to stop. A second signal ends the program at once.
private final class StopSignal: Sendable {
    private let number = Mutex<Int32?>(nil)

    init(_ stop: @escaping @Sendable () -> Void) {
        Interruption.onSignal { signal in
            self.number.withLock { $0 = signal }
            stop()
            return .keepRunning
        }
    }

    /// How the program ends once the work has stopped.
    var exitCode: ExitCode {
        switch number.withLock({ $0 }) {
        case SIGINT: .interrupted
        case SIGTERM: .terminated
        default: .failure
        }
    }
}
