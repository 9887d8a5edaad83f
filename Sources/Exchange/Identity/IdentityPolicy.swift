import Encoding

/// The space's own rules of identity: review, assurance, keys, staff and alarms.
public struct IdentityPolicy: Sendable, Hashable, Codable {
    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {}

    /// As it stands in a `space-policy` statement.
    public var json: JSONValue { [:] }
}
