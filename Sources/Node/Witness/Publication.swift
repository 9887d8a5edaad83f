import Encoding
import Storage
import TransparencyLog

/// The checkpoint that the node shows to everybody. Without a `witness-policy` in its home that is always the ledger's
/// latest; with one, the latest that its witnesses have been asked to cosign.
final class Publication: Sendable {
    private let ledger: Ledger
    private let witnessed: WitnessedPublication?

    /// Throws ``NodeError/home(path:reason:)`` if the policy is not one for this ledger, or if a larger or other ledger was
    /// published from this home before.
    init(
        home: NodeHome, ledger: Ledger, metrics: Metrics, log: StructuredLog, file: DurableFile = DurableFile()
    ) throws {
        self.ledger = ledger
        witnessed = try WitnessPolicyFile.read(home, ledger: ledger).map {
            try WitnessedPublication(policy: $0, home: home, ledger: ledger, metrics: metrics, log: log, file: file)
        }
    }

    /// The signed note that is published now, with the cosignatures it has.
    var note: [UInt8] { witnessed?.served.bytes ?? ledger.checkpoint() }

    /// The entries that the published checkpoint covers.
    var size: UInt64 { witnessed?.served.checkpoint.size ?? ledger.size }

    var checkpoint: Checkpoint {
        if let witnessed { return witnessed.served.checkpoint }
        // The ledger's own note is always one of its checkpoints.
        if let note = try? SignedNote(ledger.checkpoint()), let checkpoint = try? Checkpoint(text: note.text) { return checkpoint }
        let head = ledger.head
        return Checkpoint(origin: ledger.origin, size: head.size, root: head.root)
    }

    /// Whether checkpoints that only these keys sign could be published: with a policy, it must list one of them.
    func accepts(_ keys: [NoteVerifier]) -> Bool {
        witnessed?.policy.logs.contains { keys.contains($0.verifier) } ?? true
    }

    /// Begins to ask the witnesses whenever the ledger has grown.
    func start() { witnessed?.start() }

    func stop() async { await witnessed?.stop() }

    /// Publishes what the ledger holds now: asks every witness at once, also one that has just failed, and returns when the
    /// quorum is reached or all have answered or run out of time.
    func publishNow() async { await witnessed?.publishNow() }

    /// What the operator must know: a witness that has seen another ledger than this one, or a disk that does not write.
    var warnings: [String] { witnessed?.warnings ?? [] }

    /// What `GET /ledger/witnesses` answers.
    var view: JSONValue {
        var object: JSONObject = ["ledgerSize": .integer(Int64(clamping: ledger.size))]
        let shown = checkpoint
        object["publishedSize"] = .integer(Int64(clamping: shown.size))
        object["publishedRoot"] = .string(shown.root.description)
        object["quorum"] = .string(witnessed?.policy.quorumName ?? "none")
        object["isQuorumReached"] = .bool(witnessed?.served.isQuorumReached ?? true)
        object["missing"] = .string(witnessed?.served.missing ?? "")
        object["warnings"] = .array(warnings.map { .string($0) })
        object["witnesses"] = .array(witnessed?.callers.map(\.view) ?? [])
        return .object(object)
    }

    var gauges: [(name: String, help: String, value: Double)] {
        let standings = witnessed?.callers.map(\.standing) ?? []
        return [
            ("hexi_published_size", "Entries in the published checkpoint.", Double(size)),
            ("hexi_published_quorum_reached", "1 if the published checkpoint has the cosignatures it needs.", witnessed?.served.isQuorumReached ?? true ? 1 : 0),
            ("hexi_witnesses_failing", "Witnesses whose last answer was none or a refusal.", Double(standings.count { $0.failures > 0 })),
            ("hexi_witnesses_alarming", "Witnesses that have seen another ledger than this one.", Double(standings.count { $0.alarm != nil })),
        ]
    }
}
