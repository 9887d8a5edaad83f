import Encoding

/// The space's own rules of the catalogue: what may be listed, and how it is reviewed.
public struct CataloguePolicy: Sendable, Hashable, Codable {
    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {}

    /// As it stands in a `space-policy` statement.
    public var json: JSONValue { [:] }
}
