import Exchange
import Signing

/// Somebody with a key, registered or not.
public struct Party: Sendable {
    public let name: String
    public let key: SigningKey
    /// Set by registering.
    public var identifier: Identifier

    public init(name: String, key: SigningKey, identifier: Identifier) {
        self.name = name
        self.key = key
        self.identifier = identifier
    }
}

/// Why a fixture could not do what a test asked of it. A test that expects a refusal catches `Refusal` instead.
public struct FixtureError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

extension SigningKey {
    /// The key of a seed of 32 equal bytes.
    public static func numbered(_ number: UInt8) throws -> SigningKey {
        try SigningKey(seed: [UInt8](repeating: number, count: 32))
    }
}
