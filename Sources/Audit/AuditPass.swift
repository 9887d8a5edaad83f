import Encoding
import Exchange
import Signing
import TransparencyLog

/// One pass over a ledger; see ``Auditor``.
struct AuditPass {
    /// A batch whose entries are being checked by tasks.
    private struct Pending {
        let batch: EntryBatch
        let tasks: [Task<[CheckedEntry], Never>]

        func cancel() { for task in tasks { task.cancel() } }
    }

    private let walk: ChainWalk
    private let check: CheckpointCheck
    private let options: AuditOptions
    private let visitor: (any AuditVisitor)?
    private var replay = RuleReplay()
    private var report: AuditReport

    init(
        _ reader: any LedgerReader, _ check: CheckpointCheck, _ options: AuditOptions, source: String,
        visitor: (any AuditVisitor)? = nil
    ) {
        walk = ChainWalk(reader, checkpoint: check.checkpoint)
        self.check = check
        self.options = options
        self.visitor = options.isChainOnly ? nil : visitor
        report = AuditReport(source: source, isChainOnly: options.isChainOnly)
    }

    mutating func run(_ progress: (UInt64, UInt64) -> Void) async throws -> AuditReport {
        visitor?.begin(check.note, check.checkpoint)
        do {
            if options.isChainOnly { try checkChain(progress) } else { try await checkAll(progress) }
            try conclude()
        } catch let problem as AuditProblem { report.problem = problem }
        if walk.frontier.count == 0, report.isSound { throw AuditFailure.emptyLedger(source: report.source) }
        finish()
        visitor?.conclude(report, state: replay.state)
        return report
    }

    /// The chain, the tree and the checkpoint; of the entries only the charter is read, for the log's keys.
    private mutating func checkChain(_ progress: (UInt64, UInt64) -> Void) throws {
        let first = try walk.nextBatch(keeps: true)
        if !first.isEmpty { try take(CheckedEntry(first.entry(0), keys: replay.keys), first, 0) }
        while walk.ending == nil {
            try Task.checkCancellation()
            _ = try walk.nextBatch(keeps: false)
            progress(walk.frontier.count, check.checkpoint.size)
        }
    }

    /// Everything. While a batch is replayed, tasks check the one behind it.
    private mutating func checkAll(_ progress: (UInt64, UInt64) -> Void) async throws {
        var pending: Pending?
        repeat {
            var next: Pending?
            do {
                try Task.checkCancellation()
                if walk.ending == nil { next = start(try walk.nextBatch(keeps: true)) }
                if let pending { try await take(pending) }
            } catch {
                pending?.cancel()
                next?.cancel()
                throw error
            }
            progress(replay.state.size, check.checkpoint.size)
            pending = next
        } while pending != nil || walk.ending == nil
    }

    private func start(_ batch: EntryBatch) -> Pending? {
        if batch.isEmpty { return nil }
        return Pending(batch: batch, tasks: batch.startChecks(workers: options.workers, keys: replay.keys))
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
        // The charter names the log's keys, so with it the checkpoint can be judged, before the long rest.
        if replay.state.size == 1, let space = replay.state.space {
            report.space = space
            report.checkpoint = try check.verify(against: space)
        }
        visitor?.visit(audited, after: replay.state)
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
        report.entries = options.isChainOnly ? walk.frontier.count : replay.state.size
        report.counts = replay.counts
        if !options.isChainOnly, let firstTime = replay.firstTime {
            (report.firstTime, report.lastTime) = (firstTime, replay.state.time)
        }
        if let seq = report.problem?.seq { report.entries = min(report.entries, seq) }
        report.entriesAfterCheckpoint = report.entries > size ? report.entries - size : 0
        if report.isSound { report.root = walk.frontier.root }
        warn()
    }

    private mutating func warn() {
        if let checkpoint = report.checkpoint {
            if !checkpoint.isPinned {
                report.warnings.append(
                    "The log's key was taken from the ledger itself, so this shows that the ledger agrees with itself. Get the key from the operator by another way and pin it with --vkey; here it is \(checkpoint.signers.joined(separator: ", ")).")
            }
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
