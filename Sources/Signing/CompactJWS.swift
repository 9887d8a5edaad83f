import Encoding

/// A JWS in the compact serialisation, taken apart but **not yet verified**: call ``verify(with:)`` before believing
/// the payload.
public struct CompactJWS: Sendable, Hashable {
    /// As it came; what a ledger entry embeds.
    public let text: String
    /// The decoded payload.
    public let payload: [UInt8]
    /// The signature, 64 bytes.
    public let signature: [UInt8]
    let protectedHeader: JWSHeader

    /// `kid`: the thumbprint of the key that is said to have signed.
    public var keyIdentifier: String { protectedHeader.keyIdentifier }
    /// `typ`: the kind of statement.
    public var type: String { protectedHeader.type }

    /// Reads exactly one form: three parts in strict base64url; a header of `alg` (EdDSA), `typ` and `kid`, all there
    /// and nothing else; 64 bytes of signature.
    ///
    /// - Parameter maximumCount: how many bytes the text may have.
    public init(_ text: String, maximumCount: Int = JWS.maximumCount) throws(JWSError) {
        let count = text.utf8.count
        guard count <= maximumCount else { throw .tooLong(count: count, limit: maximumCount) }
        let parts = Array(text.utf8).split(separator: 0x2E, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .wrongPartCount(parts.count) }
        protectedHeader = try JWSHeader(encoded: parts[0])
        guard let payload = Base64.decodeURL(array: Array(parts[1])) else { throw .notBase64URL(part: "payload") }
        signature = try JWSHeader.decodeSignature(parts[2])
        self.payload = payload
        self.text = text
    }

    /// Returns if the signature holds.
    ///
    /// - Throws: `keyMismatch` if `kid` is not the key's thumbprint, `invalidSignature` if the content or the signature
    ///   was changed.
    public func verify(with key: VerificationKey) throws(JWSError) {
        // What was signed is everything before the second dot, as it came; the signature's text has 86 characters.
        try protectedHeader.verify(signature: signature, over: Array(Array(text.utf8).dropLast(87)), with: key)
    }
}
