import TransparencyLog

/// Hands out a ledger's entries as they are stored, for programs of the auditor's own.
///
/// The chain is checked before an entry is handed out; the tree and the checkpoint it leads to when all have been read.
/// Entries behind the signed checkpoint are left out, so that what comes out is what the log has put its name to.
/// Statements and rules are not checked: that is what ``Auditor`` is for.
public struct LedgerDump: Sendable {
    public let source: AuditSource
    public let options: AuditOptions

    /// - Parameter options: the pinned keys and, for a node, how long an answer may take; the others do not matter here.
    public init(_ source: AuditSource, options: AuditOptions = AuditOptions()) {
        self.source = source
        self.options = options
    }

    /// Reads the whole ledger, and hands out the entries of a part of it.
    ///
    /// - Parameters:
    ///   - first: the number of the first entry to hand out.
    ///   - last: that of the last; `nil` for the checkpoint's last.
    ///   - progress: is told how many entries have been read, and of how many.
    ///   - body: takes an entry's bytes, without a line feed. What it throws ends the dump.
    /// - Returns: what the checkpoint says, once the entries have led to it.
    /// - Throws: ``AuditFailure`` if it could not be done, ``AuditProblem`` if the ledger is not sound; entries before
    ///   the problem have then been handed out already.
    @discardableResult
    public func run(
        from first: UInt64 = 0, to last: UInt64? = nil, progress: (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in },
        _ body: (ArraySlice<UInt8>) throws -> Void
    ) throws -> CheckpointSummary {
        let opened = try OpenedLedger(source, options)
        try opened.requireWhole()
        let check = try CheckpointCheck(opened.checkpoint, pinnedKeys: options.pinnedKeys)
        let size = check.checkpoint.size
        guard size > 0 else { throw AuditFailure.emptyLedger(source: source.description) }
        for seq in [first, last ?? 0] where seq >= size {
            throw AuditFailure.outsideCheckpoint(seq: seq, size: size, source: source.description)
        }
        let end = last ?? size - 1
        let walk = ChainWalk(try opened.reader(size: size, from: WalkPosition()), checkpoint: check.checkpoint)
        var replay = RuleReplay()
        var summary: CheckpointSummary?
        while walk.ending == nil, walk.frontier.count < size {
            try Task.checkCancellation()
            let batch = try walk.nextBatch(keeps: true)
            for index in batch.spans.indices where batch.firstSequence + UInt64(index) < size {
                try replay.followLogKeys(
                    batch.entry(index), seq: batch.firstSequence + UInt64(index), offset: batch.spans[index].offset)
            }
            // The charter names the log's first keys, so with it the checkpoint can mostly be judged, before the long rest.
            let count = min(walk.frontier.count, size)
            if batch.firstSequence == 0 || count == size, let space = replay.state.space {
                summary = try check.verify(against: space, replayed: count)
            }
            for index in batch.spans.indices {
                let seq = batch.firstSequence + UInt64(index)
                if seq >= first, seq <= end { try body(batch.entry(index)) }
            }
            progress(min(walk.frontier.count, size), size)
        }
        // What is wrong behind the checkpoint's last entry does not concern those before it.
        if walk.positionAtCheckpoint != nil, let summary { return summary }
        guard case .problem(let problem, _) = walk.ending else {
            throw AuditProblem(.root, reason: "its entries do not lead to the signed checkpoint")
        }
        throw problem
    }
}

extension OpenedLedger {
    /// Throws ``AuditFailure`` for an evidence bundle of single entries.
    func requireWhole() throws(AuditFailure) {
        guard case .bundle(let bundle) = self, case .entries = bundle.contents else { return }
        throw .unreadable(
            path: bundle.path, reason: "it holds single entries, not a whole ledger; unpack it with \"tar -xf\" to see them")
    }
}
