import Encoding

/// Why something is no acceptable credential, status list or identifier, or why a credential does not hold.
public enum CredentialError: Error, Sendable, Hashable, CustomStringConvertible {
    case tooLong(count: Int, limit: Int)
    /// Not a JWS in the compact form, or one whose header says something else than is accepted.
    case malformed(String)
    /// The credential's document breaks the data model.
    case invalid(JSONMismatch)
    case wrongKey(expected: String, found: String)
    case badSignature(keyIdentifier: String)
    case notYetValid(from: Timestamp)
    case expired(Timestamp)
    case badStatusList(String)
    case badIdentifier(String)

    public var description: String {
        switch self {
        case .tooLong(let count, let limit): "the credential has \(count) bytes; at most \(limit) are accepted"
        case .malformed(let reason): "not a credential in the form vc+jwt: \(reason)"
        case .invalid(let mismatch): "the credential is invalid at \(mismatch)"
        case .wrongKey(let expected, let found): "the credential names the key \(found.prefix(300)), not \(expected)"
        case .badSignature(let identifier): "the signature of the key \(identifier.prefix(300)) does not hold for this credential"
        case .notYetValid(let time): "the credential is valid from \(time) only"
        case .expired(let time): "the credential was valid until \(time)"
        case .badStatusList(let reason): "the status list is not acceptable: \(reason)"
        case .badIdentifier(let reason): reason
        }
    }
}
