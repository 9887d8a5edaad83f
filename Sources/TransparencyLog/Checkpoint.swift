import Encoding
import Signing

/// What a log commits to at one size (C2SP tlog-checkpoint): the text of the signed note that it publishes.
///
///     origin
///     size in decimal
///     base64(root hash)
///     [extension lines]
public struct Checkpoint: Sendable, Hashable {
    /// The log's name, not empty; the key that signs has the same name.
    public let origin: String
    /// The number of entries.
    public let size: UInt64
    /// The root of the tree over them (RFC 6962 section 2.1).
    public let root: SHA256Digest
    /// Further lines, none of them empty; kept as they are.
    public let extensionLines: [String]

    public init(origin: String, size: UInt64, root: SHA256Digest) {
        self.origin = origin
        self.size = size
        self.root = root
        extensionLines = []
    }

    /// The note text, which ends with a line feed.
    public var text: String {
        "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" + extensionLines.map { $0 + "\n" }.joined()
    }

    /// Reads a note text; throws ``SignedNoteError/badCheckpoint(line:reason:)``.
    public init(text: String) throws(SignedNoteError) {
        guard text.utf8.last == 0x0A else { throw .badCheckpoint(line: 1, reason: "the text does not end with a line feed") }
        let lines = text.utf8.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false).map { String($0) ?? "" }
        guard lines.count >= 3 else {
            throw .badCheckpoint(line: lines.count, reason: "the text ends before the origin, the size and the root are complete")
        }
        if let empty = lines.firstIndex(of: "") { throw .badCheckpoint(line: empty + 1, reason: "it is empty") }
        let digits = lines[1].utf8
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count == 1 || digits.first != 0x30,
            let size = UInt64(lines[1]), size <= MerkleTree.maximumSize
        else {
            throw .badCheckpoint(
                line: 2, reason: "\"\(lines[1].prefix(40))\" is not a tree size: decimal digits without leading zeros, at most 2^62")
        }
        guard let root = Base64.decode(lines[2]).flatMap({ SHA256Digest($0) }) else {
            throw .badCheckpoint(line: 3, reason: "\"\(lines[2].prefix(60))\" is not the base64 of a 32-byte root hash")
        }
        guard size > 0 || root == MerkleTree.emptyRoot else {
            throw .badCheckpoint(line: 3, reason: "a tree of no entries has the root \(Base64.encode(MerkleTree.emptyRoot.bytes))")
        }
        origin = lines[0]
        self.size = size
        self.root = root
        extensionLines = Array(lines[3...])
    }

    /// The checkpoint as a note signed by the log. The signer's name should be the origin.
    public func signed(by signer: NoteSigner) throws(SignedNoteError) -> SignedNote { try signed(by: [signer]) }

    /// The same, signed with each of the log's keys.
    public func signed(by signers: [NoteSigner]) throws(SignedNoteError) -> SignedNote {
        try SignedNote(text: text, signers: signers)
    }

    /// Reads the checkpoint of a note after verifying the log's signature: one by `log`, over a text with its name as origin.
    ///
    /// Throws what ``SignedNote/verify(with:)`` and ``init(text:)`` throw, and
    /// ``SignedNoteError/badCheckpoint(line:reason:)`` for another origin.
    public init(_ note: SignedNote, log: NoteVerifier) throws(SignedNoteError) {
        try self.init(note, log: [log])
    }

    /// The same for a log with several keys: a signature by one of them is enough, and none of theirs may be wrong.
    public init(_ note: SignedNote, log keys: [NoteVerifier]) throws(SignedNoteError) {
        let signers = try note.verify(with: keys)
        try self.init(text: note.text)
        for key in signers where key.name != origin {
            throw .badCheckpoint(line: 1, reason: "the origin is \"\(origin)\", not \"\(key.name)\" as the key's name")
        }
    }
}
