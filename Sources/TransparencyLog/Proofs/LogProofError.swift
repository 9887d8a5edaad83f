/// Why a log proof cannot be read, or does not prove what it should.
public enum LogProofError: Error, Equatable, CustomStringConvertible {
    case tooLong(bytes: Int)
    /// Lines count from 1.
    case malformed(line: Int, reason: String)
    /// The checkpoint, which begins at this line, cannot be read.
    case badNote(line: Int, SignedNoteError)
    /// The checkpoint is not to be believed by the policy.
    case untrusted(TrustPolicyFailure)
    /// The path does not lead from the entry to the checkpoint's root.
    case notIncluded(MerkleProofError)

    public var description: String {
        switch self {
        case .tooLong(let bytes):
            "the proof has \(bytes) bytes; at most \(LogProof.maximumLength) are read"
        case .malformed(let line, let reason): "line \(line) of the proof: \(reason)"
        case .badNote(let line, let error): "the checkpoint that begins at line \(line) of the proof: \(error)"
        case .untrusted(let failure): "the checkpoint is not to be believed: \(failure)"
        case .notIncluded(let error): "the entry is not in the checkpoint's tree at this place: \(error)"
        }
    }
}
