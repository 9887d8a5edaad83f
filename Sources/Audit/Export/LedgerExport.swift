import Encoding
import Exchange
import TransparencyLog

/// Writes a whole ledger into an evidence bundle while it is audited. Nothing is left of it unless ``finish(_:)`` is
/// called for a sound ledger.
public final class LedgerExport: AuditVisitor {
    public let path: String
    private let heading: ExportHeading
    private var note: SignedNote?
    private var size: UInt64 = 0
    private var writer: EvidenceBundleWriter?
    private var failure: (any Error)?
    private var lastTime: Timestamp?

    /// - Parameter path: the bundle's file; one that is there is replaced in the end.
    public init(_ path: String, _ heading: ExportHeading) {
        self.path = path
        self.heading = heading
    }

    public func begin(_ note: SignedNote, _ checkpoint: Checkpoint) { (self.note, size) = (note, checkpoint.size) }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        guard failure == nil, audited.entry.seq < size else { return }
        do {
            try start(state, audited.entry.time)
            try writer?.append(audited.bytes)
            lastTime = audited.entry.time
        } catch { failure = error }
    }

    /// The charter names the log's keys, which stand in the bundle before the entries.
    private func start(_ state: ExchangeState, _ time: Timestamp) throws {
        guard writer == nil, let note else { return }
        let heading = heading.bundleHeading(
            note, logKeys: state.space?.logKeys ?? [], time: time, remarks: [heading.soundRemark(size)])
        writer = try EvidenceBundleWriter(path, heading, isPartial: false)
    }

    /// Puts the bundle in its place; its files count as changed when the last entry was recorded, so that the same ledger
    /// gives the same bundle.
    ///
    /// - Returns: how many entries it holds; `nil` for a ledger that is not sound, of which nothing is kept.
    /// - Throws: ``AuditFailure`` if the bundle cannot be written.
    public func finish(_ report: AuditReport) throws -> UInt64? {
        defer { writer = nil }
        guard report.isSound else { return nil }
        if let failure { throw failure }
        guard let writer else { throw AuditFailure.emptyLedger(source: report.source) }
        try writer.finish(time: lastTime.map(ExportHeading.seconds))
        return size
    }
}

extension LedgerExport {
    /// Writes a ledger that was found unsound, as it is: the checkpoint whoever signed it, and the entries as far as they
    /// are chained. The text that stands first says what was found.
    ///
    /// - Returns: how many entries it holds.
    /// - Throws: ``AuditFailure``, or ``AuditProblem`` for a bundle that was changed.
    public static func writeUnsound(
        _ source: AuditSource, _ options: AuditOptions, to path: String, _ heading: ExportHeading, problem: AuditProblem
    ) throws -> UInt64 {
        let opened = try OpenedLedger(source, options)
        try opened.requireWhole()
        let check = try CheckpointCheck(opened.checkpoint, pinnedKeys: [])
        let walk = ChainWalk(
            try opened.reader(size: check.checkpoint.size, from: WalkPosition()), checkpoint: check.checkpoint)
        var writer: EvidenceBundleWriter?
        func start(_ charter: ArraySlice<UInt8>) throws -> EvidenceBundleWriter {
            let space = try? LedgerProver.space(Array(charter))
            let time = (try? LedgerEntry(charter))?.time ?? Timestamp(milliseconds: 0)
            let heading = heading.bundleHeading(
                check.note, logKeys: space?.logKeys ?? [], time: time, remarks: [heading.unsoundRemark(problem)])
            return try EvidenceBundleWriter(path, heading, isPartial: false)
        }
        var count: UInt64 = 0
        while walk.ending == nil, walk.frontier.count < check.checkpoint.size {
            try Task.checkCancellation()
            let batch = try walk.nextBatch(keeps: true)
            for index in batch.spans.indices where count < check.checkpoint.size {
                writer = try writer ?? start(batch.entry(index))
                try writer?.append(batch.entry(index))
                count += 1
            }
        }
        try (writer ?? start([])).finish(isSound: false)
        return count
    }
}
