/// Finds the cells in whose sums one unit, or a few, weigh too much.
///
/// Two rules of official statistics (Cox, "Suppression methodology and statistical disclosure control", JASA 76, 1981;
/// Hundepool et al., Statistical Disclosure Control, Wiley 2012, §4.2.2). *(n,k) dominance*: the n largest units hold at most k per
/// cent of the total. *p %*: what is left beside the two largest units is at least p per cent of the largest, so that the
/// second cannot estimate the first to within p per cent.
///
/// A unit's contribution is the absolute value of the sum over its rows, since that sum is what can be learnt of it. For
/// variances the squares are looked at too. Since two sums of one cell can be subtracted from each other, the differences
/// of every two contributions are tested like contributions of their own; and where one fails, every value of the cell
/// that is more than a count is blanked, because sums, means and spreads determine one another.
struct ConcentrationTest: Sendable {
    /// The name of its working table: g…, gid, `ok`, and `weights`: for each kind of unit and each tested sum `figures`.
    let table: String
    private let query: CellQuery
    private let rules: DisclosureRules
    /// What one row adds to each tested sum, as DOUBLE or NULL.
    let contributions: [String]

    /// `nil` where no rule asks, nobody is protected, or nothing is summed.
    init?(_ query: CellQuery, rules: DisclosureRules, table: String) {
        guard rules.limitsConcentration, !query.units.isEmpty else { return nil }
        var single: [String] = []
        var squares: [String] = []
        for aggregate in query.aggregates {
            guard let written = aggregate.contribution else { continue }
            let number = "CAST(\(written) AS DOUBLE)"
            let finite = "CASE WHEN isfinite(\(number)) THEN \(number) END"
            if !single.contains(finite) { single.append(finite) }
            let square = "\(finite) * \(finite)"
            if aggregate.statistic == .spread, !squares.contains(square) { squares.append(square) }
        }
        guard !single.isEmpty else { return nil }
        var tested = single + squares
        for (index, one) in single.enumerated() {
            for other in single[..<index] { tested.append("coalesce(\(one), 0) - coalesce(\(other), 0)") }
        }
        contributions = tested
        self.query = query
        self.rules = rules
        self.table = table
    }

    /// How many units each (n,k) rule takes together.
    private var counts: [Int] { rules.dominance.map { min(max($0.contributors, 1), 5) } }

    /// Figures of each tested sum: the signed sum, the sum of absolute contributions, the largest, the two largest
    /// together, then for each (n,k) rule the n largest together.
    var figures: Int { 4 + counts.count }

    /// Whether the figures of a sum, in their order, meet every rule.
    func passes(_ figures: [Double]) -> Bool {
        guard figures.count == self.figures, figures.allSatisfy(\.isFinite) else { return false }
        let isBroad = rules.dominance.indices.allSatisfy { index in
            figures[4 + index] * 100 <= figures[1] * Double(rules.dominance[index].percent)
        }
        guard let percent = rules.priorPosteriorPercent else { return isBroad }
        return isBroad && (figures[1] - figures[3]) * 100 >= figures[2] * Double(percent)
    }

    /// The same as SQL over one sum's columns.
    private func test(_ index: Int) -> String {
        var tests = rules.dominance.enumerated().map { "f\(index)[\($0 + 5)] * 100 <= f\(index)[2] * \($1.percent)" }
        if let percent = rules.priorPosteriorPercent {
            tests.append("(f\(index)[2] - f\(index)[4]) * 100 >= f\(index)[3] * \(percent)")
        }
        return "(" + tests.joined(separator: " AND ") + ")"
    }

    /// The statement that makes the working table.
    var creation: String {
        let keys = query.keyNames
        let parts = query.units.enumerated().map { part($1, index: $0) }
        let columns = (keys + ["bool_and(ok) AS ok", "flatten(list(weights ORDER BY k)) AS weights"]).joined(separator: ", ")
        let grouping = keys.isEmpty ? "" : " GROUP BY " + keys.joined(separator: ", ")
        return "CREATE TABLE \(table) AS \(query.with)SELECT \(columns) FROM (\(parts.joined(separator: " UNION ALL ")))\(grouping)"
    }

    /// One kind of unit: first each unit's sums in each cell, then each cell's figures, then the test of them.
    private func part(_ unit: CellQuery.Unit, index: Int) -> String {
        var items = query.keys
        items += ["\(unit.sql) AS u"] + contributions.enumerated().map { "sum(\($1)) AS v\($0)" }
        let units = "SELECT \(items.joined(separator: ", ")) \(query.source)\(query.grouping(and: unit.sql))"
        let keys = query.keyNames
        let figures = contributions.indices.map { "\(list(of: "v\($0)")) AS f\($0)" }
        let cells = "SELECT \((keys + figures).joined(separator: ", ")) FROM (\(units)) WHERE u IS NOT NULL"
            + (keys.isEmpty ? "" : " GROUP BY " + keys.joined(separator: ", "))
        let tests = contributions.indices.map(test).joined(separator: " AND ")
        let weights = "flatten([\(contributions.indices.map { "f\($0)" }.joined(separator: ", "))])"
        return "SELECT \((keys + ["\(index) AS k", "\(tests) AS ok", "\(weights) AS weights"]).joined(separator: ", ")) FROM (\(cells))"
    }

    private func list(of value: String) -> String {
        // A sum over no value at all is 0, and nobody weighs in it.
        func together(_ count: Int) -> String { "coalesce(list_sum(max(abs(\(value)), \(count))), 0)" }
        let all = ["coalesce(sum(\(value)), 0)", "coalesce(sum(abs(\(value))), 0)", together(1), together(2)] + counts.map(together)
        return "[\(all.joined(separator: ", "))]"
    }

    /// When the i-th aggregate's value may be seen, as SQL beside the cells.
    func condition(_ aggregate: Int) -> String? {
        switch query.aggregates[aggregate].statistic {
        case .count, .distinctCount: nil
        case .sum, .mean, .spread, .relation, .extreme, .quantile: "\(table).ok"
        }
    }

    /// Joins the working table to the cells.
    func join(to cells: String) -> String {
        query.join(table, to: cells)
    }
}
