import Encoding

/// A JWS in the general JSON serialisation (RFC 7515 section 7.2.1): one payload, one signature for each party, as on
/// a contract. Signatures are **not verified** by reading; call ``verify(index:with:)`` for each.
public struct GeneralJWS: Sendable, Hashable {
    public struct Signature: Sendable, Hashable {
        fileprivate let header: JWSHeader
        /// 64 bytes.
        public let bytes: [UInt8]
        /// `kid`: the thumbprint of the key that is said to have signed.
        public var keyIdentifier: String { header.keyIdentifier }
        /// `typ`: the kind of statement.
        public var type: String { header.type }
    }

    /// How many signatures a JWS may carry.
    public static let maximumSignatureCount = 16

    /// The decoded payload, the same for all signatures.
    public let payload: [UInt8]
    /// One to ``maximumSignatureCount``, each of another key.
    public private(set) var signatures: [Signature]

    private init(payload: [UInt8], signatures: [Signature]) {
        self.payload = payload
        self.signatures = signatures
    }

    /// The same payload and signature as a compact JWS, so that others can sign it too.
    public init(_ compact: CompactJWS) throws(JWSError) {
        self.init(payload: compact.payload, signatures: [])
        try append(Signature(header: compact.protectedHeader, bytes: compact.signature))
    }

    /// A JWS with a first signature.
    public static func sign(payload: [UInt8], type: String, key: SigningKey) -> GeneralJWS {
        let signature = makeSignature(payload: payload, type: type, key: key)
        return GeneralJWS(payload: payload, signatures: [signature])
    }

    /// Adds the signature of another party.
    public mutating func addSignature(type: String, key: SigningKey) throws(JWSError) {
        try append(Self.makeSignature(payload: payload, type: type, key: key))
    }

    /// Adds a signature that another party made over the same payload, after the caller has verified it.
    public mutating func append(_ signature: Signature) throws(JWSError) {
        guard !signatures.contains(where: { $0.keyIdentifier == signature.keyIdentifier }) else {
            throw .repeatedKey(signature.keyIdentifier)
        }
        guard signatures.count < Self.maximumSignatureCount else {
            throw .malformedJSON(reason: "more than \(Self.maximumSignatureCount) signatures")
        }
        signatures.append(signature)
    }

    /// Reads exactly one form: members `payload` and `signatures`; each signature with `protected` and `signature` only
    /// (no unprotected `header`), a header as in ``CompactJWS``, and no key twice.
    public init(_ json: JSONValue, maximumCount: Int = JWS.maximumCount) throws(JWSError) {
        do {
            try self.init(cursor: JSONCursor(json), maximumCount: maximumCount)
        } catch let error as JWSError {
            throw error
        } catch {
            throw .malformedJSON(reason: "\(error)")
        }
    }

    private init(cursor: JSONCursor, maximumCount: Int) throws {
        try cursor.allowMembers(["payload", "signatures"])
        let encodedPayload = try cursor.member("payload").string(maximumCount: maximumCount)
        guard let payload = Base64.decodeURL(encodedPayload) else { throw JWSError.notBase64URL(part: "payload") }
        self.init(payload: payload, signatures: [])
        let elements = try cursor.member("signatures").array(minimumCount: 1, maximumCount: Self.maximumSignatureCount)
        for element in elements {
            try element.allowMembers(["protected", "signature"])
            let header = try JWSHeader(encoded: try element.member("protected").string(maximumCount: 4096).utf8)
            let bytes = try JWSHeader.decodeSignature(try element.member("signature").string(maximumCount: 128).utf8)
            try append(Signature(header: header, bytes: bytes))
        }
    }

    /// Returns if one signature holds.
    public func verify(index: Int, with key: VerificationKey) throws(JWSError) {
        guard signatures.indices.contains(index) else { throw .noSuchSignature(index: index, count: signatures.count) }
        let signature = signatures[index]
        // Base64url here has one form for each byte string, so encoding again gives back what was signed.
        let signingInput = signature.header.signingInput(payload: Base64.encodeURL(payload))
        try signature.header.verify(signature: signature.bytes, over: signingInput, with: key)
    }

    /// The JSON form; reading it gives this value again.
    public var json: JSONValue {
        [
            "payload": .string(Base64.encodeURL(payload)),
            "signatures": .array(
                signatures.map { signature in
                    [
                        "protected": .string(signature.header.encoded),
                        "signature": .string(Base64.encodeURL(signature.bytes)),
                    ]
                }),
        ]
    }

    private static func makeSignature(payload: [UInt8], type: String, key: SigningKey) -> Signature {
        let header = JWSHeader(type: type, keyIdentifier: key.keyIdentifier)
        return Signature(header: header, bytes: key.sign(header.signingInput(payload: Base64.encodeURL(payload))))
    }
}
