import Synchronization

/// Lets so many sandboxes work at once and so many requests wait; more are told to come back. One party can fill only
/// its share of the places to wait in, so that it cannot shut the others out.
final class RunGate: Sendable {
    private struct Waiter {
        var number: UInt64
        var party: String
        var continuation: CheckedContinuation<Entry, Never>
    }

    private enum Entry { case entered, busy, cancelled }

    private struct State {
        var running = 0
        var waiting: [Waiter] = []
        var nextNumber: UInt64 = 0
        /// Waiters whose task was cancelled before they came to wait.
        var cancelled: Set<UInt64> = []
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let maximumWaiting: Int
    private let maximumWaitingOfOne: Int

    init(capacity: Int, maximumWaiting: Int) {
        self.capacity = capacity
        self.maximumWaiting = maximumWaiting
        maximumWaitingOfOne = (maximumWaiting + 1) / 2
    }

    /// Runs the body when a place is free.
    ///
    /// - Throws: `NodeError.busy`; `CancellationError` where the task is cancelled while it waits.
    func run<Value: Sendable>(
        for party: String, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await enter(party)
        defer { leave() }
        return try await body()
    }

    private func enter(_ party: String) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let entry = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Entry, Never>) in
                let answer = state.withLock { admit(Waiter(number: number, party: party, continuation: continuation), &$0) }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel(number)
        }
        state.withLock { _ = $0.cancelled.remove(number) }
        switch entry {
        case .entered: return
        case .busy: throw NodeError.busy
        case .cancelled: throw CancellationError()
        }
    }

    /// The answer, or `nil` where it has to wait.
    private func admit(_ waiter: Waiter, _ state: inout State) -> Entry? {
        if state.cancelled.contains(waiter.number) { return .cancelled }
        if state.running < capacity {
            state.running += 1
            return .entered
        }
        let own = state.waiting.count { $0.party == waiter.party }
        if state.waiting.count >= maximumWaiting || own >= maximumWaitingOfOne { return .busy }
        state.waiting.append(waiter)
        return nil
    }

    private func cancel(_ number: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let place = state.waiting.firstIndex(where: { $0.number == number }) else {
                state.cancelled.insert(number)
                return nil
            }
            return state.waiting.remove(at: place)
        }
        waiter?.continuation.resume(returning: .cancelled)
    }

    private func leave() {
        // The place goes straight to the one who has waited longest.
        let next: Waiter? = state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume(returning: .entered)
    }

    var counts: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }
}
