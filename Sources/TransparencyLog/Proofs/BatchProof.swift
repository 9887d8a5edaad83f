import Encoding
import Signing

/// Proof that a record is in a batch that a ledger entry commits to, and that this entry is in the log: two levels, one file.
/// `Contracts/README.md` describes the format.
///
///     hexi/batch-proof@v1
///     record base64(the record)
///     index decimal           the record's number in the batch, from 0
///     size decimal            the number of records in the batch
///     base64(hash)            one line for each hash of the path in the batch's tree
///
///     the log proof of the committing entry, verbatim, with the entry as its extra data
///
/// How an entry says what it commits to is the application's business; see ``verify(policy:commitment:)``.
public struct BatchProof: Sendable, Hashable {
    /// The first line, without its line feed.
    public static let header = "hexi/batch-proof@v1"
    /// The largest file that is read, in bytes.
    public static let maximumLength = LogProof.maximumLength + (128 << 10)

    public let record: [UInt8]
    /// The record's path in the batch's tree.
    public let inclusion: InclusionProof
    /// The bytes of the ledger entry that commits to the batch; the log proof's extra data.
    public let entry: [UInt8]
    /// Proof of that entry.
    public let log: LogProof

    /// Throws ``BatchProofError/badRecord(bytes:)``, or ``BatchProofError/noEntry`` if the log proof has no extra data.
    public init(record: [UInt8], inclusion: InclusionProof, log: LogProof) throws(BatchProofError) {
        guard (1...BatchTree.maximumRecordLength).contains(record.count) else { throw .badRecord(bytes: record.count) }
        guard let entry = log.extra else { throw .noEntry }
        self.record = record
        self.inclusion = inclusion
        self.entry = entry
        self.log = log
    }

    /// Reads a file. What it returns has exactly these bytes as ``bytes``.
    public init(_ bytes: [UInt8]) throws(BatchProofError) {
        guard bytes.count <= Self.maximumLength else { throw .tooLong(bytes: bytes.count) }
        var lines = ProofLines(bytes[...])
        let record: [UInt8], inclusion: InclusionProof
        do throws(ProofLineFault) {
            try lines.header(Self.header)
            record = try lines.base64("record")
            let index = try lines.number("index")
            let size = try lines.number("size")
            guard index < size, size <= MerkleTree.maximumSize else {
                throw lines.fault("a batch of \(size) records has no record \(index): the index must be below the size")
            }
            inclusion = InclusionProof(index: index, size: size, path: try lines.hashes())
        } catch { throw .malformed(line: error.line, reason: error.reason) }
        let log: LogProof
        do { log = try LogProof(lines.rest, firstLine: lines.number + 1) } catch { throw .log(error) }
        try self.init(record: record, inclusion: inclusion, log: log)
    }

    /// The file.
    public var bytes: [UInt8] {
        let head = "\(Self.header)\nrecord \(Base64.encode(record))\nindex \(inclusion.index)\nsize \(inclusion.size)\n"
        return Array(head.utf8) + ProofText.hashes(inclusion.path) + log.bytes
    }

    /// Whether a file begins as a batch proof does, rather than as a log proof.
    public static func isBatchProof(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Array((header + "\n").utf8)) }

    /// Verifies both halves without any network. A quorum of witnesses that is not reached is not thrown but said.
    ///
    /// - Parameter commitment: reads what the entry says of its batch; it is called with bytes that are on the ledger.
    ///   Throws what it throws, and ``BatchProofError``.
    public func verify(
        policy: TrustPolicy, commitment: (_ entry: [UInt8]) throws -> BatchCommitment
    ) throws -> TrustJudgement {
        let judgement: TrustJudgement
        do { judgement = try log.verify(leafHash: MerkleTree.leafHash(entry), policy: policy) } catch {
            throw BatchProofError.log(error)
        }
        try verifyRecord(in: try commitment(entry))
        return judgement
    }

    /// Returns if the record is in the batch that the entry commits to. That the entry is on the ledger is the other
    /// half of the proof: ``LogProof/verify(leafHash:policy:)`` of ``log`` with the leaf hash of ``entry``.
    ///
    /// - Parameter commitment: what ``entry`` says of its batch.
    public func verifyRecord(in commitment: BatchCommitment) throws(BatchProofError) {
        guard commitment.count == inclusion.size else {
            throw .wrongSize(committed: commitment.count, claimed: inclusion.size)
        }
        do {
            try inclusion.verify(leafHash: BatchTree.leafHash(ofRecord: record), root: commitment.root)
        } catch { throw .notInBatch(error) }
    }
}
