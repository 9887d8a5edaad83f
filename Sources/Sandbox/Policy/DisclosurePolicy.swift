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
            self = .aggregate(try AggregatePolicy(cursor, maximumRows: maximumRows))
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

extension AggregatePolicy {
    /// The members that a policy document shares with a listing's terms. Options that are not there are off.
    fileprivate init(_ cursor: JSONCursor, maximumRows: Int) throws(JSONMismatch) {
        try cursor.allowMembers([
            "comment", "mode", "minimumGroupSize", "maximumRows", "maximumJoinMultiplicity", "dominance", "priorPosteriorPercent",
            "countBase", "significantDigits", "perturbation", "differencing", "extremes",
        ])
        func number(_ name: String, in range: ClosedRange<Int64>) throws(JSONMismatch) -> Int? {
            guard let member = try cursor.optionalMember(name) else { return nil }
            return Int(try member.integer(in: range))
        }
        self.init(
            minimumGroupSize: Int(try cursor.member("minimumGroupSize").integer(in: 1...1_000_000)), maximumRows: maximumRows,
            maximumJoinMultiplicity: Int(try cursor.member("maximumJoinMultiplicity").integer(in: 1...1000)))
        if let member = try cursor.optionalMember("dominance") {
            try member.allowMembers(["contributors", "percent"])
            dominance = Dominance(
                contributors: Int(try member.member("contributors").integer(in: 1...5)),
                percent: Int(try member.member("percent").integer(in: 1...100)))
        }
        priorPosteriorPercent = try number("priorPosteriorPercent", in: 1...100)
        countBase = try number("countBase", in: 1...1_000_000)
        significantDigits = try number("significantDigits", in: 1...15)
        perturbation = try number("perturbation", in: 1...10)
        isDifferencingChecked = try cursor.optionalMember("differencing")?.bool() ?? false
        allowsExtremes = try cursor.optionalMember("extremes")?.bool() ?? false
    }
}
