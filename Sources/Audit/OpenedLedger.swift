import TransparencyLog

/// A ledger whose checkpoint has been read.
///
/// The checkpoint is read before the journal is opened: a ledger that is being written can only grow in between, so what
/// the checkpoint covers is there.
struct OpenedLedger {
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
            checkpoint = remote.checkpoint
        }
    }

    func reader(size: UInt64, from start: WalkPosition) throws(AuditFailure) -> any LedgerReader {
        if let node {
            guard try node.servesTiles(from: start.count, size: size) else {
                return RemoteReader(node, from: start.count, size: size)
            }
            return BundleReader(BundleSource(node, size: size), from: start.count)
        }
        return JournalReader(try JournalFile(journal), from: start.journal)
    }
}
