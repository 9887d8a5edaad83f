import Encoding
import Exchange
import Signing
import TransparencyLog

/// One pass over a ledger; see ``Auditor``.
struct AuditPass {
    /// A batch whose entries are being checked by tasks.
    private struct Pending {
        let batch: EntryBatch
        /// Where the walk stood behind the batch.
        let end: WalkPosition
        let tasks: [Task<[CheckedEntry], Never>]

        func cancel() { for task in tasks { task.cancel() } }
    }

    private let walk: ChainWalk
    private let check: CheckpointCheck
    private let options: AuditOptions
    private let visitor: (any AuditVisitor)?
    private var replay: RuleReplay
    private var report: AuditReport
    /// Where the walk stood behind the last batch that the rules let pass.
    private var settled: WalkPosition
    /// How far the audit was when it had as many entries as the checkpoint covers, with the checkpoint's root.
    private(set) var atCheckpoint: AuditMilestone?

    /// - Parameters:
    ///   - start: where an earlier audit stood; `reader` must give the entries behind it. `nil` for the first entry.
    ///   - trusted: what an earlier audit came to trust.
    init(
        _ reader: any LedgerReader, _ check: CheckpointCheck, _ options: AuditOptions, source: String,
        from start: AuditMilestone? = nil, trusted: TrustedTree? = nil, visitor: (any AuditVisitor)? = nil
    ) {
        settled = start?.position ?? WalkPosition()
        walk = ChainWalk(reader, checkpoint: check.checkpoint, from: settled, trusted: trusted)
        self.check = check
        self.options = options
        self.visitor = options.isChainOnly ? nil : visitor
        replay = RuleReplay(from: start)
        report = AuditReport(source: source, isChainOnly: options.isChainOnly)
        report.continuedFrom = start?.size
    }

    /// How far the audit has come, to go on from another time: not beyond what the checkpoint covers.
    var milestone: AuditMilestone? { atCheckpoint ?? replay.milestone(at: settled) }

    /// The state of exchange behind the last entry that passed all checks.
    var state: ExchangeState { replay.state }

    /// How many entries have passed all checks.
    var entries: UInt64 { options.isChainOnly ? walk.frontier.count : replay.state.size }

    mutating func run(_ progress: (UInt64, UInt64) -> Void) async throws -> AuditReport {
        visitor?.begin(check.note, check.checkpoint)
        do {
            if replay.state.size > 0 { try judgeCheckpoint(replayed: replay.state.size) }
            if options.isChainOnly { try checkChain(progress) } else { try await checkAll(progress) }
            try conclude()
        } catch let problem as AuditProblem { report.problem = problem }
        if walk.frontier.count == 0, report.isSound { throw AuditFailure.emptyLedger(source: report.source) }
        finish()
        return report
    }

    /// The chain, the tree and the checkpoint. Of the entries only those are read that say which keys are the log's.
    private mutating func checkChain(_ progress: (UInt64, UInt64) -> Void) throws {
        while walk.ending == nil {
            try Task.checkCancellation()
            let batch = try walk.nextBatch(keeps: true)
            for index in batch.spans.indices {
                try replay.followLogKeys(
                    batch.entry(index), seq: batch.firstSequence + UInt64(index), offset: batch.spans[index].offset)
            }
            if report.checkpoint == nil { try judgeCheckpoint(replayed: walk.frontier.count) }
            progress(walk.frontier.count, check.checkpoint.size)
        }
    }

    /// Whose signatures count in the end is known when all that the checkpoint covers has been read.
    private mutating func judgeCheckpoint(replayed: UInt64) throws(AuditProblem) {
        guard let space = replay.state.space else { return }
        report.space = space
        guard !options.isChainOnly || replayed >= check.checkpoint.size else { return }
        report.checkpoint = try check.verify(against: space, replayed: replayed)
        // Where nothing was added since an earlier audit, nothing comes to replay.
        if !options.isChainOnly, replayed == check.checkpoint.size { keepMilestone() }
    }

    /// How many batches are checked ahead of the replay. One would leave the tasks idle whenever it takes longer to replay
    /// a batch than to check one; more than a few would only cost memory.
    private static let batchesAhead = 4

    /// Everything. While a batch is replayed, tasks check those behind it.
    private mutating func checkAll(_ progress: (UInt64, UInt64) -> Void) async throws {
        var pending: [Pending] = []
        defer { for batch in pending { batch.cancel() } }
        while walk.ending == nil || !pending.isEmpty {
            try Task.checkCancellation()
            if walk.ending == nil, let next = start(try walk.nextBatch(keeps: true)) { pending.append(next) }
            guard walk.ending != nil || pending.count > Self.batchesAhead, !pending.isEmpty else { continue }
            let oldest = pending.removeFirst()
            do { try await take(oldest) } catch {
                oldest.cancel()
                throw error
            }
            settled = oldest.end
            progress(replay.state.size, check.checkpoint.size)
        }
    }

