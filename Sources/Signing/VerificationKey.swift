import CSodium
import Encoding

/// An Ed25519 public key (RFC 8032): 32 bytes, known to be a point of the large prime-order group.
public struct VerificationKey: Sendable, Hashable, CustomStringConvertible {
    /// The 32 bytes of the compressed point.
    public let bytes: [UInt8]

    /// The key's name everywhere in the exchange: its JWK thumbprint (RFC 7638 with SHA-256, RFC 8037 section 2) in
    /// base64url, 43 characters.
    public let keyIdentifier: String

    /// `nil` unless there are 32 bytes that encode a point canonically, outside the small-order and mixed-order
    /// groups: for such points a signature would not bind its message to one key.
    public init?(_ rawPublicKey: [UInt8]) {
        guard rawPublicKey.count == Int(crypto_sign_PUBLICKEYBYTES) else { return nil }
        Sodium.makeReady()
        guard crypto_core_ed25519_is_valid_point(rawPublicKey) == 1 else { return nil }
        self.init(derived: rawPublicKey)
    }

    /// A key that is known to be valid: libsodium computed it from a seed, or it was checked when it was recorded.
    package init(derived bytes: [UInt8]) {
        self.bytes = bytes
        // RFC 7638 section 3: the required members only, in lexicographic order, without white space.
        let canonical = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"\(Base64.encodeURL(bytes))\"}"
        keyIdentifier = Base64.encodeURL(SHA256.hash(canonical.utf8).bytes)
    }

    /// Whether 64 bytes are this key's signature of the message; `false` for any other length. Non-canonical
    /// signatures (RFC 8032 section 5.1.7, S not below L) are refused.
    public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == Int(crypto_sign_BYTES) else { return false }
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), bytes) == 0
    }

    public var description: String { keyIdentifier }

    public static func == (left: VerificationKey, right: VerificationKey) -> Bool { left.bytes == right.bytes }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

// JSON Web Key: RFC 7517, and RFC 8037 section 2 for Ed25519.
extension VerificationKey {
    /// `{"kty":"OKP","crv":"Ed25519","x":…}`.
    public var jwk: JSONValue {
        ["kty": "OKP", "crv": "Ed25519", "x": .string(Base64.encodeURL(bytes))]
    }

    /// Reads a public Ed25519 JWK. `kid`, `use` and `alg` may be there and must then agree with the key; a private key
    /// (`d`) is refused with words of its own, because whoever sent it has just published it.
    public init(jwk: JSONCursor) throws(JSONMismatch) {
        if let secret = try jwk.optionalMember("d") {
            throw secret.mismatch("is the private key, which must never leave its owner; make a new key and send \"x\" only")
        }
        try jwk.allowMembers(["kty", "crv", "x", "kid", "use", "alg"])
        try Self.require("kty", "OKP", of: jwk, isOptional: false)
        try Self.require("crv", "Ed25519", of: jwk, isOptional: false)
        try Self.require("use", "sig", of: jwk, isOptional: true)
        try Self.require("alg", "EdDSA", of: jwk, isOptional: true)
        let member = try jwk.member("x")
        guard let decoded = Base64.decodeURL(try member.string(maximumCount: 64)), decoded.count == 32 else {
            throw member.mismatch("must be 32 bytes in base64url without padding (43 characters)")
        }
        guard let key = VerificationKey(decoded) else {
            throw member.mismatch("is not the public key of any Ed25519 key pair")
        }
        try Self.require("kid", key.keyIdentifier, of: jwk, isOptional: true)
        self = key
    }

    private static func require(
        _ name: String, _ expected: String, of jwk: JSONCursor, isOptional: Bool
    ) throws(JSONMismatch) {
        guard let member = isOptional ? try jwk.optionalMember(name) : try jwk.member(name) else { return }
        guard try member.string().utf8.elementsEqual(expected.utf8) else { throw member.mismatch("must be \"\(expected)\"") }
    }
}
