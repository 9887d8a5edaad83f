import Encoding
import Exchange
import Signing
import Storage
import Synchronization
import TransparencyLog

/// Brings durable events into the search index, in the ledger's order, many in one transaction.
///
/// The index is a cache: when it fails, the node goes on without it, says so, and rebuilds it at the next start.
final class Projector: Sendable {
    /// One event on its way into the index.
    final class Item: Sendable {
        let event: Event
        let seq: UInt64
        let time: Timestamp
        let pending: PendingAppend
        fileprivate let done = Completion()

        fileprivate init(_ event: Event, seq: UInt64, time: Timestamp, pending: PendingAppend) {
            self.event = event
            self.seq = seq
            self.time = time
            self.pending = pending
        }

        /// Returns when a search finds what the event says (or can never find it, because it was not recorded).
        func wait() async { await done.wait() }
    }

    private let ledger: Ledger
    let index: CatalogueIndex
    private let log: StructuredLog
    private let queue: AsyncStream<Item>
    private let input: AsyncStream<Item>.Continuation
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(ledger: Ledger, index: CatalogueIndex, log: StructuredLog) {
        self.ledger = ledger
        self.index = index
        self.log = log
        (queue, input) = AsyncStream.makeStream(of: Item.self)
    }

    func start() {
        task.withLock { $0 = Task { await self.run() } }
    }

    /// Finishes what is queued.
    func stop() async {
        input.finish()
        await task.withLock { $0 }?.value
    }

    /// Called in the order of the ledger.
    func enqueue(_ event: Event, seq: UInt64, time: Timestamp, pending: PendingAppend) -> Item {
        let item = Item(event, seq: seq, time: time, pending: pending)
        input.yield(item)
        return item
    }

    private func run() async {
        for await item in queue {
            // Waits for the disk first: the index must never know what the ledger does not.
            if (try? await item.pending.value()) != nil { apply(item) }
            item.done.finish()
        }
    }

    private func apply(_ item: Item) {
        guard let change = IndexProjection.change(item.event, seq: item.seq, time: item.time) else { return }
        do {
            try index.apply([change], position: try position(afterEntry: item.seq))
        } catch {
            log.write(.error, "the search index failed; it is rebuilt at the next start", ["reason": .string("\(error)")])
        }
    }

    private func position(afterEntry seq: UInt64) throws -> IndexPosition {
        IndexPosition(size: seq + 1, root: try ledger.root(size: seq + 1))
    }

    /// Applies what the ledger has and the index has not; begins anew where the index belongs to another history.
    func catchUp() throws {
        var start: UInt64 = 0
        if let position = try index.position {
            if position.size <= ledger.size, try ledger.root(size: position.size) == position.root {
                start = position.size
            } else {
                log.write(.warning, "the search index belongs to another history and is rebuilt")
                try index.reset()
            }
        }
        guard start < ledger.size else { return }
        log.write(.info, "indexing the ledger", ["from": .integer(Int64(start)), "to": .integer(Int64(ledger.size))])
        var changes: [IndexChange] = []
        var applied = start
        try ledger.forEachEntry(from: start) { seq, bytes in
            let entry = try LedgerEntry(bytes)
            if let change = IndexProjection.change(entry.event, seq: entry.seq, time: entry.time) { changes.append(change) }
            applied = seq + 1
            if changes.count >= 1000 {
                try index.apply(changes, position: position(afterEntry: seq))
                changes.removeAll(keepingCapacity: true)
            }
        }
        if applied > start { try index.apply(changes, position: position(afterEntry: applied - 1)) }
    }
}

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
