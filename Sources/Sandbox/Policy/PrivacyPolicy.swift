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
