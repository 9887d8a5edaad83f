import Encoding

/// HTTP Message Signatures (RFC 9421) with Ed25519: how every request that acts for a participant is signed.
///
/// A request is accepted once: its signature covers what it does (method, authority, path, query, and the body through
/// `Content-Digest`), is fresh, and carries a nonce that the node remembers for as long as the signature would be valid.
/// The body itself is not looked at here: check it with ``ContentDigest`` before or after.
public enum HTTPMessageSignature {
    /// How long a signature is valid if the signer does not say, in seconds. Shorter lifetimes let the other side
    /// forget nonces sooner.
    public static let defaultLifetime: Int64 = 60

    /// Signs a request: the values of its `Signature-Input` and `Signature` fields.
    ///
    /// - Parameters:
    ///   - created: seconds since 1970.
    ///   - expires: seconds since 1970; ``defaultLifetime`` after `created` unless given.
    ///   - nonce: 16 to 128 printable ASCII characters that this key never used before; random unless given.
    ///   - label: a name for the signature in the two fields.
    public static func sign(
        _ message: HTTPMessageComponents, key: SigningKey, created: Int64, expires: Int64? = nil, nonce: String? = nil,
        label: String = "sig1", policy: HTTPSignaturePolicy = .standard
    ) throws(HTTPMessageSignatureError) -> (signatureInput: String, signature: String) {
        let components = try policy.components(for: message)
        let nonce = nonce ?? Base64.encodeURL(RandomBytes.generate(16))
        guard policy.nonceCounts.contains(nonce.utf8.count) else {
            throw .wrongNonceCount(nonce.utf8.count, allowed: policy.nonceCounts)
        }
        guard nonce.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .wrongParameterType(name: "nonce", expected: "printable ASCII")
        }
        let input = StructuredField.InnerList(
            items: components.map { StructuredField.Item(value: .string($0), parameters: []) },
            parameters: [
                .init(name: "created", value: .integer(created)),
                .init(name: "expires", value: .integer(expires ?? created + defaultLifetime)),
                .init(name: "nonce", value: .string(nonce)),
                .init(name: "keyid", value: .string(key.keyIdentifier)),
                .init(name: "alg", value: .string("ed25519")),
                .init(name: "tag", value: .string(policy.tag)),
            ])
        let base = try ParsedHTTPSignature.signatureBase(of: message, components: components, input: input)
        let signature = StructuredField.BareItem.bytes(key.sign(base)).serialized
        return ("\(label)=\(input.serialized)", "\(label)=\(signature)")
    }

    /// Verifies a request's signature and uses up its nonce.
    ///
    /// - Parameters:
    ///   - signatureInput: the `Signature-Input` field's value, `nil` if the request has none.
    ///   - signature: the `Signature` field's value.
    ///   - now: seconds since 1970.
    ///   - resolveKey: the registered key of an identifier; `nil` for one that may not act now.
    /// - Returns: who signed, and the parameters.
    public static func verify(
        signatureInput: String?, signature: String?, components message: HTTPMessageComponents, now: Int64,
        nonceMemory: NonceMemory, policy: HTTPSignaturePolicy = .standard,
        resolveKey: (_ keyIdentifier: String) -> VerificationKey?
    ) throws(HTTPMessageSignatureError) -> HTTPSignatureParameters {
        let found = try select(signatureInput: signatureInput, signature: signature, policy: policy)
        guard let identifier = found.keyIdentifier else { throw .missingParameter("keyid") }
        guard let key = resolveKey(identifier) else { throw .unknownKey(identifier) }
        return try verify(found, components: message, with: key, now: now, nonceMemory: nonceMemory, policy: policy)
    }

    /// The one signature of a request that bears the policy's tag, for a caller that must fetch its key asynchronously
    /// before it calls ``verify(_:components:with:now:nonceMemory:policy:)``.
    public static func select(
        signatureInput: String?, signature: String?, policy: HTTPSignaturePolicy = .standard
    ) throws(HTTPMessageSignatureError) -> ParsedHTTPSignature {
        guard let signatureInput else { throw .missingField("Signature-Input") }
        guard let signature else { throw .missingField("Signature") }
        let ours = try ParsedHTTPSignature.parse(signatureInput: signatureInput, signature: signature)
            .filter { $0.tag == policy.tag }
        guard let found = ours.first else { throw .noSignatureWithTag(policy.tag) }
        guard ours.count == 1 else { throw .severalSignaturesWithTag(policy.tag) }
        return found
    }

    /// Verifies one selected signature with the key of its `keyid`, and uses up its nonce.
    public static func verify(
        _ signature: ParsedHTTPSignature, components message: HTTPMessageComponents, with key: VerificationKey,
        now: Int64, nonceMemory: NonceMemory, policy: HTTPSignaturePolicy = .standard
    ) throws(HTTPMessageSignatureError) -> HTTPSignatureParameters {
        let parameters = try policy.check(signature, of: message, now: now)
        guard parameters.keyIdentifier == key.keyIdentifier else { throw .unknownKey(parameters.keyIdentifier) }
        try signature.verifySignature(of: message, with: key)
        // Last, so that only who holds a registered key can take up memory.
        try nonceMemory.use(parameters, until: policy.lastAcceptance(parameters), now: now)
        return parameters
    }
}
