import Encoding

/// What the rules need to know of the catalogue, beside the products.
public struct CatalogueState: Sendable, Hashable, Codable {
    /// Whose each external identifier is, by ``ExternalIdentifier/key``.
    public var externalIdentifiers: [ExternalIdentifier: Identifier] = [:]

    public init() {}

    /// The product that an external identifier names, however it is written.
    public func product(_ identifier: ExternalIdentifier) -> Identifier? { externalIdentifiers[identifier.key] }
}
