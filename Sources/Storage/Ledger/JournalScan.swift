import Signing
import TransparencyLog

/// Walks over the journal from a known point: checks every frame, every link of the chain and every number, and computes
/// the tree. Starting the ledger, rebuilding the caches and checking them are all this walk.
struct JournalScan {
    let journal: LedgerFile
    /// Where the walk ends: the size of the file, or the end of what is known to be durable.
    let limit: UInt64

    /// What the walk came to.
    struct Outcome {
        var tip: ChainTip
        /// Where the last sound frame begins, if the walk met any.
        var lastFrame: UInt64?
        /// Bytes behind the last sound frame, which a torn write left.
        var tornBytes: UInt64
        /// Why they are not a frame.
        var tornReason: String
    }

    /// Walks to the limit.
    ///
    /// - Parameters:
    ///   - tip: the state at a frame's beginning.
    ///   - caches: where to write what belongs in the caches, if anywhere.
    ///   - each: called behind every entry with the tree so far. It throws to stop the walk.
    ///
    /// Throws ``LedgerError/corruptJournal(path:offset:sequence:reason:)`` for anything wrong but a torn tail: a sound
    /// frame behind an unsound one means that acknowledged entries were changed, not that a write was cut short.
    func run(
        from tip: ChainTip, caches: LedgerCaches?, each: (MerkleFrontier) throws(LedgerError) -> Void = { _ in }
    ) throws(LedgerError) -> Outcome {
        try run(
            from: tip, additions: { addition throws(LedgerError) in try caches?.write(addition) },
            entries: { frontier, _ throws(LedgerError) in try each(frontier) })
    }

    /// The same walk, for whoever looks at the entries themselves.
    ///
    /// - Parameters:
    ///   - additions: given what belongs in the caches, in pieces.
    ///   - entries: called behind every entry with the tree so far and the entry as it stands in the journal, behind its
    ///     two bytes of length.
    func run(
        from tip: ChainTip, additions: (LedgerCaches.Addition) throws(LedgerError) -> Void,
        entries: (MerkleFrontier, UnsafeRawBufferPointer) throws(LedgerError) -> Void
    ) throws(LedgerError) -> Outcome {
        var tip = tip
        var lastFrame: UInt64?
        var addition = LedgerCaches.Addition(firstSequence: tip.size)
        let reader = JournalReader(journal, from: tip.journalEnd, to: limit)
        while true {
            switch try reader.next() {
            case .frame(let offset):
                try add(reader.payload, at: offset, to: &tip, &addition, entries)
                lastFrame = offset
                if addition.offsets.count >= 1 << 15 {
                    try additions(addition)
                    addition.restart(at: tip.size)
                }
            case .end:
                try additions(addition)
                return Outcome(tip: tip, lastFrame: lastFrame, tornBytes: 0, tornReason: "")
            case .unreadable(let offset, let reason):
                guard try !reader.findsFrame(after: offset) else {
                    throw corrupt(offset, tip, reason + ", and sound frames follow, so this is no write cut short")
                }
                try additions(addition)
                return Outcome(tip: tip, lastFrame: lastFrame, tornBytes: limit - offset, tornReason: reason)
            }
        }
    }

    private func add(
        _ payload: UnsafeRawBufferPointer, at frameOffset: UInt64, to tip: inout ChainTip,
        _ addition: inout LedgerCaches.Addition,
        _ entries: (MerkleFrontier, UnsafeRawBufferPointer) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        let payloadOffset = frameOffset + UInt64(JournalFormat.frameHeaderLength)
        var cursor = EntryBundle.Cursor()
        var mark = LedgerCaches.frameStartMark
        while true {
            let lengthOffset = payloadOffset + UInt64(cursor.offset)
            let range: Range<Int>?
            do throws(EntryBundleError) { range = try cursor.next(in: payload) } catch {
                throw corrupt(lengthOffset, tip, "the frame does not hold whole entries")
            }
            guard let range else { break }
            let entry = UnsafeRawBufferPointer(rebasing: payload[range])
            guard ChainedEntry.starts(entry, previous: tip.lastHash, sequence: tip.size) else {
                throw corrupt(lengthOffset, tip, Self.reason(entry, tip))
            }
            tip.lastHash = MerkleTree.leafHash(entry)
            tip.frontier.append(tip.lastHash) { addition.hashes.append($0) }
            addition.offsets.append(lengthOffset | mark)
            mark = 0
            try entries(tip.frontier, UnsafeRawBufferPointer(rebasing: payload[range.lowerBound - 2..<range.upperBound]))
        }
        tip.journalEnd = payloadOffset + UInt64(payload.count)
    }

    private static func reason(_ entry: UnsafeRawBufferPointer, _ tip: ChainTip) -> String {
        guard let previous = ChainedEntry.previousHash(of: entry) else {
            return "the entry does not begin with \"prev\" and \"seq\" in their fixed form"
        }
        return previous == tip.lastHash
            ? "the entry's \"seq\" is not \(tip.size)"
            : "the entry's \"prev\" is \(previous), but the hash of the entry before it is \(tip.lastHash)"
    }

    private func corrupt(_ offset: UInt64, _ tip: ChainTip, _ reason: String) -> LedgerError {
        .corruptJournal(path: journal.path, offset: offset, sequence: tip.size, reason: reason)
    }
}
