/// What runs, in SQL of our own writing.
///
/// The tables lie in the databases d0, d1, … (`main.data` in each), in the order of `CheckedQuery.tables`. Each stage turns rows
/// of protected tables into the table `hexi_shown_0`, `hexi_shown_1`, … of what may be seen; later stages and the final SELECT
/// see only those, beside open tables.
struct QueryPlan: Sendable, Hashable {
    /// One release of protected rows.
    struct Stage: Sendable, Hashable {
        var cells: CellQuery
        /// Which of the query's tables take part, open ones included.
        var tables: [Int]
        /// What must hold before the stage runs.
        var limits: [MultiplicityLimit] = []
    }

    /// At most `limit` rows of a source may share one value of the columns; `sql` gives the largest number that do, as n.
    struct MultiplicityLimit: Sendable, Hashable {
        var sql: String
        var limit: Int
    }

    var stages: [Stage] = []
    /// `SELECT … AS c0, … AS c1 FROM …` with the buyer's HAVING and ORDER BY.
    var result: String
    /// The buyer's LIMIT and OFFSET, a number or a parameter each.
    var limit: String?
    var offset: String?
    /// The stage that the result itself is read from, as against those that only give values on the way.
    var mainStage: Int?
    /// Conversions of constants, each as SQL that stops with an error where the constant is impossible.
    var conversions: [String] = []
    /// In private mode, for each output column that shows an aggregate as it is: the column that holds its error.
    var errorOutputs: [String?] = []

    /// The table that stage i makes.
    static func shown(_ index: Int) -> String { "hexi_shown_\(index)" }
    /// The working table of stage i, which nobody but the disclosure control sees.
    static func cells(_ index: Int) -> String { "hexi_cells_\(index)" }
    /// Catalog, in the engine, of the snapshot of the i-th table.
    static func catalog(_ index: Int) -> String { "d\(index)" }

    /// With every text replaced by another.
    func mapText(_ transform: (String) -> String) -> QueryPlan {
        QueryPlan(
            stages: stages.map { stage in
                Stage(
                    cells: stage.cells.mapText(transform), tables: stage.tables,
                    limits: stage.limits.map { MultiplicityLimit(sql: transform($0.sql), limit: $0.limit) })
            },
            result: transform(result), limit: limit.map(transform), offset: offset.map(transform),
            mainStage: mainStage, conversions: conversions.map(transform), errorOutputs: errorOutputs.map { $0.map(transform) })
    }

    /// The final SELECT whole. Where the buyer set no limit it gives one row more than the cap, so that a result that is too long
    /// is noticed rather than cut.
    func resultStatement(cap: Int) -> String {
        "\(result) LIMIT \(limit ?? String(cap + 1))" + (offset.map { " OFFSET \($0)" } ?? "")
    }
}

extension CellQuery {
    /// With every text of SQL replaced by another.
    func mapText(_ transform: (String) -> String) -> CellQuery {
        var copy = self
        copy.with = transform(with)
        copy.source = transform(source)
        copy.groups = groups.map(transform)
        for index in units.indices { copy.units[index].sql = transform(units[index].sql) }
        for index in aggregates.indices {
            copy.aggregates[index].sql = transform(aggregates[index].sql)
            copy.aggregates[index].contribution = aggregates[index].contribution.map(transform)
            if let taken = aggregates[index].taken { copy.aggregates[index].taken?.sql = transform(taken.sql) }
            copy.aggregates[index].guards = aggregates[index].guards.map { $0.mapText(transform) }
        }
        return copy
    }
}

extension CellGuard {
    func mapText(_ transform: (String) -> String) -> CellGuard {
        switch self {
        case .enoughUnits(let condition): .enoughUnits(where: transform(condition))
        case .noneOrEnoughUnits(let condition): .noneOrEnoughUnits(where: transform(condition))
        case .enoughUnitsBesideAnyValue(let value): .enoughUnitsBesideAnyValue(of: transform(value))
        }
    }
}
