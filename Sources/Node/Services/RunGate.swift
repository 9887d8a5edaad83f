import Encoding
import Synchronization

/// One who asks for a place, and how.
struct RunTurn: Sendable {
    var party: String
    /// Whether the party's other requests go first.
    var isLow = false
    /// Past this it is not worth a place any more.
    var deadline: Timestamp?
    /// Under which ``RunGate/place(of:)`` finds it; empty for nobody.
    var name = ""
}

/// Lets so many sandboxes work at once and so many requests wait, in turns that are fair between parties (``FairQueue``);
/// more are told to come back. One party can fill only its share of the places to wait in, so that it cannot shut the
/// others out.
final class RunGate: Sendable {
    private struct Waiter {
        var turn: RunTurn
        var continuation: CheckedContinuation<Entry, Never>
    }

    private enum Entry { case entered, busy, cancelled, late }

    private struct State {
        var running = 0
        var waiting: FairQueue<Waiter>
        var nextNumber: UInt64 = 0
        /// Waiters whose task was cancelled before they came to wait.
        var cancelled: Set<UInt64> = []
    }

    private let state: Mutex<State>
    private let capacity: Int
    private let maximumWaiting: Int
    private let maximumWaitingOfOne: Int
    private let clock: @Sendable () -> Timestamp
    /// The furthest place that is worked out.
    static let maximumPlace = 1000

    /// - Parameter shares: how many turns a party has for one of others', 1 to 100.
    init(
        capacity: Int, maximumWaiting: Int, shares: [String: Int] = [:],
        clock: @escaping @Sendable () -> Timestamp = { Clock.now() }
    ) {
        self.capacity = capacity
        self.maximumWaiting = maximumWaiting
        maximumWaitingOfOne = (maximumWaiting + 1) / 2
        state = Mutex(State(waiting: FairQueue { shares[$0] ?? 1 }))
        self.clock = clock
    }

    /// Runs the body when a place is free.
    ///
    /// - Throws: `NodeError.busy`; `NodeError.deadlinePassed`; `CancellationError` where the task is cancelled while it waits.
    func run<Value: Sendable>(
        for party: String, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await run(RunTurn(party: party), body)
    }

    func run<Value: Sendable>(_ turn: RunTurn, _ body: @Sendable () async throws -> Value) async throws -> Value {
        try await enter(turn)
        defer { leave() }
        return try await body()
    }

    private func enter(_ turn: RunTurn) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let entry = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Entry, Never>) in
                let waiter = Waiter(turn: turn, continuation: continuation)
                let answer = state.withLock { admit(waiter, number, &$0) }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel(number)
        }
        state.withLock { _ = $0.cancelled.remove(number) }
        switch entry {
        case .entered: return
        case .busy: throw NodeError.busy
        case .late: throw NodeError.deadlinePassed
        case .cancelled: throw CancellationError()
        }
    }

    /// The answer, or `nil` where it has to wait.
    private func admit(_ waiter: Waiter, _ number: UInt64, _ state: inout State) -> Entry? {
        if state.cancelled.contains(number) { return .cancelled }
        if isLate(waiter) { return .late }
        let party = waiter.turn.party
        if state.running < capacity {
            state.running += 1
            state.waiting.countTurn(of: party)
            return .entered
        }
        let own = state.waiting.count(of: party)
        if state.waiting.count >= maximumWaiting || own >= maximumWaitingOfOne { return .busy }
        state.waiting.append(FairQueue.Item(number: number, party: party, isLow: waiter.turn.isLow, element: waiter))
        return nil
    }

    private func isLate(_ waiter: Waiter) -> Bool { waiter.turn.deadline.map { $0 < clock() } ?? false }

    private func cancel(_ number: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let item = state.waiting.remove(number) else {
                state.cancelled.insert(number)
                return nil
            }
            return item.element
        }
        waiter?.continuation.resume(returning: .cancelled)
    }

    private func leave() {
        // The place goes straight to the next one.
        let (next, late): (Waiter?, [Waiter]) = state.withLock { state in
            var late: [Waiter] = []
            while let item = state.waiting.next() {
                if !isLate(item.element) { return (item.element, late) }
                late.append(item.element)
            }
            state.running -= 1
            return (nil, late)
        }
        for waiter in late { waiter.continuation.resume(returning: .late) }
        next?.continuation.resume(returning: .entered)
    }

    /// Sends away those whose deadline has passed; for others to call every now and then.
    func dismissLate() {
        let late = state.withLock { state in state.waiting.removeAll { isLate($0.element) } }
        for item in late { item.element.continuation.resume(returning: .late) }
    }

    /// How many turns come up to and with the one of this name; `nil` where it does not wait, or is further back
    /// than ``maximumPlace``.
    func place(of name: String) -> Int? {
        let waiting = state.withLock { $0.waiting }
        guard let number = waiting.first(where: { $0.turn.name == name })?.number else { return nil }
        return waiting.order(maximumCount: Self.maximumPlace).firstIndex(of: number).map { $0 + 1 }
    }

    var counts: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }
}
