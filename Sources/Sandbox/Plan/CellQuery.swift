/// One release of protected rows: how they are grouped into cells, and what is computed of each cell.
///
/// Everything is text of SQL that stands in one scope, written from checked expressions only (`SQLWriter`); an expression here
/// gives NULL where it would fail on a row. What may be seen of the cells is for the disclosure control to say: it makes its own
/// statements around these fragments.
struct CellQuery: Sendable, Hashable {
    /// One protected table's privacy unit, as an expression over the rows.
    struct Unit: Sendable, Hashable {
        /// NULL where the row has none (the missing side of a LEFT JOIN).
        var sql: String
        /// The policy's name of the table.
        var table: String
        /// Whether the table names nobody and its rows themselves are counted.
        var isRow: Bool
        /// For messages, such as "visits.patient" or "rows of visits".
        var name: String
    }

    /// `WITH …` with a space behind it, or empty.
    var with: String
    /// `FROM …`, with its joins and WHERE.
    var source: String
    /// The groups g0, g1, ….
    var groups: [String]
    /// Which groups are taken together: indices into `groups`. `[[0, 1]]` for GROUP BY a, b; `[[]]` without GROUP BY; several for
    /// ROLLUP, CUBE and GROUPING SETS, whose results stand in one table where left-out groups are NULL.
    var groupingSets: [[Int]]
    /// Empty where no protected table takes part: then there is no threshold.
    var units: [Unit]
    /// a0, a1, ….
    var aggregates: [CellAggregate]
    /// The smallest cell, in distinct units of each protected table; the largest that a table asks for.
    var minimumGroupSize: Int

    /// The FROM and GROUP BY that lie behind every cell.
    var hasGroupingSets: Bool { groupingSets.count > 1 }
}

/// One aggregate of a cell.
struct CellAggregate: Sendable, Hashable {
    /// The statistic, which decides how it is protected.
    enum Statistic: String, Sendable, Hashable {
        /// Rows, or rows with a value.
        case count
        /// Distinct values, exactly or nearly.
        case distinctCount
        /// A sum of what the rows contribute; `contribution` is one row's.
        case sum
        /// A mean; `contribution` is one row's value.
        case mean
        /// Variance and standard deviation; `contribution` is one row's value.
        case spread
        /// Covariance, correlation, regression.
        case relation
        /// A row's own value: minimum, maximum.
        case extreme
        /// A quantile or median.
        case quantile
    }

    var statistic: Statistic
    /// The whole call, such as `sum(TRY(t0."fare"))`.
    var sql: String
    /// The kind of its value.
    var kind: ValueKind
    /// What one row adds (sum) or weighs (mean, spread), as a number or NULL; `nil` for other statistics.
    var contribution: String?
    /// Conditions beyond the cell's own size.
    var guards: [CellGuard] = []
    /// What it takes of each row, for private mode, which adds up otherwise; `nil` where it takes the row itself.
    var taken: TakenValue?
}

/// A condition on what one value rests on, beside the size of its cell.
enum CellGuard: Sendable, Hashable {
    /// For each unit, so many distinct units among the rows that meet the condition (SQL).
    case enoughUnits(where: String)
    /// No row meets the condition, or enough units do.
    case noneOrEnoughUnits(where: String)
    /// For each unit, whatever the value of the expression (SQL, NULL for rows that do not count), enough units have another one.
    case enoughUnitsBesideAnyValue(of: String)
}
