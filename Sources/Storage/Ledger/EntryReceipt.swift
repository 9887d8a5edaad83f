import Encoding
import Signing

/// Where an entry stands in the ledger. A receipt is handed out only when the entry is durable.
public struct EntryReceipt: Sendable, Hashable {
    /// The index of the entry, from 0.
    public let sequence: UInt64
    /// SHA-256(0x00 ‖ entry), the leaf of the Merkle tree.
    public let leafHash: SHA256Digest
    /// The draft's time.
    public let time: Timestamp

    /// The index of the entry, from 0.
    public var seq: UInt64 { sequence }

    public init(sequence: UInt64, leafHash: SHA256Digest, time: Timestamp) {
        self.sequence = sequence
        self.leafHash = leafHash
        self.time = time
    }
}
