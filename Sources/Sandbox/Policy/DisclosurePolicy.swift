import Encoding
import Policies

/// One of the ready-made disclosure policies in `Policies/documents`, which a product may name instead of writing its own.
public enum DisclosurePolicy: Sendable, Hashable {
    case aggregate(AggregatePolicy)
    /// The product adds which columns.
    case rows(maximumRows: Int)
    /// The product adds the bounds of its columns.
    case `private`(PrivacyPolicy, budget: PrivacyTerms)

    /// - Throws: a mismatch that names the member that is wrong or unknown.
    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        let mode = try cursor.member("mode")
        let maximumRows = Int(try cursor.member("maximumRows").integer(in: 1...10_000_000))
        switch try mode.string() {
        case QueryMode.aggregate.rawValue:
            try cursor.allowMembers(["comment", "mode", "minimumGroupSize", "maximumRows", "maximumJoinMultiplicity"])
            self = .aggregate(
                AggregatePolicy(
                    minimumGroupSize: Int(try cursor.member("minimumGroupSize").integer(in: 1...1_000_000)), maximumRows: maximumRows,
                    maximumJoinMultiplicity: Int(try cursor.member("maximumJoinMultiplicity").integer(in: 1...1000))))
        case QueryMode.rows.rawValue:
            try cursor.allowMembers(["comment", "mode", "maximumRows"])
            self = .rows(maximumRows: maximumRows)
        case QueryMode.private.rawValue:
            self = .private(try PrivacyPolicy(cursor, maximumRows: maximumRows), budget: try PrivacyTerms(cursor))
        case let other: throw mode.mismatch("\"\(other.prefix(64))\" is none of aggregate, rows, private")
        }
    }

    /// The ready-made policy of this name, such as "aggregate-standard"; `nil` where there is none.
    public static func named(_ name: String) -> DisclosurePolicy? {
        guard let document = Policies.disclosure.first(where: { $0.name == name })?.document,
            let value = try? JSONValue.parse(document)
        else { return nil }
        return try? DisclosurePolicy(JSONCursor(value))
    }
}
