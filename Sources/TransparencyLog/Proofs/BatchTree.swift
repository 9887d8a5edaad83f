import Signing

/// What one ledger entry says of a batch of records that are not on the ledger themselves.
public struct BatchCommitment: Sendable, Hashable {
    /// The number of records, at least 1.
    public let count: UInt64
    /// The root of the tree over them (RFC 6962 section 2.1), whose leaves are ``BatchTree/leafHash(ofRecord:)``.
    public let root: SHA256Digest

    public init(count: UInt64, root: SHA256Digest) {
        self.count = count
        self.root = root
    }
}

/// The Merkle tree over the records of a batch, built record by record; of the records only hashes are kept, 64 bytes each.
///
/// **No record can pass for anything else.** The input to a record's leaf hash is `0x00 ‖ "hexi/batch-record@v1\n" ‖ record`:
///
/// - It begins with 0x00, and that of an inner node with 0x01, so a record is no inner node, of this tree or of the log's.
/// - A ledger entry begins with `{`, and its leaf input with `0x00 {`. A record's begins with `0x00 h`. So a record's leaf is
///   never an entry's leaf, whatever the record holds: a path through a batch is worth nothing in the log, and a path
///   through the log nothing in a batch, even if the one tree were grafted into the other.
/// - The number of records is committed to beside the root, so an inner node cannot be shown as a leaf of a smaller tree.
///
/// **Neighbours see hashes.** Whoever gets a proof sees the leaf hash of the record beside his own. A record that others must
/// not guess has to hold a random part of at least 128 bits.
public struct BatchTree: Sendable {
    /// The longest record, in bytes.
    public static let maximumRecordLength = 65_535
    private static let domain = Array("hexi/batch-record@v1\n".utf8)

    private var frontier = MerkleFrontier()
    /// In the order of ``StoredHashes``.
    private var hashes: [SHA256Digest] = []

    public init() {}

    /// SHA-256(0x00 ‖ `hexi/batch-record@v1` ‖ 0x0A ‖ record).
    public static func leafHash(ofRecord record: [UInt8]) -> SHA256Digest { MerkleTree.leafHash(domain + record) }

    /// The number of records so far.
    public var count: UInt64 { frontier.count }

    /// What the ledger entry has to say of the records so far.
    public var commitment: BatchCommitment { BatchCommitment(count: frontier.count, root: frontier.root) }

    /// Adds a record of 1 to ``maximumRecordLength`` bytes; throws ``BatchProofError/badRecord(bytes:)`` for another.
    public mutating func append(_ record: [UInt8]) throws(BatchProofError) {
        guard (1...Self.maximumRecordLength).contains(record.count) else { throw .badRecord(bytes: record.count) }
        frontier.append(Self.leafHash(ofRecord: record)) { hashes.append($0) }
    }

    /// The path of record `index` in the tree of all records so far. Throws
    /// ``MerkleProofError/indexOutsideTree(index:size:)``.
    public func inclusion(of index: UInt64) throws -> InclusionProof {
        try InclusionProof(index: index, size: count) { level, node throws(MerkleProofError) in
            guard let place = StoredHashes.position(level: level, index: node), place < hashes.count else {
                throw .indexOutsideTree(index: index, size: count)
            }
            return hashes[Int(place)]
        }
    }
}
