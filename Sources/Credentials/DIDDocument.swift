import Encoding
import Signing

/// What an identifier's server says of it: the keys with which it signs (DID core, section 5; the keys as `JsonWebKey`,
/// W3C Controlled Identifiers, section 2.2.3).
public struct DIDDocument: Sendable, Hashable {
    public var identifier: DIDWeb
    public var keys: [VerificationKey]
    /// Other names of the same, such as its identifier in the space's catalogue.
    public var alsoKnownAs: [String]

    public init(identifier: DIDWeb, keys: [VerificationKey], alsoKnownAs: [String] = []) {
        self.identifier = identifier
        self.keys = keys
        self.alsoKnownAs = alsoKnownAs
    }

    public static let mediaType = "application/did+ld+json"

    public var json: JSONValue {
        let names = JSONValue.array(keys.map { .string(identifier.keyURL($0.keyIdentifier)) })
        let methods = keys.map { key -> JSONValue in
            [
                "id": .string(identifier.keyURL(key.keyIdentifier)), "type": "JsonWebKey",
                "controller": .string(identifier.description), "publicKeyJwk": Self.named(key),
            ]
        }
        var object: JSONObject = [
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
            "id": .string(identifier.description),
        ]
        if !alsoKnownAs.isEmpty { object["alsoKnownAs"] = .array(alsoKnownAs.map { .string($0) }) }
        object["verificationMethod"] = .array(methods)
        object["assertionMethod"] = names
        object["authentication"] = names
        return .object(object)
    }

    /// A key with its name, so that a library can pick it out by the `kid` of a signature.
    private static func named(_ key: VerificationKey) -> JSONValue {
        var object = key.jwk.objectValue ?? [:]
        object["kid"] = .string(key.keyIdentifier)
        object["alg"] = "EdDSA"
        return .object(object)
    }
}
