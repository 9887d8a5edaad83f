/// Why a batch proof cannot be made or read, or does not prove what it should.
public enum BatchProofError: Error, Equatable, CustomStringConvertible {
    case badRecord(bytes: Int)
    case tooLong(bytes: Int)
    /// Lines count from 1.
    case malformed(line: Int, reason: String)
    /// The log proof does not carry the entry that commits to the batch.
    case noEntry
    /// The second half, the log proof. Its lines are counted from the start of the file.
    case log(LogProofError)
    /// The entry commits to another number of records than the proof is for.
    case wrongSize(committed: UInt64, claimed: UInt64)
    /// The path does not lead from the record to the root that the entry commits to.
    case notInBatch(MerkleProofError)

    public var description: String {
        switch self {
        case .badRecord(let bytes):
            "the record has \(bytes) bytes; a record of a batch has 1 to \(BatchTree.maximumRecordLength)"
        case .tooLong(let bytes): "the proof has \(bytes) bytes; at most \(BatchProof.maximumLength) are read"
        case .malformed(let line, let reason): "line \(line) of the proof: \(reason)"
        case .noEntry: "the proof does not hold the ledger entry that commits to the batch: its second half has no \"extra\" line"
        case .log(let error): error.description
        case .wrongSize(let committed, let claimed):
            "the ledger entry commits to a batch of \(committed) records, the proof is for one of \(claimed)"
        case .notInBatch(let error): "the record is not in the batch at this place: \(error)"
        }
    }
}