    private func start(_ batch: EntryBatch) -> Pending? {
        if batch.isEmpty { return nil }
        let tasks = batch.startChecks(workers: options.workers, keys: replay.keys)
        return Pending(batch: batch, end: walk.position, tasks: tasks)
    }

    private mutating func take(_ pending: Pending) async throws {
        var index = 0
        for task in pending.tasks {
            for checked in await task.value {
                try take(checked, pending.batch, index)
                index += 1
            }
        }
    }

    private mutating func take(_ checked: CheckedEntry, _ batch: EntryBatch, _ index: Int) throws(AuditProblem) {
        let audited = try replay.replay(checked, batch.entry(index), offset: batch.spans[index].offset)
        // The charter names the log's first keys, so with it the checkpoint can mostly be judged, before the long rest.
        let size = replay.state.size
        if size == 1 || size == check.checkpoint.size { try judgeCheckpoint(replayed: size) }
        visitor?.visit(audited, after: replay.state)
    }

    private mutating func keepMilestone() {
        guard options.stateFile != nil, let position = walk.positionAtCheckpoint else { return }
        atCheckpoint = replay.milestone(at: position)
    }

    /// Takes up how the walk ended, now that every entry before its end has passed the rules.
    private mutating func conclude() throws(AuditProblem) {
        switch walk.ending {
        case .complete, nil: break
        case .tornTail(let bytes):
            report.warnings.append(
                "The journal ends with \(bytes) bytes of a frame that was not written completely, behind all that the checkpoint covers: a crash, or a copy of a running ledger. They are not part of the ledger.")
        case .problem(var problem, let suspect):
            if let suspect, problem.seq == replay.state.size, let fault = replay.fault(of: suspect) {
                problem.reason += "; as it stands, \(fault)"
            }
            throw problem
        }
    }

    private mutating func finish() {
        let size = check.checkpoint.size
        report.entries = entries
        report.counts = replay.counts
        if !options.isChainOnly, let firstTime = replay.firstTime {
            (report.firstTime, report.lastTime) = (firstTime, replay.state.time)
        }
        if let seq = report.problem?.seq { report.entries = min(report.entries, seq) }
        report.entriesAfterCheckpoint = report.entries > size ? report.entries - size : 0
        if report.isSound { report.root = walk.frontier.root }
        warn()
    }

    private mutating func warnOfKeys(_ checkpoint: CheckpointSummary) {
        if !checkpoint.handovers.isEmpty {
            let entries = checkpoint.handovers.map(String.init).joined(separator: ", ")
            report.warnings.append(
                "No pinned key has signed the checkpoint itself. Trust was carried over from a pinned key to the keys that have, by handovers that it vouches for, in entries \(entries). Pin the present key: \(checkpoint.signers.joined(separator: ", ")).")
        }
        if !checkpoint.absentSigners.isEmpty {
            report.warnings.append(
                "The log's keys in force all sign as a rule, but these have not signed this checkpoint: \(checkpoint.absentSigners.joined(separator: ", ")). Right after a change of keys that passes; otherwise ask the operator.")
        }
        if !checkpoint.retiredSigners.isEmpty {
            report.warnings.append(
                "The checkpoint also bears signatures by keys that the operator has dropped, which count for nothing: \(checkpoint.retiredSigners.joined(separator: ", ")).")
        }
    }

    private mutating func warn() {
        if let checkpoint = report.checkpoint {
            if !checkpoint.isPinned {
                report.warnings.append(
                    "The log's key was taken from the ledger itself, so this shows that the ledger agrees with itself. Get the key from the operator by another way and pin it with --vkey; here it is \(checkpoint.signers.joined(separator: ", ")).")
            }
            warnOfKeys(checkpoint)
            if !checkpoint.unknownSigners.isEmpty {
                report.warnings.append(
                    "The checkpoint also bears signatures by keys that are not known here, which were not verified: \(checkpoint.unknownSigners.joined(separator: ", ")).")
            }
        }
        if report.entriesAfterCheckpoint > 0 {
            let checked = options.isChainOnly ? "They are chained" : "They are chained and follow the rules"
            report.warnings.append(
                "\(report.entriesAfterCheckpoint) entries are not in a checkpoint yet. \(checked), but the log has not signed for them.")
        }
        if report.counts.chargesOverflow {
            report.warnings.append("The sum of all charges is too large for 64 bits and is not shown.")
        }
        if options.isChainOnly {
            report.warnings.append("Statements, their signatures and the rules were not checked, because of --chain-only.")
        }
    }
}
