import Encoding
import Signing

/// One change that a ledger entry makes to the index.
public enum IndexChange: Sendable, Hashable {
    /// A product is new, or has a new version.
    case upsert(CatalogueDocument)
    /// A product is withdrawn; it stays findable for who asks for withdrawn ones.
    case withdraw(identifier: String, updated: Timestamp, seq: UInt64)
    /// A product is removed from the index without trace.
    case remove(identifier: String)
    /// A run took place or was refused.
    case run(RunRecord)
    /// An entry changed things whose history can be asked for.
    case history(HistoryRecord)
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
