import Signing
import TransparencyLog

/// Walks along the entries: checks `prev` and `seq` of each, builds the tree, and compares its root with the checkpoint's
/// as soon as it has the checkpoint's size. It holds the tree's right edge and one entry, whatever the ledger's length.
final class ChainWalk {
    /// How the walk ended.
    enum Ending {
        case complete
        /// The journal ends in a frame that was not written completely, behind all that the checkpoint covers.
        case tornTail(bytes: UInt64)
        /// Nothing behind this place is looked at. `suspect` holds the bad entry's bytes, where there are any.
        case problem(AuditProblem, suspect: [UInt8]?)
    }

    private let reader: any LedgerReader
    private let checkpoint: Checkpoint
    /// What an earlier audit came to trust; compared when the walk has its size.
    private let trusted: TrustedTree?
    private(set) var frontier: MerkleFrontier
    private(set) var ending: Ending?
    /// Where the walk stood when it had the checkpoint's size; `nil` before that, and if the root was another.
    private(set) var positionAtCheckpoint: WalkPosition?
    /// How the entries differ from the trusted ones.
    private var difference: AuditProblem?
    private var lastHash: SHA256Digest
    private var lastEntry: [UInt8] = []
    private var lastOffset: UInt64?

    /// - Parameter start: where an earlier walk stood; `reader` must give the entries behind it.
    init(
        _ reader: any LedgerReader, checkpoint: Checkpoint, from start: WalkPosition = WalkPosition(),
        trusted: TrustedTree? = nil
    ) {
        self.reader = reader
        self.checkpoint = checkpoint
        self.trusted = trusted
        (frontier, lastHash) = (start.frontier, start.lastHash)
        if checkpoint.size == start.count { checkRoot() }
    }

    /// Where the walk stands.
    var position: WalkPosition { WalkPosition(frontier: frontier, lastHash: lastHash, journal: reader.place) }

    /// Walks over the next entries, as many as a batch takes; they are copied into it only if `keeps` says so.
    /// Afterwards `ending` is set if the walk has ended.
    func nextBatch(keeps: Bool) throws(AuditFailure) -> EntryBatch {
        var batch = EntryBatch(firstSequence: frontier.count)
        var count = 0
        while ending == nil, !batch.isFull, count < EntryBatch.maximumEntries {
            switch try reader.next() {
            case .entry(let entry, let offset):
                guard try isNext(entry, offset) else { break }
                if keeps { batch.append(entry, offset: offset) }
                accept(entry, offset)
                count += 1
            case .end: end()
            case .badFrame(let frame): diagnose(frame, &batch, keeps)
            case .unsound(var problem):
                if problem.check != .header { problem.seq = frontier.count }
                ending = .problem(problem, suspect: nil)
            }
        }
        return batch
    }

    private func accept(_ entry: UnsafeRawBufferPointer, _ offset: UInt64?) {
        lastHash = MerkleTree.leafHash(entry)
        lastEntry.removeAll(keepingCapacity: true)
        lastEntry.append(contentsOf: entry)
        lastOffset = offset
        frontier.append(lastHash)
        // Other entries than the trusted ones are a forgery of whoever gives them, unless they lead to the checkpoint's
        // root: then the log itself has signed for them, so the walk goes on until that is known.
        if let trusted, frontier.count == trusted.size { difference = trusted.difference(from: frontier) }
        if frontier.count == checkpoint.size { checkRoot() }
    }


    private func checkRoot() {
        guard frontier.root != checkpoint.root else {
            positionAtCheckpoint = difference == nil ? position : nil
            if let difference { ending = .problem(difference, suspect: nil) }
            return
        }
        let reason =
            "the root over the first \(checkpoint.size) entries is \(frontier.root), but the signed checkpoint says \(checkpoint.root): at least one of these entries is not the one that the log committed to"
        ending = .problem(AuditProblem(.root, reason: reason), suspect: nil)
    }

