/// What a node demands of a request's signature beyond its being valid (RFC 9421 section 3.2.1).
public struct HTTPSignaturePolicy: Sendable, Hashable {
    /// The application's `tag`; signatures with another tag are somebody else's.
    public var tag = "hexi"
    /// How old `created` may be, in seconds.
    public var maximumAge: Int64 = 300
    /// How far `created` may lie in the future, in seconds, for clocks that run ahead.
    public var maximumClockSkew: Int64 = 30
    /// How far `expires` may lie after `created`, in seconds.
    public var maximumLifetime: Int64 = 300
    /// Components that every signature covers.
    public var requiredComponents = ["@method", "@authority", "@path", "@query"]
    /// Header fields that must be covered where the request has them. A request with a body must have the first.
    public var requiredFieldsIfPresent = ["content-digest", "idempotency-key"]
    /// How many characters a nonce has.
    public var nonceCounts = 16...128

    public init() {}

    public static let standard = HTTPSignaturePolicy()

    /// The components that a signature of this request must cover.
    public func components(for message: HTTPMessageComponents) throws(HTTPMessageSignatureError) -> [String] {
        if message.hasContent && message.contentDigest == nil { throw .contentDigestMissing }
        return requiredComponents + requiredFieldsIfPresent.filter { message.fields[$0] != nil }
    }

    /// Checks coverage and parameters; the signature itself is not looked at.
    ///
    /// - Parameter now: seconds since 1970.
    func check(
        _ signature: ParsedHTTPSignature, of message: HTTPMessageComponents, now: Int64
    ) throws(HTTPMessageSignatureError) -> HTTPSignatureParameters {
        let parameters = try signature.completeParameters()
        guard parameters.tag == tag else { throw .wrongTag(expected: tag, found: parameters.tag) }
        for component in try components(for: message) where !signature.components.contains(component) {
            throw .componentNotCovered(component)
        }
        guard nonceCounts.contains(parameters.nonce.utf8.count) else {
            throw .wrongNonceCount(parameters.nonce.utf8.count, allowed: nonceCounts)
        }
        let age = now - parameters.created
        guard age <= maximumAge else { throw .tooOld(age: age, limit: maximumAge) }
        guard -age <= maximumClockSkew else { throw .fromFuture(ahead: -age, limit: maximumClockSkew) }
        let lifetime = parameters.expires - parameters.created
        guard lifetime > 0 else { throw .expiresBeforeCreated }
        guard lifetime <= maximumLifetime else { throw .lifetimeTooLong(lifetime, limit: maximumLifetime) }
        guard now <= parameters.expires else { throw .expired(ago: now - parameters.expires) }
        return parameters
    }

    /// The last second at which a signature with these parameters is accepted.
    func lastAcceptance(_ parameters: HTTPSignatureParameters) -> Int64 {
        min(parameters.expires, parameters.created + maximumAge)
    }
}

/// The parameters of a signature (RFC 9421 section 2.3), all of which the exchange requires.
public struct HTTPSignatureParameters: Sendable, Hashable {
    /// When the signature was made, in seconds since 1970.
    public var created: Int64
    /// The last second at which it is valid.
    public var expires: Int64
    /// Never used twice with the same key.
    public var nonce: String
    /// `keyid`: the thumbprint of the signer's key.
    public var keyIdentifier: String
    /// `tag`: the application.
    public var tag: String
}
