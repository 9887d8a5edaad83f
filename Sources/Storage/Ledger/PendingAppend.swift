import Signing
import Synchronization

/// An append that has its place in the order but may not be durable yet.
public final class PendingAppend: Sendable {
    private enum State {
        case waiting
        case awaited([CheckedContinuation<Result<[EntryReceipt], LedgerError>, Never>])
        case finished(Result<[EntryReceipt], LedgerError>)
    }

    /// The `seq` of the append's first entry.
    public let firstSequence: UInt64
    let drafts: [EntryDraft]
    /// What the drafts will take in the journal.
    let byteCount: Int
    private let state = Mutex(State.waiting)

    init(firstSequence: UInt64, drafts: [EntryDraft], byteCount: Int) {
        self.firstSequence = firstSequence
        self.drafts = drafts
        self.byteCount = byteCount
    }

    /// Returns when the entries are durable and in the tree, or throws why they will never be.
    public func value() async throws(LedgerError) -> [EntryReceipt] {
        let result = await withCheckedContinuation { continuation in
            let finished: Result<[EntryReceipt], LedgerError>? = state.withLock { state in
                switch state {
                case .finished(let result): return result
                case .waiting: state = .awaited([continuation])
                case .awaited(let others): state = .awaited(others + [continuation])
                }
                return nil
            }
            if let finished { continuation.resume(returning: finished) }
        }
        return try result.get()
    }

    func finish(_ result: Result<[EntryReceipt], LedgerError>) {
        let waiting: [CheckedContinuation<Result<[EntryReceipt], LedgerError>, Never>] = state.withLock { state in
            defer { state = .finished(result) }
            if case .awaited(let continuations) = state { return continuations }
            return []
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }
}
