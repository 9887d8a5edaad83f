import Encoding
import Signing

/// An entry on its way into the ledger.
public struct EntryDraft: Sendable {
    /// The instant that `content` states; handed back in the receipt.
    public let time: Timestamp
    /// The rest of the entry's JSON object after `prev` and `seq`, from the quote of its next member's name up to the
    /// closing brace: `"time":"…","type":"…",…}`. Without line feeds.
    public let content: [UInt8]

    public init(time: Timestamp, content: [UInt8]) {
        self.time = time
        self.content = content
    }
}

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
