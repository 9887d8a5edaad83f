import Encoding
import Exchange
import Storage
import TransparencyLog

/// An event that is on the ledger, durably.
struct Recorded: Sendable {
    var event: Event
    var seq: UInt64
    var time: Timestamp
    var leafHash: String
}

/// The one place where commands are put in order: decides each against the state, hands the event to the ledger, and
/// applies it.
///
/// The actor owns the state. An event is applied when it has been queued for writing, before it is durable, so that the
/// next command can be decided while the disk works; but nobody is told of it before it is durable. When a write
/// fails, everything decided since is void: the node then refuses commands until the state has been rebuilt from what
/// is durable.
actor Sequencer {
    private let ledger: Ledger
    private let projector: Projector
    private let metrics: Metrics
    private var state: ExchangeState
    /// Why commands are refused at the moment, if they are.
    private var failure: String?

    init(ledger: Ledger, state: ExchangeState, projector: Projector, metrics: Metrics) {
        self.ledger = ledger
        self.state = state
        self.projector = projector
        self.metrics = metrics
    }

    /// Reads from the state. The closure must be quick: commands wait for it.
    func read<Value: Sendable>(_ body: @Sendable (borrowing ExchangeState) -> Value) -> Value { body(state) }

    /// The time that the next entry would have: the clock's, but never before the last entry's.
    func now() -> Timestamp { max(Clock.now(), state.time) }

    /// What the rules say of a run before it begins.
    func authorizeRun(_ command: Command) throws(Refusal) -> RunAuthorization {
        try state.checkFreshness(command.statement.header, at: now())
        return try state.authorizeRun(command, at: now())
    }

    /// What the rules say of a query before its text is checked.
    func checkSubmission(_ submission: QuerySubmission, _ command: Command) throws(Refusal) {
        if let seq = state.recordedAt(command.statement) {
            throw Refusal(.duplicate, "this very query is recorded already, as entry \(seq)", recordedAt: seq)
        }
        try state.checkFreshness(command.statement.header, at: now())
        try state.checkSubmission(submission, command, at: now())
    }

    /// Decides a command and records its event. Returns when the entry is durable and the index knows it.
    func submit(_ command: Command) async throws -> Recorded {
        if let failure { throw NodeError.ledgerUnavailable(reason: failure) }
        let time = now()
        let event = try state.decide(command, at: time)
        let seq = state.size
        let pending: PendingAppend
        do {
            pending = try ledger.enqueue([EntryDraft(time: time, content: LedgerEntry.content(event, time: time))])
        } catch {
            throw try refusedAppend(error)
        }
        state.apply(event, at: time)
        let projection = projector.enqueue(event, seq: seq, time: time, pending: pending)
        let receipts: [EntryReceipt]
        do { receipts = try await pending.value() } catch {
            await rebuild(after: "\(error)")
            throw NodeError.ledgerUnavailable(reason: "\(error)")
        }
        metrics.countEntry(event.type.rawValue)
        await projection.wait()
        return Recorded(event: event, seq: seq, time: time, leafHash: receipts.first?.leafHash.description ?? "")
    }

    /// An entry that is too long for the ledger is the command's fault; anything else is the ledger's.
    private func refusedAppend(_ error: LedgerError) throws -> any Error {
        if case .entryTooLong(_, let count) = error {
            return Refusal(.termsOutOfRange, "the entry would have \(count) bytes; a ledger entry has at most 65,535")
        }
        if case .overloaded = error { return NodeError.ledgerUnavailable(reason: error.description) }
        failure = "\(error)"
        Task { await self.rebuild(after: "\(error)") }
        return NodeError.ledgerUnavailable(reason: "\(error)")
    }

    private var isRebuilding = false

    /// After a failed write: recovers the ledger, and makes the state anew from the entries that are durable.
    private func rebuild(after reason: String) async {
        guard !isRebuilding else { return }
        isRebuilding = true
        defer { isRebuilding = false }
        failure = reason
        while !Task.isCancelled {
            do {
                try ledger.recover()
                state = try StateLoader.load(from: ledger)
                failure = nil
                return
            } catch {
                failure = "\(error)"
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// The state with the size it belongs to, for a snapshot.
    func stateForSnapshot() -> ExchangeState { state }

    /// Why the ledger takes no entries, or `nil` if it does.
    func failureReason() -> String? { failure }
}
