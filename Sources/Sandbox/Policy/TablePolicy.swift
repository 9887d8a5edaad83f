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

/// What a product allows in aggregate mode.
public struct AggregatePolicy: Sendable, Hashable {
    /// How many distinct privacy units every released row must rest on; 1 or more.
    /// A table without a privacy-unit column counts its rows instead; with 1 it is open data and sets no threshold.
    public var minimumGroupSize: Int
    /// The most rows one result may have.
    public var maximumRows: Int
    /// How many rows of another table may meet one row of this one in a join. More would let the other table's owner weigh
    /// chosen rows so heavily that they could be read out of a sum.
    public var maximumJoinMultiplicity: Int

    public init(minimumGroupSize: Int, maximumRows: Int, maximumJoinMultiplicity: Int = 2) {
        self.minimumGroupSize = minimumGroupSize
        self.maximumRows = maximumRows
        self.maximumJoinMultiplicity = maximumJoinMultiplicity
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

    public init(name: String, columns: [ColumnDefinition], aggregate: AggregatePolicy? = nil, rows: RowsPolicy? = nil) {
        self.name = name
        self.columns = columns
        self.aggregate = aggregate
        self.rows = rows
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
}
