import Encoding

/// The space's own rules of rights: public notice, objections and terms.
public struct RightsPolicy: Sendable, Hashable, Codable {
    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {}

    /// As it stands in a `space-policy` statement.
    public var json: JSONValue { [:] }
}
