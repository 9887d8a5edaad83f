import Exchange
import Signing
import TransparencyLog

/// Verifies a ledger from outside, without trusting whoever keeps it.
///
/// One pass: the reader hands out entries; the chain, the tree and the checkpoint are checked as they come; tasks side by
/// side parse the statements and verify the signatures of a batch; and the rules of exchange are replayed, in order,
/// while the next batches are being verified. Memory grows with the state that the rules need (participants, products,
/// contracts, queries), not with the number of entries.
///
/// With a state file the pass goes on from where an earlier audit stood. That is as good as reading everything: the first
/// new entry holds the hash of the last old one, and the tree over the old entries grows into the tree of the new
/// checkpoint. What it does not see is damage that the copy of the old entries has taken since; ``AuditOptions/isFromStart``
/// does.
public struct Auditor: Sendable {
    public let source: AuditSource
    public let options: AuditOptions

    public init(_ source: AuditSource, options: AuditOptions = AuditOptions()) {
        self.source = source
        self.options = options
    }

    /// Verifies the ledger.
    ///
    /// - Parameters:
    ///   - visitor: is shown each entry that passes, in order; everything is then read anew.
    ///   - progress: is told how many entries are done, and how many the checkpoint covers.
    /// - Returns: what was found, also where the ledger is not sound.
    /// - Throws: ``AuditFailure`` if the ledger could not be checked; ``AuditInterruption`` if that happened on the way and
    ///   the state file keeps how far it came, or if the task was cancelled.
    public func run(
        visitor: (any AuditVisitor)? = nil,
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async throws -> AuditReport {
        let visitor = options.isChainOnly ? nil : visitor
        do {
            let (report, state) = try await audit(visitor, progress)
            visitor?.conclude(report, state: state)
            return report
        } catch let failure as AuditFailure where Task.isCancelled {
            // What was found out could not be kept: that must not pass for an orderly stop.
            if case .cannotWrite = failure { throw failure }
            throw AuditInterruption(entries: 0, stateFile: nil, cause: nil)
        }
    }

    private func audit(
        _ visitor: (any AuditVisitor)?, _ progress: @Sendable (UInt64, UInt64) -> Void
    ) async throws -> (AuditReport, ExchangeState) {
        var memory = try AuditMemory(options)
        let (opened, check, judgement): (OpenedLedger, CheckpointCheck, TrustJudgement?)
        do {
            opened = try OpenedLedger(source, options)
            (check, judgement) = try judge(opened.checkpoint)
        } catch let problem as AuditProblem { return (failed(problem), ExchangeState()) }
        if case .bundle(let bundle) = opened, case .entries = bundle.contents {
            var report = try PartialCheck(bundle, check, options).run(failed(nil))
            take(judgement, into: &report)
            return (report, ExchangeState())
        }
        try memory.expect(origin: check.checkpoint.origin)
        if let report = conflict(memory, check) { return (report, ExchangeState()) }
        // A visitor wants to see every entry.
        let isWhole = options.isFromStart || visitor != nil
        let start = isWhole ? nil : memory.start(size: check.checkpoint.size, source)
        let run = Run(opened: opened, check: check, judgement: judgement, visitor: visitor)
        var (report, state) = try await pass(run, &memory, from: start, progress)
        if let start, Self.doubtsStart(report, start) {
            (report, state) = try await pass(run, &memory, from: nil, progress)
        }
        if report.problem?.check == .forked { report.conflict = memory.conflict(with: check) }
        report.warnings += memory.warnings
        return (report, state)
    }

    private struct Run {
        let opened: OpenedLedger
        let check: CheckpointCheck
        /// What the policy says of the checkpoint, where there is one.
        let judgement: TrustJudgement?
        let visitor: (any AuditVisitor)?
    }

    /// One pass; what it found out is kept.
    private func pass(
        _ run: Run, _ memory: inout AuditMemory, from start: AuditMilestone?, _ progress: @Sendable (UInt64, UInt64) -> Void
    ) async throws -> (AuditReport, ExchangeState) {
        let reader = try run.opened.reader(size: run.check.checkpoint.size, from: start?.position ?? WalkPosition())
        var pass = AuditPass(
            reader, run.check, options, source: source.description, from: start, trusted: memory.trustedTree,
            visitor: run.visitor)
        do {
            var report = try await pass.run(progress)
            take(run.judgement, into: &report)
            if report.isSound { try memory.keep(pass.atCheckpoint, run.check, report) }
            // What is missing may come yet; the entries need not be read again then.
            if report.problem?.check == .quorum { _ = try memory.keep(unfinished: pass.atCheckpoint) }
            return (report, pass.state)
        } catch let failure as AuditFailure where !Task.isCancelled {
            guard try memory.keep(unfinished: pass.milestone) else { throw failure }
            throw AuditInterruption(entries: pass.entries, stateFile: options.stateFile, cause: failure)
        } catch where Task.isCancelled {
            let isKept = try memory.keep(unfinished: pass.milestone)
            throw AuditInterruption(entries: pass.entries, stateFile: isKept ? options.stateFile : nil, cause: nil)
        }
    }

    /// Reads the checkpoint, and judges it by what is known from elsewhere: the pinned keys and the policy.
    private func judge(_ bytes: [UInt8]) throws(AuditProblem) -> (CheckpointCheck, TrustJudgement?) {
        guard let policy = options.policy else {
            return (try CheckpointCheck(bytes, pinnedKeys: options.pinnedKeys), nil)
        }
        let logs = policy.logs.map(\.verifier)
        var check = try CheckpointCheck(
            bytes, pinnedKeys: options.pinnedKeys + logs.filter { !options.pinnedKeys.contains($0) })
        check.witnesses = policy.witnesses.map(\.verifier)
        do { return (check, try policy.judge(check.note)) } catch {
            throw AuditProblem(.checkpoint, reason: error.description)
        }
    }

    private func take(_ judgement: TrustJudgement?, into report: inout AuditReport) {
        guard let judgement, let policy = options.policy else { return }
        report.checkpoint?.cosignatures = judgement.cosignatures.map {
            CheckpointSummary.Cosignature(witness: $0.witness, time: $0.time)
        }
        let missing = judgement.isQuorumReached ? nil : judgement.missing
        report.checkpoint?.quorum = CheckpointSummary.Quorum(name: policy.quorumName, missing: missing)
        guard let missing, report.isSound else { return }
        let reason = "it is not witnessed as the policy asks: \(missing)"
        if options.allowsUnwitnessed {
            report.warnings.append("The checkpoint was accepted all the same (--allow-unwitnessed), though \(reason).")
        } else {
            report.problem = AuditProblem(.quorum, reason: reason)
        }
    }

    /// Whether what was found may be the fault of the place where the pass began rather than of what lies behind it. The
    /// whole ledger then has to be read, to tell and to name the first bad entry.
    private static func doubtsStart(_ report: AuditReport, _ start: AuditMilestone) -> Bool {
        guard let problem = report.problem, [.header, .frame, .chain, .root].contains(problem.check) else { return false }
        return problem.seq.map { $0 <= start.size } ?? true
    }

    private func failed(_ problem: AuditProblem?) -> AuditReport {
        var report = AuditReport(source: source.description, isChainOnly: options.isChainOnly)
        report.problem = problem
        return report
    }

    /// A checkpoint that cannot be a continuation of the trusted one, whatever the entries are.
    private func conflict(_ memory: AuditMemory, _ check: CheckpointCheck) -> AuditReport? {
        guard let problem = memory.trustedTree?.conflict(with: check.checkpoint), let space = memory.space else { return nil }
        var report = failed(problem)
        report.space = space
        // Only if the log has signed it, it says anything of the log.
        do {
            report.checkpoint = try check.verify(against: space, replayed: memory.size)
            report.conflict = memory.conflict(with: check)
        } catch { report.problem = error }
        return report
    }
}
