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
/// fails, everything decided since is void: the state goes back to what is durable, and the node refuses commands until
/// the ledger takes entries again.
actor Sequencer {
    private let ledger: Ledger
    private let projector: Projector
    private let directory: KeyDirectory
    private let metrics: Metrics
    private let log: StructuredLog
    private let maximumWaitingApplications: Int
    /// Between two tries to make the ledger writable again.
    private let recoveryPause: Duration
    private let clock: @Sendable () -> Timestamp
    /// Told of the ledger's keys when a change of them is durable.
    private let adoptLogKeys: @Sendable ([String]) -> Void
    /// Told of every event that is durable.
    private let noteEvent: @Sendable (Event) -> Void
    /// The entry of the last change of keys that was adopted.
    private var logKeysAdopted: UInt64 = 0
    private var state: ExchangeState
    /// How many rights have each status; `nil` where they have to be counted again.
    private var rightCounts: [RightStatus: Int]?
    /// The latest append, while it may not be durable.
    private var last: PendingAppend?
    /// Why commands are refused at the moment, if they are.
    private var failure: String?
    /// Goes up with every failed write, so that of all the commands that fail with it only the first starts a recovery:
    /// a later one could throw away what has been decided since.
    private var epoch = 0
    /// Comes when the state is that of the durable entries again.
    private var reloaded: Completion?

    init(
        ledger: Ledger, state: ExchangeState, projector: Projector, directory: KeyDirectory, metrics: Metrics,
        log: StructuredLog, maximumWaitingApplications: Int, recoveryPause: Duration = .seconds(1),
        clock: @escaping @Sendable () -> Timestamp = { Clock.now() },
        adoptLogKeys: @escaping @Sendable ([String]) -> Void = { _ in },
        noteEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.ledger = ledger
        self.state = state
        self.projector = projector
        self.directory = directory
        self.metrics = metrics
        self.log = log
        self.maximumWaitingApplications = maximumWaitingApplications
        self.recoveryPause = recoveryPause
        self.clock = clock
        self.adoptLogKeys = adoptLogKeys
        self.noteEvent = noteEvent
    }

    // MARK: Reading

    /// Reads from the state, and returns when what was read is durable. The closure must be quick: commands wait for it.
    func read<Value: Sendable>(_ body: @Sendable (ExchangeState) -> Value) async -> Value {
        while true {
            let value = body(state)
            if await isSettled() { return value }
        }
    }

    /// The time that the next entry would have: the clock's, but never before the last entry's.
    func now() -> Timestamp { max(clock(), state.time) }

    /// How many rights have each status; for monitoring, so it waits for nothing, and counts anew only after the register
    /// has changed.
    func countRights() -> [RightStatus: Int] {
        if let rightCounts { return rightCounts }
        let counts = state.rights.rights.values.reduce(into: [RightStatus: Int]()) { $0[$1.status, default: 0] += 1 }
        rightCounts = counts
        return counts
    }

    /// Why the ledger takes no entries, or `nil` if it does.
    func failureReason() -> String? { failure }

    /// Waits until everything decided so far is durable; false where it was void, and has been taken back.
    private func isSettled() async -> Bool {
        guard let pending = last else { return true }
        let epoch = epoch
        do {
            _ = try await pending.value()
            if last === pending { last = nil }
            return true
        } catch {
            fail("\(error)", epoch)
            await reloaded?.wait()
            return false
        }
    }

    // MARK: Asking the rules

    /// What the rules say of a run before it begins.
    func authorizeRun(_ command: Command) throws(Refusal) -> RunAuthorization {
        try state.checkFreshness(command.statement.header, at: now())
        return try state.authorizeRun(command, at: now())
    }

    /// Whether runs that were allowed to begin may go on. Freshness is not asked: that was for their beginning.
    func areAllowed(runs commands: [Command]) -> [Bool] {
        let time = now()
        return commands.map { command in
            do {
                _ = try state.authorizeRun(command, at: time)
                return true
            } catch { return false }
        }
    }

    /// What the rules say of a query before its text is checked.
    func checkSubmission(_ submission: QuerySubmission, _ command: Command) async throws {
        if let seq = state.recordedAt(command.statement) {
            throw try await settled(
                Refusal(.duplicate, "this very query is recorded already, as entry \(seq)", recordedAt: seq))
        }
        try state.checkFreshness(command.statement.header, at: now())
        try state.checkSubmission(submission, command, at: now())
    }

    // MARK: Recording

    /// Decides a command and records its event. Returns when the entry is durable and the index knows it.
    func submit(_ command: Command) async throws -> Recorded {
        let begun: Begun
        do { begun = try begin(command) } catch { throw try await settled(error) }
        return try await finish(begun)
    }

    /// Decides commands one after the other, and records those that the rules allow in as few writes as the ledger makes
    /// of them. Each has an outcome of its own, in the order given; returns when all of them are durable.
    func submit(batch commands: [Command]) async -> [Result<Recorded, any Error>] {
        let begun = commands.map { command in Result { try begin(command) } }
        var outcomes: [Result<Recorded, any Error>] = []
        for item in begun {
            do {
                switch item {
                case .success(let begun): outcomes.append(.success(try await finish(begun)))
                case .failure(let error): throw try await settled(error)
                }
            } catch { outcomes.append(.failure(error)) }
        }
        return outcomes
    }

    /// An event that has been applied, and is on its way to the disk.
    private struct Begun {
        var event: Event
        var seq: UInt64
        var time: Timestamp
        var pending: PendingAppend
        var projection: Completion?
        var epoch: Int
    }

    private func begin(_ command: Command) throws -> Begun {
        if let failure { throw NodeError.ledgerUnavailable(reason: failure) }
        let epoch = epoch
        let (seq, time) = (state.size, now())
        let event = try decide(command, at: time)
        let pending = try enqueue(event, seq: seq, at: time, epoch)
        state.apply(event, at: time)
        if case .right = event.statement.content { rightCounts = nil }
        directory.update(after: event, state)
        last = pending
        let change = IndexProjection.change(event, seq: seq, time: time, state)
        let projection = change.map { projector.enqueue($0, size: seq + 1, pending: pending) }
        return Begun(event: event, seq: seq, time: time, pending: pending, projection: projection, epoch: epoch)
    }

    private func finish(_ begun: Begun) async throws -> Recorded {
        let receipts: [EntryReceipt]
        do { receipts = try await begun.pending.value() } catch {
            fail("\(error)", begun.epoch)
            throw NodeError.ledgerUnavailable(reason: "\(error)")
        }
        if last === begun.pending { last = nil }
        adopt(begun.event, begun.seq)
        noteEvent(begun.event)
        metrics.countEntry(begun.event.type.rawValue)
        await begun.projection?.wait()
        return Recorded(
            event: begun.event, seq: begun.seq, time: begun.time, leafHash: receipts.first?.leafHash.description ?? "")
    }

    /// Lets the ledger sign with other keys from a durable change on. Of two changes that become durable together the later
    /// one counts, whichever is told first.
    private func adopt(_ event: Event, _ seq: UInt64) {
        guard case .logKeys(let change) = event.statement.content, seq > logKeysAdopted else { return }
        logKeysAdopted = seq
        adoptLogKeys(change.logKeys.map(\.description))
    }

    /// Throws what ``submit(_:)`` would throw now, and records nothing.
    func rehearse(_ command: Command) async throws {
        do { _ = try decide(command, at: now()) } catch { throw try await settled(error) }
    }

    /// A refusal as it can be told: what a duplicate repeats may be on its way to the disk still.
    private func settled(_ error: any Error) async throws -> any Error {
        guard let refusal = error as? Refusal, refusal.code == .duplicate else { return error }
        guard await isSettled() else { throw NodeError.ledgerUnavailable(reason: failure ?? "a write failed") }
        return refusal
    }

    private func decide(_ command: Command, at time: Timestamp) throws -> Event {
        let event = try state.decide(command, at: time)
        if event.type == .participantApplied, directory.waitingApplications >= maximumWaitingApplications {
            throw NodeError.tooManyApplications
        }
        return event
    }

    private func enqueue(_ event: Event, seq: UInt64, at time: Timestamp, _ epoch: Int) throws -> PendingAppend {
        let pending: PendingAppend
        do {
            pending = try ledger.enqueue([EntryDraft(time: time, content: LedgerEntry.content(event, time: time))])
        } catch {
            throw refused(error, epoch)
        }
        guard pending.firstSequence == seq else {
            fail("the ledger's next entry is \(pending.firstSequence), the state's \(seq)", epoch)
            throw NodeError.ledgerUnavailable(reason: "the state is being made anew")
        }
        return pending
    }

    /// An entry that is too long for the ledger is the command's fault; anything else is the ledger's.
    private func refused(_ error: LedgerError, _ epoch: Int) -> any Error {
        switch error {
        case .entryTooLong(_, let count):
            return Refusal(.termsOutOfRange, "the entry would have \(count) bytes; a ledger entry has at most 65,535")
        case .overloaded: return NodeError.ledgerUnavailable(reason: error.description)
        case .closed: return NodeError.stopping
        default:
            fail("\(error)", epoch)
            return NodeError.ledgerUnavailable(reason: "\(error)")
        }
    }

    /// Moves the index's position on to here, over entries that change nothing in it.
    func markIndex() async {
        guard failure == nil, let barrier = try? ledger.enqueue([]) else { return }
        await projector.enqueue(nil, size: state.size, pending: barrier).wait()
    }

    // MARK: After a failed write

    /// Takes note that an append of an epoch failed; all but the first of an epoch are echoes of it.
    func fail(_ reason: String, _ epoch: Int) {
        guard epoch == self.epoch else { return }
        self.epoch += 1
        failure = reason
        let reloaded = Completion()
        self.reloaded = reloaded
        log.write(.error, "the ledger takes no entries", ["reason": .string(reason)])
        Task { await recover(reloaded) }
    }

    /// Makes the state anew from the entries that are durable, so that reading goes on at once; then tries until the
    /// ledger takes entries again.
    private func recover(_ reloaded: Completion) async {
        defer { reloaded.finish() }
        let (ledger, log) = (ledger, log)
        var isLoaded = false
        while true {
            do {
                if !isLoaded {
                    state = try await BlockingWork.run { try StateLoader.load(from: ledger, log: log).state }
                    rightCounts = nil
                    directory.replace(with: state)
                    last = nil
                    isLoaded = true
                    reloaded.finish()
                }
                try await BlockingWork.run { try ledger.recover() }
                isLoaded = state.size == ledger.size
                if !isLoaded { continue }
                failure = nil
                log.write(.info, "the ledger takes entries again", ["entries": .integer(Int64(state.size))])
                return
            } catch LedgerError.closed {
                return
            } catch {
                failure = "\(error)"
                try? await Task.sleep(for: recoveryPause)
            }
        }
    }
}
