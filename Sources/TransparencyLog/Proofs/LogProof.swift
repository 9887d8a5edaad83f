import Encoding
import Signing

/// Proof that an entry is in a log, in one file that needs nothing else but a policy of whom to trust
/// (C2SP tlog-proof, `c2sp.org/tlog-proof@v1`):
///
///     c2sp.org/tlog-proof@v1
///     extra base64(the entry)
///     index decimal
///     base64(hash)            one line for each hash of the path, from the leaf's sibling up
///
///     the signed checkpoint, verbatim
///
/// A Hexi node puts the ledger entry itself into `extra`, so that one file shows both what was recorded and that it was.
/// `extra` is authenticated only by way of ``entryLeafHash`` and ``verify(leafHash:policy:)``.
public struct LogProof: Sendable, Hashable {
    /// The first line, without its line feed.
    public static let header = "c2sp.org/tlog-proof@v1"
    /// The largest file that is read, in bytes: room for a checkpoint of the largest length and an entry.
    public static let maximumLength = 2 << 20

    /// Data for the application, not empty; `nil` if there is none.
    public let extra: [UInt8]?
    /// The entry's number, from 0.
    public let index: UInt64
    /// From the leaf's sibling up to the child of the root.
    public let path: [SHA256Digest]
    /// The checkpoint. It means nothing before ``verify(leafHash:policy:)`` has returned.
    public let note: SignedNote

    /// - Parameter extra: nothing is written for empty data.
    public init(extra: [UInt8]?, index: UInt64, path: [SHA256Digest], note: SignedNote) {
        self.extra = extra?.isEmpty == true ? nil : extra
        self.index = index
        self.path = path
        self.note = note
    }

    /// Reads a file. What it returns has exactly these bytes as ``bytes``: there is one way to write a proof.
    public init(_ bytes: [UInt8]) throws(LogProofError) { try self.init(bytes[...], firstLine: 1) }

    /// Reads the end of a file that begins with other lines.
    init(_ bytes: ArraySlice<UInt8>, firstLine: Int) throws(LogProofError) {
        guard bytes.count <= Self.maximumLength else { throw .tooLong(bytes: bytes.count) }
        var lines = ProofLines(bytes, firstLine: firstLine)
        do throws(ProofLineFault) {
            try lines.header(Self.header)
            extra = try lines.optionalBase64("extra")
            index = try lines.number("index")
            path = try lines.hashes()
        } catch { throw .malformed(line: error.line, reason: error.reason) }
        let rest = Array(lines.rest)
        let noteLine = lines.number + 1
        do throws(SignedNoteError) {
            note = try SignedNote(rest)
            _ = try Checkpoint(text: note.text)
        } catch { throw .badNote(line: noteLine, error) }
        guard note.bytes == rest else {
            throw .malformed(line: noteLine, reason: "the checkpoint from here on is not written as a signed note is")
        }
    }

    /// The file.
    public var bytes: [UInt8] {
        var bytes = Array((Self.header + "\n").utf8)
        if let extra { bytes += Array("extra \(Base64.encode(extra))\n".utf8) }
        return bytes + Array("index \(index)\n".utf8) + ProofText.hashes(path) + note.bytes
    }

    /// The leaf hash of ``extra``, taken as the entry; what ``verify(leafHash:policy:)`` is then called with.
    public var entryLeafHash: SHA256Digest? { extra.map { MerkleTree.leafHash($0) } }

    /// Verifies the whole proof without any network: the checkpoint by the policy, and the path to its root.
    ///
    /// A quorum of witnesses that is not reached is not thrown but said: see ``TrustJudgement/isQuorumReached``.
    ///
    /// - Parameter leafHash: of the entry that is to be proved, from one's own copy or from ``entryLeafHash``.
    public func verify(leafHash: SHA256Digest, policy: TrustPolicy) throws(LogProofError) -> TrustJudgement {
        let judgement: TrustJudgement
        do { judgement = try policy.judge(note) } catch { throw .untrusted(error) }
        try verifyInclusion(leafHash: leafHash, in: judgement.checkpoint)
        return judgement
    }

    /// A name for the file, without folder: the log's origin, in letters, digits, points and hyphens alone, and the
    /// entry's number.
    public var fileName: String {
        let origin = note.text.prefix { $0 != "\n" }.utf8.prefix(100).map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E: byte
            default: 0x2D
            }
        }
        // A name that begins with a point would be hidden, and one that begins with a hyphen taken for an option.
        let name = String(decoding: origin.drop { $0 == 0x2E || $0 == 0x2D }, as: UTF8.self)
        return "\(name.isEmpty ? "log" : name)-\(index).tlog-proof"
    }

    /// Returns if the path leads from the leaf to the root of this checkpoint. Whether the checkpoint can be trusted is
    /// for the caller to have decided.
    public func verifyInclusion(leafHash: SHA256Digest, in checkpoint: Checkpoint) throws(LogProofError) {
        do {
            try InclusionProof(index: index, size: checkpoint.size, path: path)
                .verify(leafHash: leafHash, root: checkpoint.root)
        } catch { throw .notIncluded(error) }
    }
}
