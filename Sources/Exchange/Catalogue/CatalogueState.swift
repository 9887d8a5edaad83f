import Encoding

/// What the rules need to know of the catalogue, beside the products.
public struct CatalogueState: Sendable, Hashable, Codable {
    public init() {}
}
