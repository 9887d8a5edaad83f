/// Why the signature of an HTTP request is refused. Each case has its own sentence, so that whoever writes a client
/// knows what to mend.
public enum HTTPMessageSignatureError: Error, Sendable, Hashable, CustomStringConvertible {
    // The header fields' form.
    case missingField(String)
    case fieldTooLong(name: String, count: Int, limit: Int)
    case malformedField(name: String, reason: String, offset: Int)
    case missingSignature(label: String)
    case wrongSignatureCount(Int)
    case noSignatureWithTag(String)
    case severalSignaturesWithTag(String)

    // What is covered.
    case tooManyComponents(limit: Int)
    case repeatedComponent(String)
    case unsupportedComponent(String)
    case fieldAbsent(String)
    case componentNotSignable(String)
    case componentNotCovered(String)
    case contentDigestMissing

    // The parameters.
    case missingParameter(String)
    case wrongParameterType(name: String, expected: String)
    case unknownParameter(String)
    case unsupportedAlgorithm(String)
    case wrongTag(expected: String, found: String)
    case wrongNonceCount(Int, allowed: ClosedRange<Int>)
    case tooOld(age: Int64, limit: Int64)
    case fromFuture(ahead: Int64, limit: Int64)
    case expiresBeforeCreated
    case lifetimeTooLong(Int64, limit: Int64)
    case expired(ago: Int64)

    // The key, the signature, and what was seen before.
    case unknownKey(String)
    case invalidSignature(keyIdentifier: String)
    case replayed
    case createdBeforeStart
    case nonceMemoryFull
    case tooManyRequests(keyIdentifier: String)

    public var description: String { formDescription ?? coverageDescription ?? parameterDescription ?? keyDescription }

    private var formDescription: String? {
        switch self {
        case .missingField(let name): "the request is not signed: it has no \(name) field"
        case .fieldTooLong(let name, let count, let limit): "the \(name) field has \(count) bytes; at most \(limit) are accepted"
        case .malformedField(let name, let reason, let offset): "the \(name) field is not well formed at byte \(offset): \(reason)"
        case .missingSignature(let label): "the Signature field has no member \"\(label)\" for the one in Signature-Input"
        case .wrongSignatureCount(let count): "an Ed25519 signature has 64 bytes, this has \(count)"
        case .noSignatureWithTag(let tag): "no signature of the request has the parameter tag=\"\(tag)\""
        case .severalSignaturesWithTag(let tag): "more than one signature of the request has the parameter tag=\"\(tag)\"; send one"
        default: nil
        }
    }

    private var coverageDescription: String? {
        switch self {
        case .tooManyComponents(let limit): "the signature covers more than \(limit) components"
        case .repeatedComponent(let name): "the signature covers \"\(name)\" twice"
        case .unsupportedComponent(let name): "the signature covers \"\(name)\", which is not supported here"
        case .fieldAbsent(let name): "the signature covers the field \"\(name)\", which the request does not have"
        case .componentNotSignable(let name): "\"\(name)\" has characters other than printable ASCII, which a signature cannot cover"
        case .componentNotCovered(let name): "the signature does not cover \"\(name)\", which it must"
        case .contentDigestMissing: "the request has a body but no Content-Digest field; add sha-256=:…: and sign it"
        default: nil
        }
    }

    private var parameterDescription: String? {
        switch self {
        case .missingParameter(let name): "the signature lacks the parameter \"\(name)\""
        case .wrongParameterType(let name, let expected): "the signature's parameter \"\(name)\" must be \(expected)"
        case .unknownParameter(let name): "the signature has the unknown parameter \"\(name)\""
        case .unsupportedAlgorithm(let name): "the signature's alg is \"\(name.prefix(32))\"; only ed25519 is accepted"
        case .wrongTag(let expected, let found): "the signature's tag is \"\(found.prefix(32))\"; expected \"\(expected)\""
        case .wrongNonceCount(let count, let allowed):
            "the signature's nonce has \(count) characters; expected \(allowed.lowerBound) to \(allowed.upperBound)"
        case .tooOld(let age, let limit): "the signature was made \(age) s ago; at most \(limit) s are accepted (check the clock, sign again)"
        case .fromFuture(let ahead, let limit): "the signature was made \(ahead) s in the future; at most \(limit) s are accepted (check the clock)"
        case .expiresBeforeCreated: "the signature's expires is not after its created"
        case .lifetimeTooLong(let seconds, let limit): "the signature is valid for \(seconds) s; at most \(limit) s are accepted"
        case .expired(let ago): "the signature expired \(ago) s ago; sign again"
        default: nil
        }
    }

    private var keyDescription: String {
        switch self {
        case .unknownKey(let identifier): "the key \"\(identifier.prefix(64))\" is not registered here"
        case .invalidSignature(let identifier): "the signature of key \"\(identifier.prefix(64))\" does not hold for this request"
        case .replayed: "this signed request was received before; sign again with a new nonce"
        case .createdBeforeStart: "the signature was made before this node started; sign again"
        case .nonceMemoryFull: "the node has too many signed requests to remember; try again in a few minutes"
        case .tooManyRequests(let identifier): "the key \"\(identifier.prefix(64))\" sends too many requests; try again in a few minutes"
        default: "the request's signature is refused"
        }
    }
}