    private func end() {
        guard frontier.count < checkpoint.size else {
            ending = .complete
            return
        }
        let missing = checkpoint.size - frontier.count
        let reason =
            "it is missing, and so are all behind it: the signed checkpoint covers \(checkpoint.size) entries, here are only \(frontier.count) (\(missing) fewer)"
        ending = .problem(AuditProblem(.root, seq: frontier.count, reason: reason), suspect: nil)
    }

    // MARK: A broken chain

    /// Whether the entry is the next of the chain; otherwise the walk ends with what is wrong.
    private func isNext(_ entry: UnsafeRawBufferPointer, _ offset: UInt64?) throws(AuditFailure) -> Bool {
        if ChainedEntry.starts(entry, previous: lastHash, sequence: frontier.count) { return true }
        let expected = frontier.count
        guard let previous = ChainedEntry.previousHash(of: entry), let found = ChainedEntry.sequence(of: entry) else {
            let reason = "it does not begin with \"prev\" and \"seq\" in their fixed form"
            endAtBreak(expected, offset, reason, Array(entry))
            return false
        }
        if found != expected {
            let meaning = found > expected ? "entries were taken out or moved" : "an entry stands here again or was moved"
            endAtBreak(expected, offset, "in its place stands one with the number \(found): \(meaning)", Array(entry))
            return false
        }
        let following = try reader.followingPrevious()
        if expected > 0, ChainBreak.blamesEntryBefore(entry, previous: previous, expected: lastHash, following: following) {
            let reason = "its hash is \(lastHash), but the entry behind it has \(previous) as \"prev\": it was changed or replaced"
            endAtBreak(expected - 1, lastOffset, reason, lastEntry)
        } else {
            let reason = "its \"prev\" is \(previous), but the hash of the entry before it is \(lastHash)"
            endAtBreak(expected, offset, reason, Array(entry))
        }
        return false
    }

    private func endAtBreak(_ sequence: UInt64, _ offset: UInt64?, _ reason: String, _ entry: [UInt8]) {
        let problem = AuditProblem(.chain, seq: sequence, offset: offset, reason: reason).naming(entry)
        ending = .problem(problem, suspect: entry)
    }

    // MARK: A bad frame

    private func diagnose(_ frame: BadFrame, _ batch: inout EntryBatch, _ keeps: Bool) {
        if isTorn(frame) {
            ending = .tornTail(bytes: frame.byteCount)
            return
        }
        let first = frontier.count
        let diagnosis = FrameDiagnosis(frame, lastHash: lastHash, frontier: frontier, checkpoint: checkpoint)
        for range in diagnosis.entries.prefix(diagnosis.intactCount) {
            let entry = UnsafeRawBufferPointer(rebasing: frame.payload[range])
            let offset = frame.payloadOffset + UInt64(range.lowerBound)
            if keeps { batch.append(entry, offset: offset) }
            accept(entry, offset)
            // The tree may reach the checkpoint's size here with another root; the frame's fault comes first.
            ending = nil
        }
        var problem = AuditProblem(.frame, offset: frame.offset, reason: "\(frame.reason): \(diagnosis.reason)")
        if diagnosis.blamesHeader {
            if frontier.count > first { problem.reason += "; it holds the entries \(first) to \(frontier.count - 1)" }
            ending = .problem(problem, suspect: nil)
            return
        }
        problem.seq = frontier.count
        let suspect = diagnosis.suspect.map { Array($0) }
        if let suspect {
            problem.offset = frame.payloadOffset + UInt64(diagnosis.entries[diagnosis.intactCount].lowerBound)
            problem = problem.naming(suspect)
        }
        ending = .problem(problem, suspect: suspect)
    }

    /// Whether the frame is one that a crash, or copying a running ledger, leaves: the file ends within it, everything
    /// that the checkpoint covers lies before it, and its length was not changed to make it look so.
    private func isTorn(_ frame: BadFrame) -> Bool {
        guard frame.fault == .incomplete, frontier.count >= checkpoint.size else { return false }
        if frame.length == 0 { return true }
        return CRC32C.frame(payload: frame.payload) != frame.checksum && !JournalReader.holdsFrame(frame.payload)
    }
}
