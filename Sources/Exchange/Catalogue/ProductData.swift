/// The part of a listing that queries need: the snapshot, the ways in which it may be used, and the price.
///
/// A listing without it is an entry of the catalogue only: an item of a directory, a service, a report.
public struct ProductData: Sendable, Hashable, Codable {
    /// SHA-256 of the snapshot, lower-case hexadecimal.
    public var snapshot: String
    public var rowCount: Int64
    public var columns: [ProductColumn]
    public var aggregate: AggregateTerms?
    public var rows: RowsTerms?
    /// Named apart from the mode `private`, which is a word of the language.
    public var privacy: PrivateTerms?
    public var match: MatchTerms?
    public var metrics: MetricsTerms?
    /// Minor units of the space's currency for each run.
    public var pricePerRun: Int64

    public init(
        snapshot: String, rowCount: Int64, columns: [ProductColumn], aggregate: AggregateTerms?, rows: RowsTerms?,
        pricePerRun: Int64
    ) {
        self.snapshot = snapshot
        self.rowCount = rowCount
        self.columns = columns
        self.aggregate = aggregate
        self.rows = rows
        self.pricePerRun = pricePerRun
    }

    public func offers(_ mode: QueryMode) -> Bool {
        switch mode {
        case .aggregate: aggregate != nil
        case .rows: rows != nil
        case .private: privacy != nil
        case .match: match != nil
        case .metrics: metrics != nil
        }
    }
}
