import Signing
import TransparencyLog

/// Compares two logs, or two copies of one, up to what their checkpoints cover.
///
/// Both checkpoints are verified, and so is that the entries of each side lead to its own. The first entry that differs is
/// then found by going down both trees. What is held in memory does not grow with the logs.
public struct LogComparer: Sendable {
    public let (a, b): (AuditSource, AuditSource)
    public let options: AuditOptions

    /// - Parameter options: the pinned keys or the policy and, for a node, how long an answer may take; the others do not
    ///   matter here.
    public init(_ a: AuditSource, _ b: AuditSource, options: AuditOptions = AuditOptions()) {
        (self.a, self.b) = (a, b)
        self.options = options
    }

    /// Compares them.
    ///
    /// - Parameter progress: is told how many entries have been read, and of how many.
    /// - Throws: ``UnsoundLog`` if one of them contradicts itself, ``AuditFailure`` if one could not be read,
    ///   `CancellationError`.
    public func run(progress: (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }) throws -> LogComparison {
        let (first, second) = (try ComparedLog(a, options), try ComparedLog(b, options))
        var comparison = LogComparison(
            verdict: .identical, a: side(first), b: side(second), isPinned: !pinnedKeys.isEmpty)
        guard first.checkpoint.origin.utf8.elementsEqual(second.checkpoint.origin.utf8) else {
            let reason = "one calls itself \"\(first.checkpoint.origin)\", the other \"\(second.checkpoint.origin)\""
            return different(comparison, reason)
        }
        if comparison.isPinned { try verify(first, second, &comparison) }
        let (sizes, total) = ((first.checkpoint.size, second.checkpoint.size), first.checkpoint.size + second.checkpoint.size)
        try first.loadTree { progress($0, total) }
        try second.loadTree { progress(sizes.0 + $0, total) }
        if !comparison.isPinned {
            try verify(first, second, &comparison)
            if comparison.commonKeys.isEmpty, try first.entry(0) != second.entry(0) {
                return different(
                    comparison,
                    "both call themselves \"\(first.checkpoint.origin)\", but their charters differ and no key has signed both. One of them may be an imitation: pin the log's key, known from elsewhere, to find out which")
            }
        }
        guard let seq = try Self.firstDifference(first, second, within: min(sizes.0, sizes.1)) else {
            comparison.verdict = sizes.0 == sizes.1 ? .identical : .prefix
            return comparison
        }
        comparison.verdict = .parted
        comparison.parting = try parting(seq, first, second)
        return comparison
    }

    private var pinnedKeys: [NoteVerifier] {
        let listed = options.policy?.logs.map(\.verifier) ?? []
        return options.pinnedKeys + listed.filter { !options.pinnedKeys.contains($0) }
    }

    private func side(_ log: ComparedLog) -> LogComparison.Side {
        LogComparison.Side(source: log.source.description, note: log.note, checkpoint: log.checkpoint)
    }

    private func different(_ comparison: LogComparison, _ reason: String) -> LogComparison {
        var comparison = comparison
        (comparison.verdict, comparison.reason) = (.different, reason)
        return comparison
    }

    private func verify(_ first: ComparedLog, _ second: ComparedLog, _ comparison: inout LogComparison) throws {
        func verify(_ log: ComparedLog, _ side: inout LogComparison.Side) throws {
            let keys = pinnedKeys.isEmpty ? try log.charterKeys() : pinnedKeys
            side.signers = try log.signers(among: keys, isPinned: !pinnedKeys.isEmpty)
            side.judgement = try options.policy.map(log.judgement)
        }
        try verify(first, &comparison.a)
        try verify(second, &comparison.b)
    }

    /// The first entry that differs among the first `size`; `nil` if they are the same.
    private static func firstDifference(_ a: ComparedLog, _ b: ComparedLog, within size: UInt64) throws -> UInt64? {
        var start: UInt64 = 0
        for level in (0..<UInt8(63)).reversed() where size >> UInt64(level) & 1 == 1 {
            let index = start >> UInt64(level)
            if try a.node(level, index) != b.node(level, index) { return try firstDifference(a, b, below: level, index) }
            start += 1 << UInt64(level)
        }
        return nil
    }

    /// The first leaf that differs below a node that does.
    private static func firstDifference(
        _ a: ComparedLog, _ b: ComparedLog, below level: UInt8, _ index: UInt64
    ) throws -> UInt64 {
        var index = index
        for level in (0..<level).reversed() {
            try Task.checkCancellation()
            index *= 2
            if try a.node(level, index) == b.node(level, index) { index += 1 }
        }
        return index
    }

    private func parting(_ seq: UInt64, _ first: ComparedLog, _ second: ComparedLog) throws -> LogComparison.Parting {
        func proof(_ log: ComparedLog) throws -> LogProof {
            let proof = try log.proof(of: seq)
            try ComparedLog.blaming(log.source) {
                do { try proof.verifyInclusion(leafHash: proof.entryLeafHash ?? .zero, in: log.checkpoint) } catch {
                    throw AuditProblem(.root, seq: seq, reason: "\(error)")
                }
            }
            return proof
        }
        let (a, b) = (try proof(first), try proof(second))
        return LogComparison.Parting(
            seq: seq, a: a, b: b, difference: EntryDifference(a.extra ?? [], b.extra ?? []))
    }
}
