import Encoding

/// What a product allows in private mode.
public struct PrivacyPolicy: Sendable, Hashable {
    /// In how many groups of one query a privacy unit may count; 1 or more.
    public var maximumGroupsPerUnit: Int
    /// How many rows of a unit may count in one group; 1 or more.
    public var maximumRowsPerUnit: Int
    /// Least and greatest value of a column that may be summed; values beyond are clamped. By column name.
    public var bounds: [String: ClosedRange<Double>]
    /// The most rows one result may have.
    public var maximumRows: Int
    /// δ of all runs of one buyer in one period is 10 to the power of minus this; 4 to 15.
    public var deltaExponent: Int

    public init(
        maximumGroupsPerUnit: Int, maximumRowsPerUnit: Int, bounds: [String: ClosedRange<Double>], maximumRows: Int, deltaExponent: Int
    ) {
        self.maximumGroupsPerUnit = maximumGroupsPerUnit
        self.maximumRowsPerUnit = maximumRowsPerUnit
        self.bounds = bounds
        self.maximumRows = maximumRows
        self.deltaExponent = deltaExponent
    }
}

/// How much of a product one buyer may spend in private mode. Held by the rules of exchange, not by the sandbox.
public struct PrivacyTerms: Sendable, Hashable {
    /// In thousandths, for a whole period.
    public var epsilon: Int
    public var periodDays: Int
    /// In thousandths.
    public var maximumEpsilonPerRun: Int

    public init(epsilon: Int, periodDays: Int, maximumEpsilonPerRun: Int) {
        self.epsilon = epsilon
        self.periodDays = periodDays
        self.maximumEpsilonPerRun = maximumEpsilonPerRun
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        epsilon = Int(try cursor.member("epsilon").integer(in: 1...100_000))
        periodDays = Int(try cursor.member("periodDays").integer(in: 1...3660))
        maximumEpsilonPerRun = Int(try cursor.member("maximumEpsilonPerRun").integer(in: 1...100_000))
    }
}

extension PrivacyPolicy {
    /// The members of a policy document; it declares no bounds, since these belong to columns.
    init(_ cursor: JSONCursor, maximumRows: Int) throws(JSONMismatch) {
        try cursor.allowMembers([
            "comment", "mode", "epsilon", "deltaExponent", "periodDays", "maximumEpsilonPerRun", "maximumGroupsPerUnit",
            "maximumRowsPerUnit", "maximumRows",
        ])
        self.init(
            maximumGroupsPerUnit: Int(try cursor.member("maximumGroupsPerUnit").integer(in: 1...1000)),
            maximumRowsPerUnit: Int(try cursor.member("maximumRowsPerUnit").integer(in: 1...100_000)), bounds: [:],
            maximumRows: maximumRows, deltaExponent: Int(try cursor.member("deltaExponent").integer(in: 4...15)))
    }
}
