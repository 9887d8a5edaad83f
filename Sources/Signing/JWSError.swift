/// Why a text is no acceptable JSON Web Signature, or why its signature does not hold.
public enum JWSError: Error, Sendable, Hashable, CustomStringConvertible {
    case tooLong(count: Int, limit: Int)
    /// A compact JWS has exactly three parts.
    case wrongPartCount(Int)
    /// `part` is "header", "payload" or "signature".
    case notBase64URL(part: String)
    case headerTooLong(count: Int, limit: Int)
    /// The protected header is not the JSON object that is accepted here.
    case malformedHeader(reason: String)
    /// Any `alg` but `EdDSA`, in particular `none`.
    case unsupportedAlgorithm(String)
    /// A header member other than `alg`, `typ` and `kid`; `crit` among them.
    case unknownHeaderMember(String)
    case wrongSignatureCount(Int)
    /// The JSON serialisation is not of the accepted form; `reason` names the place.
    case malformedJSON(reason: String)
    case noSuchSignature(index: Int, count: Int)
    /// The same key signed twice.
    case repeatedKey(String)
    case keyMismatch(expected: String, found: String)
    case invalidSignature(keyIdentifier: String)

    public var description: String {
        switch self {
        case .tooLong(let count, let limit): "the signed statement has \(count) bytes; at most \(limit) are accepted"
        case .wrongPartCount(let count): "a compact JWS has three parts separated by dots, this has \(count)"
        case .notBase64URL(let part): "the \(part) of the JWS is not base64url without padding"
        case .headerTooLong(let count, let limit): "the JWS header has \(count) bytes; at most \(limit) are accepted"
        case .malformedHeader(let reason): "the JWS header is not acceptable: \(reason)"
        case .unsupportedAlgorithm(let name): "the JWS header's alg is \"\(name.prefix(32))\"; only EdDSA is accepted"
        case .unknownHeaderMember(let name):
            "the JWS header has the member \"\(name.prefix(32))\"; only alg, typ and kid are accepted"
        case .wrongSignatureCount(let count): "an Ed25519 signature has 64 bytes, this has \(count)"
        case .malformedJSON(let reason): "not a JWS in the general JSON serialisation: \(reason)"
        case .noSuchSignature(let index, let count): "there is no signature number \(index); the JWS has \(count)"
        case .repeatedKey(let identifier): "the key \(identifier) signs more than once"
        case .keyMismatch(let expected, let found): "the JWS names the key \(found), not \(expected)"
        case .invalidSignature(let identifier): "the signature of key \(identifier) does not hold for this content"
        }
    }
}
