import DifferentialPrivacy

/// What a query in private mode measures, and how its aggregates are made of that.
///
/// Everything here follows from the query and the policies, never from rows.
struct PrivatePlan: Sendable, Hashable {
    /// One number of each group. Of each unit at most so much goes in: one, or the contributions of R rows.
    enum Measure: Sendable, Hashable {
        /// Distinct privacy units.
        case units
        case rows
        /// Rows that have the i-th value.
        case present(Int)
        /// The i-th value, in steps of its grid.
        case sum(Int)
        /// The i-th value's distance from the middle of its range, in steps.
        case centredSum(Int)
    }

    /// What aggregates take of a row.
    struct Value: Sendable, Hashable {
        var sql: String
        /// `nil` where only its presence is counted.
        var grid: ValueGrid?
    }

    /// How an aggregate is made of measures, by their indices.
    enum Answer: Sendable, Hashable {
        case count(measure: Int)
        case sum(measure: Int, grid: ValueGrid, isWhole: Bool)
        case mean(sum: Int, count: Int, grid: ValueGrid)
    }

    /// A group of fewer units is never shown, and never leaves the engine.
    static let smallestGroup = 5

    let cells: CellQuery
    let unit: CellQuery.Unit
    private(set) var values: [Value] = []
    private(set) var measures: [Measure] = []
    /// One for each aggregate, in order.
    private(set) var answers: [Answer] = []
    /// L0: in how many groups a unit counts; 1 without GROUP BY.
    let groupsPerUnit: Int
    /// R: how many rows of a unit count in one group.
    let rowsPerUnit: Int
    /// δ of the run is 10^−n / 2,000: a thousand runs have half of the period's δ, the conversion from ρ the other half.
    let deltaExponent: Int

    /// - Throws: a refusal where private mode cannot answer the query.
    init(_ plan: QueryPlan, tables: [TablePolicy]) throws(QueryRefusal) {
        guard tables.contains(where: \.isProtected) else {
            throw QueryRefusal(
                .modeNotOffered, "no table of the query names a privacy unit, so there is nothing that noise would protect",
                hint: "use aggregate mode")
        }
        guard plan.stages.count == 1, let stage = plan.stages.first, stage.cells.groupingSets.count <= 1 else {
            throw QueryRefusal(
                .syntaxNotAllowed, "private mode answers one grouping of the rows in one query",
                hint: "no aggregate below another aggregate, no ROLLUP, CUBE or GROUPING SETS; ask in several queries")
        }
        cells = stage.cells
        guard let unit = cells.units.first, cells.units.count == 1, !unit.isRow else {
            throw QueryRefusal(
                .modeNotOffered,
                "private mode protects one privacy-unit column, and this query has \(cells.units.map(\.name).joined(separator: " and "))",
                hint: "ask of one protected table at a time, or join several of one owner by their privacy unit")
        }
        self.unit = unit
        let policies = tables.filter(\.isProtected).compactMap(\.privacy)
        guard policies.count == tables.count(where: \.isProtected), let first = policies.first else {
            throw QueryRefusal(.modeNotOffered, "not every protected table of the query offers private mode")
        }
        groupsPerUnit = cells.groups.isEmpty ? 1 : policies.reduce(first.maximumGroupsPerUnit) { min($0, $1.maximumGroupsPerUnit) }
        rowsPerUnit = policies.reduce(first.maximumRowsPerUnit) { min($0, $1.maximumRowsPerUnit) }
        deltaExponent = policies.reduce(first.deltaExponent) { max($0, $1.deltaExponent) }
        // Which groups are shown depends on how many units they have.
        if !cells.groups.isEmpty { _ = measure(.units) }
        for aggregate in cells.aggregates { answers.append(try answer(aggregate)) }
        // A query of group names alone, or of nothing: something must be measured for noise to be spent on.
        if measures.isEmpty { _ = measure(.units) }
    }

    private mutating func measure(_ measure: Measure) -> Int {
        if let known = measures.firstIndex(of: measure) { return known }
        measures.append(measure)
        return measures.count - 1
    }

    private mutating func value(_ value: Value) -> Int {
        // count(x) and avg(x) count the same rows.
        if let known = values.firstIndex(where: { $0.sql == value.sql }) {
            if values[known].grid == nil { values[known].grid = value.grid }
            return known
        }
        values.append(value)
        return values.count - 1
    }

    private mutating func answer(_ aggregate: CellAggregate) throws(QueryRefusal) -> Answer {
        if aggregate.statistic == .distinctCount, aggregate.taken?.sql == unit.sql { return .count(measure: measure(.units)) }
        let isDistinct = aggregate.taken?.isDistinct ?? false
        switch aggregate.statistic {
        case .count where !isDistinct:
            guard let taken = aggregate.taken else { return .count(measure: measure(.rows)) }
            return .count(measure: measure(.present(value(Value(sql: taken.sql)))))
        case .sum where !isDistinct:
            let grid = try grid(aggregate)
            let index = value(Value(sql: aggregate.taken?.sql ?? "NULL", grid: grid))
            return .sum(measure: measure(.sum(index)), grid: grid, isWhole: aggregate.kind == .integer)
        case .mean where !isDistinct:
            let grid = try grid(aggregate)
            let index = value(Value(sql: aggregate.taken?.sql ?? "NULL", grid: grid))
            return .mean(sum: measure(.centredSum(index)), count: measure(.present(index)), grid: grid)
        default:
            throw QueryRefusal(
                .functionNotAllowed, "private mode has no answer with a stated error for \(Self.written(aggregate))",
                piece: Self.function(aggregate), hint: "it offers count, count(DISTINCT \(unit.name)), sum and avg")
        }
    }

    private func grid(_ aggregate: CellAggregate) throws(QueryRefusal) -> ValueGrid {
        guard let taken = aggregate.taken, let range = taken.range else {
            throw QueryRefusal(
                .columnRole, "private mode can add up only values whose least and greatest value the policy declares",
                piece: Self.function(aggregate),
                hint: "bounds are declared for columns, and carry through +, −, ×, a constant divisor, CASE and coalesce")
        }
        guard let grid = ValueGrid(range) else {
            throw QueryRefusal(
                .policyInvalid, "values from \(range.lower) to \(range.upper) are beyond exact arithmetic",
                piece: Self.function(aggregate))
        }
        return grid
    }

    private static func function(_ aggregate: CellAggregate) -> String {
        String(aggregate.sql.prefix { $0 != "(" })
    }

    private static func written(_ aggregate: CellAggregate) -> String {
        function(aggregate) + (aggregate.taken?.isDistinct == true ? "(DISTINCT …)" : "(…)")
    }

    /// By how much one unit can change each measure in one group.
    var sensitivities: [UInt128] {
        measures.map { measure in
            let rows = UInt128(max(rowsPerUnit, 1))
            return switch measure {
            case .units: 1
            case .rows, .present: rows
            case .sum(let index): rows * UInt128(values[index].grid?.reach ?? 1)
            case .centredSum(let index): rows * UInt128(values[index].grid?.centredReach ?? 1)
            }
        }
    }

    /// Of one run.
    var delta: Double {
        (0..<min(max(deltaExponent, 0), 30)).reduce(1 / 2000) { delta, _ in delta / 10 }
    }
}
