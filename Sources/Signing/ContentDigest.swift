import Encoding

/// Why a `Content-Digest` field does not vouch for a body.
public enum ContentDigestError: Error, Sendable, Hashable, CustomStringConvertible {
    case malformed(reason: String, offset: Int)
    case tooLong(count: Int, limit: Int)
    /// The field names other algorithms only.
    case noSHA256
    /// The body is not the one the field was made for.
    case mismatch

    public var description: String {
        switch self {
        case .malformed(let reason, let offset):
            "the Content-Digest field is not well formed at byte \(offset): \(reason); expected sha-256=:…:"
        case .tooLong(let count, let limit): "the Content-Digest field has \(count) bytes; at most \(limit) are accepted"
        case .noSHA256: "the Content-Digest field has no sha-256 digest; expected sha-256=:…:"
        case .mismatch: "the body does not have the SHA-256 that its Content-Digest field says"
        }
    }
}

/// The `Content-Digest` field (RFC 9530): a body's SHA-256, which a signature can cover in the body's place.
public enum ContentDigest {
    private static let maximumCount = 1024

    /// The field's value for a body.
    public static func make(for body: [UInt8]) -> String { make(for: SHA256.hash(body)) }

    /// The field's value for a body that was hashed while it passed through.
    public static func make(for digest: SHA256Digest) -> String { "sha-256=:\(Base64.encode(digest.bytes)):" }

    /// Returns if the field's sha-256 member is the digest of the body. Members of other algorithms are passed over.
    public static func verify(_ field: String, body: [UInt8]) throws(ContentDigestError) {
        try verify(field, digest: SHA256.hash(body))
    }

    /// The same for a body that was hashed while it passed through.
    public static func verify(_ field: String, digest: SHA256Digest) throws(ContentDigestError) {
        guard try parse(field) == digest else { throw .mismatch }
    }

    /// The sha-256 digest that a field holds.
    public static func parse(_ field: String) throws(ContentDigestError) -> SHA256Digest {
        guard field.utf8.count <= maximumCount else { throw .tooLong(count: field.utf8.count, limit: maximumCount) }
        let members: StructuredField.Dictionary
        do {
            members = try StructuredFieldParser.dictionary(field, maximumMemberCount: 8)
        } catch {
            throw .malformed(reason: error.reason, offset: error.offset)
        }
        guard let found = members.first(where: { $0.name == "sha-256" }) else { throw .noSHA256 }
        guard case .item(let item) = found.member, case .bytes(let bytes) = item.value, let digest = SHA256Digest(bytes) else {
            throw .malformed(reason: "sha-256 must be a byte sequence of 32 bytes", offset: 0)
        }
        return digest
    }
}
