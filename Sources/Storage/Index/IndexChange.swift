import Encoding
import Signing

/// One change that a ledger entry makes to the index.
public enum IndexChange: Sendable, Hashable {
    /// A product is new, or has a new version.
    case upsert(CatalogueDocument)
    /// A product has another status. Unless it is listed it is found only by who asks for withdrawn ones too.
    case status(identifier: String, status: String, updated: Timestamp, seq: UInt64)
    /// A product is removed from the index without trace.
    case remove(identifier: String)
    /// A run took place or was refused.
    case run(RunRecord)
    /// A run's result was destroyed.
    case resultDestroyed(run: String)
    /// An entry changed things whose history can be asked for.
    case history(HistoryRecord)
    /// A statement names files as evidence.
    case evidence([EvidenceRecord])
    /// The node raised an alarm.
    case alarm(AlarmRecord)
    /// What one entry changes in several ways, in this order.
    indirect case several([IndexChange])
}

extension IndexChange {
    /// The change itself, or those that it is made of.
    var parts: [IndexChange] {
        guard case .several(let changes) = self else { return [self] }
        return changes.flatMap(\.parts)
    }

    /// A product is withdrawn.
    public static func withdraw(identifier: String, updated: Timestamp, seq: UInt64) -> IndexChange {
        .status(identifier: identifier, status: CatalogueDocument.withdrawnStatus, updated: updated, seq: seq)
    }
}

/// How much of the ledger an index has applied.
public struct IndexPosition: Sendable, Hashable {
    /// How many entries, that is, the `seq` after the last one applied.
    public var size: UInt64
    /// The ledger's Merkle root at that size: an index of another history is told apart from a late one.
    public var root: SHA256Digest

    public init(size: UInt64, root: SHA256Digest) {
        self.size = size
        self.root = root
    }
}
