/// One column of a listed product.
public struct ColumnDefinition: Sendable, Hashable {
    public var name: String
    /// The DuckDB type, as `importTable` reported it, such as `BIGINT`.
    public var type: String
    public var role: ColumnRole

    public init(name: String, type: String, role: ColumnRole) {
        self.name = name
        self.type = type
        self.role = role
    }
}

/// What a product allows in rows mode: named columns of data that names nobody.
public struct RowsPolicy: Sendable, Hashable {
    public var columns: [String]
    public var maximumRows: Int

    public init(columns: [String], maximumRows: Int) {
        self.columns = columns
        self.maximumRows = maximumRows
    }
}

/// A table as a query may see it.
public struct TablePolicy: Sendable, Hashable {
    /// The name by which the buyer's SQL calls the table.
    public var name: String
    public var columns: [ColumnDefinition]
    /// `nil` where the product does not offer aggregates.
    public var aggregate: AggregatePolicy?
    /// `nil` where the product does not offer rows.
    public var rows: RowsPolicy?
    /// `nil` where the product does not offer differentially private answers.
    public var privacy: PrivacyPolicy?
    /// `nil` where the product does not answer about single subjects.
    public var match: MatchPolicy?
    /// Who provides the table. Tables of one owner may be joined freely, since nobody but the owner could shape one of them to
    /// read out the other.
    public var owner: String

    public init(
        name: String, columns: [ColumnDefinition], aggregate: AggregatePolicy? = nil, rows: RowsPolicy? = nil,
        privacy: PrivacyPolicy? = nil, match: MatchPolicy? = nil, owner: String = ""
    ) {
        self.name = name
        self.columns = columns
        self.aggregate = aggregate
        self.rows = rows
        self.privacy = privacy
        self.match = match
        self.owner = owner.isEmpty ? name : owner
    }

    var privacyUnits: [Int] { columns.indices.filter { columns[$0].role == .privacyUnit } }

    /// Whether the table needs a smallest group: it names somebody, or its owner set one.
    var isProtected: Bool { !privacyUnits.isEmpty || (aggregate?.minimumGroupSize ?? 1) > 1 }
}

/// How much of a product leaves by a query.
public enum QueryMode: String, Sendable, Hashable, CaseIterable {
    /// Only aggregates over groups that are large enough.
    case aggregate
    /// Named columns of non-sensitive data, row by row.
    case rows
    /// Aggregates with noise, under differential privacy.
    case `private`
    /// Yes, no or a band for one consented subject.
    case match
}
