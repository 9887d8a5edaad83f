import Encoding
import Signing

/// A credential secured as a JWS (W3C Securing Verifiable Credentials using JOSE and COSE, section 3.1): media type
/// `application/vc+jwt`, EdDSA (RFC 8037), the payload the credential's own document.
///
/// It is read strictly, and is **not yet verified**: call ``verify(with:)`` before believing it.
public struct SignedCredential: Sendable, Hashable {
    public static let mediaType = "application/vc+jwt"
    /// The longest that is read, in bytes.
    public static let maximumCount = 1 << 20

    public let text: String
    /// The `kid` of the signature: a DID URL, whose fragment is the key's thumbprint.
    public let keyURL: String
    /// The identifier of whoever is said to have signed.
    public let issuer: DIDWeb
    private let credential: VerifiableCredential
    private let signature: [UInt8]

    /// The thumbprint of the key that is said to have signed.
    public var keyIdentifier: String { String(keyURL.drop { $0 != "#" }.dropFirst()) }

    /// What it says, **before anything is verified**: to find out which key and list to look for.
    public var claimed: VerifiableCredential { credential }

    /// Signs a credential, whose issuer it sets.
    public static func sign(_ credential: VerifiableCredential, issuer: DIDWeb, key: SigningKey) -> String {
        var credential = credential
        credential.issuer = issuer.description
        let header: JSONValue = [
            "alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": .string(issuer.keyURL(key.keyIdentifier)),
        ]
        let input = "\(Base64.encodeURL(header.serialized())).\(Base64.encodeURL(credential.json.serialized()))"
        return "\(input).\(Base64.encodeURL(key.sign(Array(input.utf8))))"
    }

    /// Takes a credential apart. White space around it, as a file has it, does not matter.
    public init(_ text: String) throws(CredentialError) {
        let count = text.utf8.count
        guard count <= Self.maximumCount else { throw .tooLong(count: count, limit: Self.maximumCount) }
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.last, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { bytes.removeLast() }
        while let byte = bytes.first, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { bytes.removeFirst() }
        let parts = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("it has \(parts.count) parts between dots instead of three") }
        guard let header = Base64.decodeURL(parts[0]), header.count <= 4096, let payload = Base64.decodeURL(parts[1]),
            let signature = Base64.decodeURL(parts[2]), signature.count == 64
        else { throw .malformed("its parts are not a header, a payload and 64 bytes of signature in base64url") }
        self.text = String(decoding: bytes, as: UTF8.self)
        self.signature = signature
        keyURL = try Self.keyURL(inHeader: header)
        do {
            let document = try JSONValue.parse(payload, maximumDepth: 16, maximumCount: Self.maximumCount)
            credential = try VerifiableCredential(JSONCursor(document))
        } catch let error as JSONMismatch { throw .invalid(error) } catch { throw .malformed("its payload is \(error)") }
        issuer = try DIDWeb(text: credential.issuer)
        guard keyURL.hasPrefix("\(issuer)#") else { throw .malformed("its key \(keyURL.prefix(300)) is not its issuer's") }
    }

    /// The header holds what a signer here writes and nothing else, so that none of its members can change what a
    /// signature means.
    private static func keyURL(inHeader bytes: [UInt8]) throws(CredentialError) -> String {
        do {
            let cursor = JSONCursor(try JSONValue.parse(bytes, maximumDepth: 4, maximumCount: 4096))
            try cursor.allowMembers(["alg", "typ", "cty", "kid"])
            for (name, expected, isOptional) in [("alg", "EdDSA", false), ("typ", "vc+jwt", false), ("cty", "vc", true)] {
                guard let member = isOptional ? try cursor.optionalMember(name) : try cursor.member(name) else { continue }
                guard try member.string() == expected else { throw member.mismatch("must be \"\(expected)\"") }
            }
            return try cursor.member("kid").string(minimumCount: 1, maximumCount: 2100)
        } catch { throw .malformed("its header: \(error)") }
    }

    /// The credential, once the signature is known to be this key's. Dates and status are for the caller to look at.
    public func verify(with key: VerificationKey) throws(CredentialError) -> VerifiableCredential {
        let expected = issuer.keyURL(key.keyIdentifier)
        guard keyURL == expected else { throw .wrongKey(expected: expected, found: keyURL) }
        // The signature's text has 86 characters, after a dot.
        guard key.isValid(signature: signature, for: Array(Array(text.utf8).dropLast(87))) else {
            throw .badSignature(keyIdentifier: keyURL)
        }
        return credential
    }
}
