import Encoding
import Exchange
import Storage
import Synchronization
import TransparencyLog

/// Brings durable events into the search index, in the ledger's order, many in one transaction.
///
/// The index is a cache: when it fails, the node goes on without it and says so. What could not be applied is tried
/// again with whatever follows; the index's position stays where it was, so that the next start finds what is missing.
final class Projector: Sendable {
    /// One change on its way into the index.
    private struct Item: Sendable {
        /// `nil` only moves the index's position on.
        var change: ProjectedChange?
        /// The ledger's size after the entry.
        var size: UInt64
        var pending: PendingAppend
        var done: Completion
    }

    private struct Queue {
        var items: [Item] = []
        /// Changes that the index would not take.
        var backlog: [IndexChange] = []
        /// More failed than is worth keeping: the position stays until the next start.
        var hasLost = false
    }

    private let ledger: Ledger
    let index: CatalogueIndex
    private let log: StructuredLog
    private let queue = Mutex(Queue())
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let task = Mutex<Task<Void, Never>?>(nil)
    private static let maximumBacklog = 10_000

    init(ledger: Ledger, index: CatalogueIndex, log: StructuredLog) {
        self.ledger = ledger
        self.index = index
        self.log = log
        (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func start() {
        task.withLock { $0 = Task { await self.run() } }
    }

    /// Finishes what is queued.
    func stop() async {
        waker.finish()
        await task.withLock { $0 }?.value
    }

    /// Whether the index lacks something that the ledger has.
    var isBehind: Bool { queue.withLock { $0.hasLost || !$0.backlog.isEmpty } }

    /// Called in the order of the ledger. The completion comes when a search finds what the change says, or can never
    /// find it because the entry was not recorded.
    func enqueue(_ change: ProjectedChange?, size: UInt64, pending: PendingAppend) -> Completion {
        let item = Item(change: change, size: size, pending: pending, done: Completion())
        queue.withLock { $0.items.append(item) }
        waker.yield()
        return item.done
    }

    private func run() async {
        for await _ in wake { await work() }
        await work()
    }

    private func work() async {
        while true {
            let items = queue.withLock { queue in
                defer { queue.items = [] }
                return queue.items
            }
            if items.isEmpty { return }
            var durable: [Item] = []
            for item in items {
                // Waits for the disk first: the index must never know what the ledger does not.
                if (try? await item.pending.value()) != nil { durable.append(item) }
            }
            if let last = durable.last {
                let changes = durable.compactMap(\.change)
                try? await BlockingWork.run { self.apply(changes, size: last.size) }
            }
            for item in items { item.done.finish() }
        }
    }

    private func apply(_ changes: [ProjectedChange], size: UInt64) {
        let (all, hasLost) = queue.withLock { ($0.backlog + changes.compactMap(resolved), $0.hasLost) }
        do {
            try index.apply(all, position: hasLost ? nil : try position(size))
            queue.withLock { $0.backlog = [] }
        } catch {
            log.write(.error, "the search index failed; it is tried again", ["reason": .string("\(error)")])
            queue.withLock {
                $0.hasLost = hasLost || all.count > Self.maximumBacklog
                $0.backlog = all.count > Self.maximumBacklog ? [] : all
            }
        }
    }

    /// The change itself. What it needs of earlier entries is durable, since those it comes from are.
    private func resolved(_ change: ProjectedChange) -> IndexChange? {
        switch change {
        case .change(let change): return change
        case .listing(let product, let entry, let seq, let time):
            do {
                guard let bytes = try ledger.entries(in: entry..<(entry + 1), maximumBytes: LedgerEntry.maximumCount + 2).first,
                    case .productListing(let listing) = try LedgerEntry(bytes).event.statement.content
                else { return nil }
                return .upsert(IndexProjection.document(listing, identifier: product, seq: seq, time: time))
            } catch {
                log.write(.error, "a listing could not be read for the index", ["entry": .integer(Int64(clamping: entry)), "reason": .string("\(error)")])
                return nil
            }
        }
    }

    private func position(_ size: UInt64) throws -> IndexPosition {
        IndexPosition(size: size, root: try ledger.root(size: size))
    }

    /// Applies what the ledger has and the index has not; begins anew where the index belongs to another history.
    ///
    /// - Parameter state: of the whole ledger.
    func catchUp(_ state: ExchangeState) throws {
        var start: UInt64 = 0
        if let position = try index.position {
            if position.size <= ledger.size, try ledger.root(size: position.size) == position.root {
                start = position.size
            } else {
                log.write(.warning, "the search index belongs to another history and is rebuilt")
                try index.reset()
            }
        }
        let size = ledger.size
        guard start < size else { return }
        log.write(.info, "indexing the ledger", ["from": .integer(Int64(start)), "to": .integer(Int64(size))])
        var changes: [IndexChange] = []
        try ledger.forEachEntry(from: start) { seq, bytes in
            let entry = try LedgerEntry(bytes)
            if let change = IndexProjection.change(entry.event, seq: entry.seq, time: entry.time, state).flatMap(resolved) {
                changes.append(change)
            }
            if changes.count >= 1000 {
                try index.apply(changes, position: position(seq + 1))
                changes.removeAll(keepingCapacity: true)
            }
        }
        try index.apply(changes, position: position(size))
    }
}
