import Encoding

/// A file that somebody shows as evidence, named on the ledger without a word of what it holds.
///
/// The file itself is uploaded to the node and kept there encrypted. Since a ledger is public and never forgets, `name` is a
/// plain title and not a person's name.
public struct EvidenceReference: Sendable, Hashable, Codable {
    /// The longest file, in bytes: with its salt, 20 MiB.
    public static let maximumSize: Int64 = (20 << 20) - Int64(saltCount)
    /// How many random bytes stand before the file's own.
    public static let saltCount = 32
    /// How many files one statement may name.
    public static let maximumCount = 16

    /// What it shows, as a token such as `business-licence`: 1 to 32 lower-case letters, digits and inner hyphens.
    public var kind: String
    /// A title for people, 1 to 200 characters.
    public var name: String
    /// Type and subtype (RFC 6838 section 4.2) in lower case, without parameters.
    public var mediaType: String
    /// Of the file without the salt, in bytes; 1 to ``maximumSize``.
    public var size: Int64
    /// SHA-256 of 32 random bytes followed by the file's content, which are the bytes uploaded, in hexadecimal. Without the
    /// random bytes a short or well-known file could be guessed from its digest.
    public var sha256: String

    public init(kind: String, name: String, mediaType: String, size: Int64, sha256: String) {
        self.kind = kind
        self.name = name
        self.mediaType = mediaType
        self.size = size
        self.sha256 = sha256
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        kind = try cursor.member("kind").token(maximumCount: 32)
        name = try cursor.member("name").text(1...200)
        mediaType = try cursor.member("mediaType").mediaType()
        size = try cursor.member("size").integer(in: 1...Self.maximumSize)
        sha256 = try cursor.member("sha256").hexadecimalDigest()
    }

    public var json: JSONValue {
        [
            "kind": .string(kind), "name": .string(name), "mediaType": .string(mediaType), "size": .integer(size),
            "sha256": .string(sha256),
        ]
    }
}

extension JSONCursor {
    /// Up to ``EvidenceReference/maximumCount`` references, no file twice; none where the member is absent.
    func evidence(_ name: String = "evidence") throws(JSONMismatch) -> [EvidenceReference] {
        var references: [EvidenceReference] = []
        for element in try optionalMember(name)?.array(maximumCount: EvidenceReference.maximumCount) ?? [] {
            let reference = try EvidenceReference(element)
            if references.contains(where: { $0.sha256 == reference.sha256 }) {
                throw try element.member("sha256").mismatch("names the same file a second time")
            }
            references.append(reference)
        }
        return references
    }

    /// Lower-case letters, digits and inner hyphens.
    func token(maximumCount: Int) throws(JSONMismatch) -> String {
        let text = try string(minimumCount: 1, maximumCount: maximumCount)
        let bytes = Array(text.utf8)
        let isToken = bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
        guard isToken, bytes.first != 0x2D, bytes.last != 0x2D else {
            throw mismatch("must be lower-case letters, digits and inner hyphens, such as business-licence")
        }
        return text
    }

    fileprivate func mediaType() throws(JSONMismatch) -> String {
        let text = try string(maximumCount: 100)
        let parts = text.utf8.split(separator: 0x2F, omittingEmptySubsequences: false)
        let isMediaType = parts.count == 2 && parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E].contains($0) }
        }
        guard isMediaType else { throw mismatch("must be a media type in lower case without parameters, such as application/pdf") }
        return text
    }
}
