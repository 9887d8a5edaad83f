import Signing
import TransparencyLog

/// Finds out which entry of a bad frame was changed.
///
/// The frame's checksum only tells that something was. The chain tells where: an entry that was changed no longer has the
/// hash that the entry behind it, or the checkpoint, holds.
struct FrameDiagnosis {
    /// How many entries from the frame's start on nothing speaks against.
    private(set) var intactCount = 0
    /// Where the entries lie in the payload.
    private(set) var entries: [Range<Int>] = []
    /// What is wrong with the first that is not intact; or with the frame, if all are.
    private(set) var reason = ""
    /// Whether no entry is to blame but the frame's own length or checksum.
    private(set) var blamesHeader = false

    private let payload: UnsafeRawBufferPointer
    private let firstSequence: UInt64

    /// - Parameters:
    ///   - tip: the hash of the entry before the frame, and the tree up to there.
    ///   - checkpoint: what the log has committed to.
    init(_ frame: BadFrame, lastHash: SHA256Digest, frontier: MerkleFrontier, checkpoint: Checkpoint) {
        payload = frame.payload
        firstSequence = frontier.count
        let isDivided = divide()
        var (frontier, lastHash) = (frontier, lastHash)
        while intactCount < entries.count,
            ChainedEntry.starts(entry(intactCount), previous: lastHash, sequence: firstSequence + UInt64(intactCount))
        {
            lastHash = MerkleTree.leafHash(entry(intactCount))
            frontier.append(lastHash)
            intactCount += 1
        }
        if let end = endOfIntact, end != Int(frame.length), checksumFits(frame, end) {
            blame(header: "its length field says \(frame.length), but its checksum and its entries fit \(end) bytes")
        } else if intactCount < entries.count {
            blameAtBreak(lastHash, frame.following)
        } else if !isDivided {
            blameEntry(intactCount, "its bytes are cut off or its size field was changed", doubtsPrevious: true)
        } else {
            judgeLast(frame, lastHash, frontier, checkpoint)
        }
    }

    /// The entry that is not intact, if there is any of it.
    var suspect: UnsafeRawBufferPointer? { intactCount < entries.count ? entry(intactCount) : nil }

    private func entry(_ index: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: payload[entries[index]]) }

    private var endOfIntact: Int? { intactCount > 0 ? entries[intactCount - 1].upperBound : nil }

    /// Divides the payload into entries; whether it could be divided to its end.
    private mutating func divide() -> Bool {
        var cursor = EntryBundle.Cursor()
        while cursor.offset < payload.count {
            guard let range = try? cursor.next(in: payload) else { return false }
            entries.append(range)
        }
        return true
    }

    private func checksumFits(_ frame: BadFrame, _ length: Int) -> Bool {
        CRC32C.frame(payload: UnsafeRawBufferPointer(rebasing: payload[..<length])) == frame.checksum
    }

    private mutating func blame(header text: String) {
        blamesHeader = true
        reason = text
    }

    /// Blames an entry; or, in doubt, the one before it if that one cannot even be read: then its wrong size led astray.
    private mutating func blameEntry(_ index: Int, _ text: String, doubtsPrevious: Bool) {
        if doubtsPrevious, index > 0, !JSONEntryForm.isEntry(entry(index - 1)) {
            intactCount = index - 1
            reason = "it is not JSON in the form of an entry"
        } else {
            intactCount = index
            reason = text
        }
    }

    /// Entry `intactCount` does not continue the chain: either it was changed in its first bytes, or the one before was.
    private mutating func blameAtBreak(_ lastHash: SHA256Digest, _ following: SHA256Digest?) {
        let index = intactCount
        let sequence = firstSequence + UInt64(index)
        guard let previous = ChainedEntry.previousHash(of: entry(index)),
            let found = ChainedEntry.sequence(of: entry(index))
        else {
            let text = "it does not begin with \"prev\" and \"seq\" in their fixed form"
            return blameEntry(index, text, doubtsPrevious: true)
        }
        guard found == sequence else { return blameEntry(index, "its seq is \(found), not \(sequence)", doubtsPrevious: false) }
        let next = index + 1 < entries.count ? ChainedEntry.previousHash(of: entry(index + 1)) : following
        if index > 0,
            ChainBreak.blamesEntryBefore(entry(index), previous: previous, expected: lastHash, following: next)
        {
            intactCount = index - 1
            reason = "its hash is \(lastHash), but the entry behind it has \(previous) as \"prev\""
        } else {
            reason = "its \"prev\" is \(previous), but the hash of the entry before it is \(lastHash)"
        }
    }

    /// All entries continue the chain: then the last was changed, or the frame's header.
    private mutating func judgeLast(
        _ frame: BadFrame, _ lastHash: SHA256Digest, _ frontier: MerkleFrontier, _ checkpoint: Checkpoint
    ) {
        if frame.fault == .incomplete {
            reason = "it is missing there"
            return
        }
        guard intactCount > 0 else { return blame(header: "it holds no entry") }
        let isVouchedFor: Bool?
        if let following = frame.following {
            isVouchedFor = following == lastHash
        } else if frontier.count == checkpoint.size {
            isVouchedFor = frontier.root == checkpoint.root
        } else {
            isVouchedFor = nil
        }
        switch isVouchedFor {
        case true: blame(header: "its entries fit the chain, so the checksum itself was changed")
        case false:
            intactCount -= 1
            reason = "its hash is \(lastHash), which is not what the entry behind it or the checkpoint calls for"
        case nil:
            intactCount -= 1
            reason = "it, or the frame's checksum, was changed; nothing behind it tells which"
        }
    }
}
