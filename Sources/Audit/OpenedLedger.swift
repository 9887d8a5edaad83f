import TransparencyLog

/// A ledger whose checkpoint has been read.
///
/// The checkpoint is read before the journal is opened: a ledger that is being written can only grow in between, so what
/// the checkpoint covers is there.
enum OpenedLedger {
    case folder(String, checkpoint: [UInt8])
    case node(RemoteLedger)
    case bundle(EvidenceBundle)

    /// Throws ``AuditFailure``, or ``AuditProblem`` for an evidence bundle that was changed.
    init(_ source: AuditSource, _ options: AuditOptions) throws {
        switch source {
        case .folder(let path):
            let folder = try LedgerFolder.find(path)
            let checkpoint = try JournalFile.contents(of: folder + "/checkpoint", maximumCount: CheckpointCheck.maximumLength)
            self = .folder(folder, checkpoint: checkpoint)
        case .node(let url): self = .node(try RemoteLedger(url, timeoutSeconds: options.timeoutSeconds))
        case .bundle(let path): self = .bundle(try EvidenceBundle(path))
        }
    }

    var checkpoint: [UInt8] {
        switch self {
        case .folder(_, let checkpoint): checkpoint
        case .node(let node): node.checkpoint
        case .bundle(let bundle): bundle.note
        }
    }

    func reader(size: UInt64, from start: WalkPosition) throws(AuditFailure) -> any LedgerReader {
        switch self {
        case .folder(let folder, _): return JournalReader(try JournalFile(folder + "/journal"), from: start.journal)
        case .bundle(let bundle): return bundle.reader(from: start.count, size: size)
        case .node(let node):
            guard try node.servesTiles(from: start.count, size: size) else {
                return RemoteReader(node, from: start.count, size: size)
            }
            return BundleReader(BundleSource(node, size: size), from: start.count)
        }
    }
}
