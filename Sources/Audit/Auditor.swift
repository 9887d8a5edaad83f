import Exchange
import Signing
import TransparencyLog

/// Verifies a ledger from outside, without trusting whoever keeps it.
///
/// One pass: the reader hands out entries; the chain, the tree and the checkpoint are checked as they come; tasks side by
/// side parse the statements and verify the signatures of a batch; and the rules of exchange are replayed, in order,
/// while the next batch is being verified. Memory grows with the state that the rules need (participants, products,
/// contracts, queries), not with the number of entries.
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
    ///   - visitor: is shown each entry that passes, in order.
    ///   - progress: is told how many entries are done, and how many the checkpoint covers.
    /// - Returns: what was found, also where the ledger is not sound.
    /// - Throws: `AuditFailure` if the ledger could not be checked; `CancellationError` if the task was cancelled.
    public func run(
        visitor: (any AuditVisitor)? = nil,
        progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async throws -> AuditReport {
        let opened = try OpenedLedger(source, options)
        let check: CheckpointCheck
        do { check = try CheckpointCheck(opened.checkpoint, pinnedKeys: options.pinnedKeys) } catch {
            var report = AuditReport(source: source.description, isChainOnly: options.isChainOnly)
            report.problem = error
            if !options.isChainOnly { visitor?.conclude(report, state: ExchangeState()) }
            return report
        }
        let reader = try opened.reader(size: check.checkpoint.size)
        var pass = AuditPass(reader, check, options, source: source.description, visitor: visitor)
        return try await pass.run(progress)
    }
}

/// A ledger whose checkpoint has been read.
///
/// The checkpoint is read before the journal is opened: a ledger that is being written can only grow in between, so what
/// the checkpoint covers is there.
private struct OpenedLedger {
    let checkpoint: [UInt8]
    private let journal: String
    private let node: RemoteLedger?

    init(_ source: AuditSource, _ options: AuditOptions) throws(AuditFailure) {
        switch source {
        case .folder(let path):
            let folder = try LedgerFolder.find(path)
            journal = folder + "/journal"
            node = nil
            checkpoint = try JournalFile.contents(of: folder + "/checkpoint", maximumCount: CheckpointCheck.maximumLength)
        case .node(let url):
            let remote = try RemoteLedger(url, timeoutSeconds: options.timeoutSeconds)
            journal = ""
            node = remote
            checkpoint = try remote.checkpoint()
        }
    }

    func reader(size: UInt64) throws(AuditFailure) -> any LedgerReader {
        if let node { return RemoteReader(node, size: size) }
        return JournalReader(try JournalFile(journal))
    }
}
