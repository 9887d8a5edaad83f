import Signing
import TransparencyLog

/// A journal frame that is being filled: entries are chained, hashed and laid out as they will be written.
struct OpenFrame: Sendable {
    /// Frames are handed over at about this size. Larger ones would gain little throughput and cost latency.
    static let targetLength = 1 << 20

    /// The frame's bytes; only the first `used` count.
    private(set) var bytes: [UInt8]
    private(set) var used = JournalFormat.frameHeaderLength
    private(set) var appends: [PendingAppend] = []
    private(set) var addition: LedgerCaches.Addition
    private(set) var leafHashes: [SHA256Digest] = []
    /// The chain behind the frame's last entry. Its journal end is where this frame begins until the frame is sealed.
    private(set) var tip: ChainTip
    /// Where the frame goes in the journal.
    private(set) var offset: UInt64

    init(after tip: ChainTip) {
        bytes = [UInt8](repeating: 0, count: Self.targetLength + (64 << 10))
        self.tip = tip
        offset = tip.journalEnd
        addition = LedgerCaches.Addition(firstSequence: tip.size)
    }

    var isEmpty: Bool { appends.isEmpty }
    var hasEntries: Bool { used > JournalFormat.frameHeaderLength }

    func hasRoom(for append: PendingAppend) -> Bool { isEmpty || used + append.byteCount <= Self.targetLength }

    /// Makes an empty frame of this one, which keeps its memory unless an unusually large append swelled it.
    mutating func restart(after tip: ChainTip) {
        if bytes.count > 4 * Self.targetLength {
            self = OpenFrame(after: tip)
            return
        }
        used = JournalFormat.frameHeaderLength
        appends.removeAll(keepingCapacity: true)
        leafHashes.removeAll(keepingCapacity: true)
        addition.restart(at: tip.size)
        self.tip = tip
        offset = tip.journalEnd
    }

    /// Chains, hashes and lays out the entries of an append. An append is never divided among frames, so that all of it
    /// is durable or none.
    mutating func add(_ append: PendingAppend) {
        appends.append(append)
        if used + append.byteCount > bytes.count {
            bytes += [UInt8](repeating: 0, count: used + append.byteCount - bytes.count)
        }
        // The buffer is out of `self` while the rest of `self` changes.
        var buffer: [UInt8] = []
        swap(&buffer, &bytes)
        buffer.withUnsafeMutableBytes { memory in
            for draft in append.drafts { add(draft, to: memory) }
        }
        swap(&buffer, &bytes)
    }

    private mutating func add(_ draft: EntryDraft, to buffer: UnsafeMutableRawBufferPointer) {
        let start = used + 2
        let headLength = ChainedEntry.writeHead(
            previous: tip.lastHash, sequence: tip.size, to: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
        let end = start + headLength + draft.content.count
        draft.content.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(rebasing: buffer[start + headLength..<end]).copyMemory(from: $0)
        }
        buffer.storeBytes(of: UInt16(truncatingIfNeeded: end - start).bigEndian, toByteOffset: used, as: UInt16.self)
        let leafHash = MerkleTree.leafHash(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
        let mark = hasEntries ? 0 : LedgerCaches.frameStartMark
        addition.offsets.append(offset + UInt64(used) | mark)
        leafHashes.append(leafHash)
        tip.frontier.append(leafHash) { addition.hashes.append($0) }
        tip.lastHash = leafHash
        used = end
    }

    /// Writes the frame's header; nothing is added afterwards.
    mutating func seal() {
        guard hasEntries else { return }
        let used = used
        bytes.withUnsafeMutableBytes { JournalFormat.seal(UnsafeMutableRawBufferPointer(rebasing: $0[..<used])) }
        tip.journalEnd = offset + UInt64(used)
    }

    /// The receipts of every append, in order.
    func receipts() -> [(append: PendingAppend, receipts: [EntryReceipt])] {
        var position = 0
        let first = addition.firstSequence
        return appends.map { append in
            let start = position
            position += append.drafts.count
            return (append, append.drafts.enumerated().map { index, draft in
                EntryReceipt(
                    sequence: first + UInt64(start + index), leafHash: leafHashes[start + index], time: draft.time)
            })
        }
    }
}
