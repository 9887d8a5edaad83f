import Encoding

/// The space's own rules, where a space may choose. The operator sets them by statement, whole, so that they are on the
/// ledger and an auditor decides by the same ones.
///
/// A section that a statement leaves out has the values that it has in a new space.
public struct SpacePolicy: Sendable, Hashable, Codable {
    public var identity = IdentityPolicy()
    public var catalogue = CataloguePolicy()
    public var rights = RightsPolicy()
    public var runs = RunsPolicy()
    public var offline = OfflinePolicy()

    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        if let section = try cursor.optionalMember("identity") { identity = try IdentityPolicy(section) }
        if let section = try cursor.optionalMember("catalogue") { catalogue = try CataloguePolicy(section) }
        if let section = try cursor.optionalMember("rights") { rights = try RightsPolicy(section) }
        if let section = try cursor.optionalMember("runs") { runs = try RunsPolicy(section) }
        if let section = try cursor.optionalMember("offline") { offline = try OfflinePolicy(section) }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("identity", identity.json), ("catalogue", catalogue.json), ("rights", rights.json), ("runs", runs.json),
            ("offline", offline.json),
        ]
    }
}
