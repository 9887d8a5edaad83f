import Audit
import CommandLineInterface
import Encoding
import Exchange
import Signing
import TransparencyLog

/// `hexi receipt`: fetches the proof of an entry, checks it, and keeps it.
struct ReceiptCommand: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "receipt", about: "fetch the proof that an entry is on the ledger, check it, and keep it",
            discussion: """
                The file (C2SP tlog-proof) holds the entry and everything that shows that the log has bound itself to it; \
                "hexi-audit check" checks it without the node. It is stored only if it is the entry that the node gave you \
                the receipt for, and if it holds by your trust policy: the one given, else the file trust-policy in your \
                profile. Without either the log's key is taken from the node itself.
                """,
            options: [
                .value("output", short: "o", "FILE", about: "where to store it, else <log>-<number>.tlog-proof here", completion: .file),
                .flag("wait", about: "wait until a published checkpoint covers the entry, with the witnesses that the policy asks for"),
                .value("timeout", "SECONDS", about: "how long to wait at most", default: "60"),
                .value("policy", "FILE", about: "a trust policy (C2SP tlog-policy)", completion: .file),
                .value("vkey", "VKEY", about: "a key of the log instead of a policy", isRepeated: true),
            ],
            arguments: [CommandArgument("seq", about: "the entry's number, from a receipt")],
            examples: ["hexi receipt 17 --wait", "hexi receipt 17 --policy trust-policy --output run.tlog-proof"],
            run: environment.action { try await run($0) })
    }

    private func run(_ context: CommandContext) async throws -> ExitCode {
        let text = try context.arguments.requiredArgument("seq")
        guard let seq = UInt64(text), String(seq) == text else {
            throw UsageError.badValue(of: "<seq>", value: text, reason: "give the entry's number, as it stands in the receipt")
        }
        let limit = try context.arguments.integer("timeout", in: 1...86_400) ?? 60
        let client = try context.publicClient()
        let given = try ReceiptTrust.policy(context)
        let fetch = ReceiptFetch(
            seq: seq, client: client, policy: try await ReceiptTrust.orOwn(given, client), kept: try Self.kept(seq, context))
        let (proof, report) = try await proof(fetch, waitingSeconds: context.arguments.flag("wait") ? limit : 0, context)
        let path = context.arguments.value("output") ?? proof.fileName
        try LocalFiles.write(proof.bytes, to: path, mode: 0o644)
        guard var object = report.json.objectValue else { return .internalError }
        object["file"] = .string(path)
        context.show(.object(object)) { context.console.print(Self.details(report, path)) }
        if given == nil {
            context.note(
                "The log's key was taken from the node itself. Get it from the operator by another way and give it with --vkey, "
                    + "or keep a trust policy in your profile.")
        }
        return .success
    }

    private static func kept(_ seq: UInt64, _ context: CommandContext) throws(ClientError) -> KeptReceipt? {
        guard let directory = try? context.profileDirectory(), Profile.exists(in: directory) else { return nil }
        return try Profile(directory: directory).receipts.find(seq)
    }

    /// Fetches until there is a proof with enough witnesses, or the time is over.
    private func proof(
        _ fetch: ReceiptFetch, waitingSeconds limit: Int, _ context: CommandContext
    ) async throws(ClientError) -> (LogProof, ProofReport) {
        var waited = 0
        while true {
            let lack: ClientError
            do throws(ClientError) {
                let (proof, report) = try await fetch.proof()
                if report.isProved { return (proof, report) }
                lack = .refused(
                    "entry \(fetch.seq) is in a checkpoint, but not enough witnesses have cosigned it: \(report.judgement.missing)",
                    hint: "Wait for them with --wait.")
            } catch {
                guard case .problem(let problem) = error, problem.code == "not-published-yet" else { throw error }
                lack = error
            }
            guard waited < limit else { throw lack }
            if waited == 0 { context.note("Waiting for the checkpoint of entry \(fetch.seq), up to \(limit) s.") }
            if waited > 0, waited % 10 == 0 { context.note("Still waiting, \(limit - waited) s left: \(lack)") }
            await environment.pause(1000)
            if Task.isCancelled { throw lack }
            waited += 1
        }
    }

    private static func details(_ report: ProofReport, _ path: String) -> String {
        var details = DetailList()
        let judgement = report.judgement
        details.add("entry", "\(report.index), \(TextWidth.printable(report.entry?.type ?? ""))")
        details.add("subject", TextWidth.printable(report.entry?.subject ?? ""))
        details.add("at", report.entry?.time.description ?? "")
        details.add("log", TextWidth.printable("\(judgement.checkpoint.origin), \(judgement.checkpoint.size) entries"))
        let witnesses = judgement.cosignatures.map { "\($0.witness) at \(ProofReport.time($0.time))" }.joined(separator: ", ")
        details.add("witnesses", TextWidth.printable(witnesses.isEmpty ? "none" : witnesses))
        details.add("quorum", report.quorum == "none" ? "none asked for" : TextWidth.printable("\(report.quorum), reached"))
        details.add("kept in", TextWidth.printable(path))
        return details.render()
    }
}

/// Whom to believe about the log.
enum ReceiptTrust {
    /// The policy that was given, else the profile's; `nil` if there is neither.
    static func policy(_ context: CommandContext) throws -> TrustPolicy? {
        var keys: [NoteVerifier] = []
        for text in context.arguments.values("vkey") {
            do { keys.append(try NoteVerifier(text)) } catch {
                throw UsageError.badValue(of: "--vkey", value: text, reason: "\(error)")
            }
        }
        if let path = context.arguments.value("policy") {
            guard keys.isEmpty else {
                throw ClientError.usage("--policy and --vkey exclude each other", hint: "A policy names the log's keys itself.")
            }
            return try read(path)
        }
        if !keys.isEmpty { return TrustPolicy(logs: keys) }
        guard let directory = try? context.profileDirectory() else { return nil }
        let path = Profile.trustPolicyPath(in: directory)
        return LocalFiles.exists(path) ? try read(path) : nil
    }

    /// The policy, or one that believes the keys that the node names as its log's.
    static func orOwn(_ policy: TrustPolicy?, _ client: NodeClient) async throws(ClientError) -> TrustPolicy {
        if let policy { return policy }
        let space = try await client.get(RequestTarget("/api/v1/space"))
        let keys = space.list("logKeys").compactMap { key in key.stringValue.flatMap { try? NoteVerifier($0) } }
        guard !keys.isEmpty else { throw .unexpectedAnswer(node: client.address.base, reason: "its space has no log key") }
        return TrustPolicy(logs: keys)
    }

    private static func read(_ path: String) throws(ClientError) -> TrustPolicy {
        let bytes = try LocalFiles.read(path, maximumCount: TrustPolicy.maximumLength)
        do { return try TrustPolicy(bytes) } catch { throw .file(path: path, reason: "\(error)") }
    }
}
