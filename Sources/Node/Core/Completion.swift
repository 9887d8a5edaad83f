import Synchronization

/// Something that happens once, and that many can wait for.
final class Completion: Sendable {
    private enum State {
        case waiting([CheckedContinuation<Void, Never>])
        case finished
    }

    private let state = Mutex(State.waiting([]))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLock { state in
                guard case .waiting(let others) = state else { return true }
                state = .waiting(others + [continuation])
                return false
            }
            if isFinished { continuation.resume() }
        }
    }

    func finish() {
        let waiting: [CheckedContinuation<Void, Never>] = state.withLock { state in
            guard case .waiting(let continuations) = state else { return [] }
            state = .finished
            return continuations
        }
        for continuation in waiting { continuation.resume() }
    }
}
