import Signing

/// What a witness decides on a checkpoint that it is asked to cosign (C2SP tlog-witness). Pure: who uses it must make
/// the accepted checkpoint durable, with no other decision in between, before the cosignature leaves.
public enum WitnessRules {
    /// Returns the checkpoint to be cosigned; throws the refusal.
    ///
    /// - Parameters:
    ///   - logs: the keys trusted for the checkpoint's origin; keys of other origins are ignored.
    ///   - known: what the witness has cosigned last for the origin; `nil` if nothing.
    public static func judge(
        _ request: AddCheckpointRequest, logs: [NoteVerifier], known: Checkpoint?
    ) throws(WitnessRefusal) -> Checkpoint {
        let checkpoint: Checkpoint
        do throws(SignedNoteError) { checkpoint = try Checkpoint(text: request.note.text) } catch {
            throw .malformed(reason: "\(error)")
        }
        let trusted = logs.filter { $0.name.utf8.elementsEqual(checkpoint.origin.utf8) }
        guard !trusted.isEmpty else { throw .unknownOrigin(checkpoint.origin) }
        do throws(SignedNoteError) { try request.note.verify(with: trusted) } catch {
            throw .noTrustedSignature(reason: "\(error)")
        }
        guard request.oldSize <= checkpoint.size else {
            throw .oldSizeTooLarge(old: request.oldSize, size: checkpoint.size)
        }
        let knownSize = known?.size ?? 0
        guard request.oldSize == knownSize else { throw .otherSize(old: request.oldSize, known: knownSize) }
        if let known, known.size == checkpoint.size, known.root != checkpoint.root {
            throw .forked(size: known.size, known: known.root, submitted: checkpoint.root)
        }
        let proof = ConsistencyProof(firstSize: request.oldSize, secondSize: checkpoint.size, path: request.proof)
        do throws(MerkleProofError) {
            try proof.verify(firstRoot: known?.root ?? MerkleTree.emptyRoot, secondRoot: checkpoint.root)
        } catch {
            throw .badProof(reason: "\(error)")
        }
        return checkpoint
    }
}

/// Why a witness does not cosign, with what it answers.
public enum WitnessRefusal: Error, Equatable, CustomStringConvertible {
    /// The note is signed text, but not a checkpoint.
    case malformed(reason: String)
    case unknownOrigin(String)
    case noTrustedSignature(reason: String)
    case oldSizeTooLarge(old: UInt64, size: UInt64)
    /// The request does not start from what the witness has cosigned last.
    case otherSize(old: UInt64, known: UInt64)
    /// The log has signed two trees of one size: proof of misbehaviour, with its own signature under it.
    case forked(size: UInt64, known: SHA256Digest, submitted: SHA256Digest)
    /// The proof does not lead from the known tree to this one.
    case badProof(reason: String)

    /// The status of the HTTP answer.
    public var status: Int {
        switch self {
        case .malformed, .oldSizeTooLarge: 400
        case .unknownOrigin: 404
        case .noTrustedSignature: 403
        case .otherSize, .forked: 409
        case .badProof: 422
        }
    }

    /// The size that the witness knows, which the body of a 409 answer says.
    public var knownSize: UInt64? {
        switch self {
        case .otherSize(_, let known): known
        case .forked(let size, _, _): size
        default: nil
        }
    }

    /// Whether the request, which carries the log's signature, should be kept: it proves a fork, or it may be part of a
    /// proof of one.
    public var isEvidence: Bool {
        switch self {
        case .forked, .badProof: true
        default: false
        }
    }

    public var description: String {
        switch self {
        case .malformed(let reason): "the note is not a checkpoint: \(reason)"
        case .unknownOrigin(let origin): "this witness does not know the log \"\(origin)\""
        case .noTrustedSignature(let reason): "the checkpoint is not signed by a key that is trusted for its origin: \(reason)"
        case .oldSizeTooLarge(let old, let size):
            "the old size, \(old), is larger than the checkpoint's, \(size)"
        case .otherSize(let old, let known):
            "the request starts from size \(old), but the last checkpoint cosigned here has size \(known)"
        case .forked(let size, let known, let submitted):
            "the log has signed two trees of \(size) entries: one with the root \(known), cosigned here, and one with \(submitted)"
        case .badProof(let reason): "the consistency proof does not hold: \(reason)"
        }
    }
}
