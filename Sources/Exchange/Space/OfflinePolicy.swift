import Encoding

/// The space's own rules of exchange by file, for networks that are physically apart.
public struct OfflinePolicy: Sendable, Hashable, Codable {
    /// The most that a policy can allow.
    public static let longestDays: Int64 = 90

    /// How many days a statement may be valid for, from when it was signed; 0 to 90. With 0 none may bear `acceptUntil`. The
    /// state remembers such statements for as long, so that none is recorded twice.
    public var maximumDays: Int64 = 30

    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        if let days = try cursor.optionalMember("maximumDays")?.integer(in: 0...Self.longestDays) { maximumDays = days }
    }

    /// As it stands in a `space-policy` statement.
    public var json: JSONValue { ["maximumDays": .integer(maximumDays)] }
}
