import Encoding

/// JSON Web Signature (RFC 7515) with EdDSA (RFC 8037): how every statement of the exchange is signed.
public enum JWS {
    /// The longest JWS that is read, in bytes, unless the caller says otherwise.
    public static let maximumCount = 1 << 20

    /// The compact serialisation (RFC 7515 section 7.1), with `kid` the key's thumbprint.
    ///
    /// - Parameter type: the `typ` header member, which names the kind of statement so that a signature for one kind
    ///   never passes as another; 1 to 128 printable ASCII characters.
    public static func sign(payload: [UInt8], type: String, key: SigningKey) -> String {
        let header = JWSHeader(type: type, keyIdentifier: key.keyIdentifier)
        let encodedPayload = Base64.encodeURL(payload)
        let signature = key.sign(header.signingInput(payload: encodedPayload))
        return "\(header.encoded).\(encodedPayload).\(Base64.encodeURL(signature))"
    }
}
