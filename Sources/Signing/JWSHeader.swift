import Encoding

/// The protected header of every JWS of the exchange: exactly `alg`, `typ` and `kid` (RFC 7515 section 4.1).
///
/// Nothing else is accepted, so that no header member can change what a signature means: `alg` is always EdDSA,
/// `crit` is unknown like every other extension, and keys come from the ledger, never from the header.
struct JWSHeader: Sendable, Hashable {
    /// In bytes, decoded.
    static let maximumCount = 1024

    var type: String
    var keyIdentifier: String
    /// The header in base64url as it was signed; nobody re-serialises to verify.
    var encoded: String

    init(type: String, keyIdentifier: String) {
        self.type = type
        self.keyIdentifier = keyIdentifier
        let header: JSONValue = ["alg": "EdDSA", "typ": .string(type), "kid": .string(keyIdentifier)]
        encoded = Base64.encodeURL(header.serialized())
    }

    init(encoded: some Collection<UInt8>) throws(JWSError) {
        let count = encoded.count
        guard count <= Self.maximumCount / 3 * 4 else { throw .headerTooLong(count: count, limit: Self.maximumCount / 3 * 4) }
        guard let bytes = Base64.decodeURL(array: Array(encoded)) else { throw .notBase64URL(part: "header") }
        let header: JSONValue
        do {
            header = try JSONValue.parse(bytes, maximumDepth: 4)
        } catch {
            throw .malformedHeader(reason: "\(error)")
        }
        guard let object = header.objectValue else { throw .malformedHeader(reason: "it is \(header.kindName), not an object") }
        // The algorithm first: whoever sends "none" is told so, not that some member is missing.
        guard case .string(let algorithm)? = object["alg"] else { throw .malformedHeader(reason: "alg must be a string") }
        guard algorithm.utf8.elementsEqual("EdDSA".utf8) else { throw .unsupportedAlgorithm(algorithm) }
        for name in object.names where !["alg", "typ", "kid"].contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
            throw .unknownHeaderMember(name)
        }
        type = try Self.printable(object, "typ", maximumCount: 128)
        keyIdentifier = try Self.printable(object, "kid", maximumCount: 256)
        self.encoded = String(decoding: encoded, as: UTF8.self)
    }

    /// A member of 1 to `maximumCount` printable ASCII characters.
    private static func printable(_ object: JSONObject, _ name: String, maximumCount: Int) throws(JWSError) -> String {
        guard case .string(let text)? = object[name] else { throw .malformedHeader(reason: "\(name) must be a string") }
        guard (1...maximumCount).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .malformedHeader(reason: "\(name) must have 1 to \(maximumCount) printable ASCII characters")
        }
        return text
    }

    /// What is signed: RFC 7515 section 5.1, step 8.
    func signingInput(payload encodedPayload: String) -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity(encoded.utf8.count + 1 + encodedPayload.utf8.count)
        input.append(contentsOf: encoded.utf8)
        input.append(0x2E)
        input.append(contentsOf: encodedPayload.utf8)
        return input
    }

    /// Checks one signature over a signing input with the key that the header names.
    func verify(signature: [UInt8], over signingInput: [UInt8], with key: VerificationKey) throws(JWSError) {
        guard keyIdentifier.utf8.elementsEqual(key.keyIdentifier.utf8) else {
            throw .keyMismatch(expected: key.keyIdentifier, found: keyIdentifier)
        }
        guard key.isValid(signature: signature, for: signingInput) else {
            throw .invalidSignature(keyIdentifier: keyIdentifier)
        }
    }

    /// A signature's 64 bytes from its text.
    static func decodeSignature(_ text: some Collection<UInt8>) throws(JWSError) -> [UInt8] {
        guard let signature = Base64.decodeURL(array: Array(text)) else { throw .notBase64URL(part: "signature") }
        guard signature.count == 64 else { throw .wrongSignatureCount(signature.count) }
        return signature
    }
}
