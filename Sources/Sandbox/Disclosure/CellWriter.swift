/// Writes the statements around the fragments of one `CellQuery`.
struct CellWriter: Sendable {
    let query: CellQuery
    let rules: DisclosureRules
    /// The working table's name.
    let cells: String
    let supports: CellSupports
    /// The concentration of contributions, where a rule asks for it.
    let concentration: ConcentrationTest?

    init(query: CellQuery, rules: DisclosureRules, cells: String) {
        self.query = query
        self.rules = rules
        self.cells = cells
        supports = CellSupports(query)
        concentration = ConcentrationTest(query, rules: rules, table: cells + "_weights")
    }

    // MARK: Cells

    /// The table of all cells, small ones included: g…, gid, a…, s… and the sketches b….
    var creation: String {
        var items = query.keys
        items += query.aggregates.enumerated().map { "\($1.sql) AS a\($0)" }
        items += supports.expressions.enumerated().map { "\($1) AS s\($0)" }
        if hasSketches { items += query.units.indices.map { "\(sketch(query.units[$0])) AS b\($0)" } }
        if rules.perturbation > 0 || items.isEmpty { items.append("count(*) AS n") }
        return "CREATE TABLE \(cells) AS \(query.with)SELECT \(items.joined(separator: ", ")) \(query.source)\(query.grouping())"
    }

    /// Statements that make a table from which the same is shown, as cheaply as may be.
    var creationStatements: [String] { CellProof(query, supports: supports, rules: rules, cells: cells)?.statements ?? [creation] }

    /// Without groups there is one cell, and nothing to say about suppressed ones.
    var hasSketches: Bool { !query.groups.isEmpty }

    /// Bits of the sketch of a cell's units: each unit sets one, so the bits set are never more than the units.
    static func sketchBits(_ minimum: Int) -> Int { min(max(min(minimum, 4096) * 8, 64), 4096) }

    private func sketch(_ unit: CellQuery.Unit) -> String {
        let bits = Self.sketchBits(query.minimumGroupSize)
        let bit = "CASE WHEN \(unit.sql) IS NOT NULL THEN CAST(hash(\(unit.sql)) % \(bits) AS INTEGER) END"
        return "bitstring_agg(\(bit), 0, \(bits - 1))"
    }

    // MARK: What may be seen

    /// Groups shown, groups suppressed, and for each unit a lower bound of how many of it the suppressed groups hold.
    func summary(isShown: String) -> String {
        var parts = ["count(*) FILTER (WHERE \(isShown))", "count(*) FILTER (WHERE NOT (\(isShown)))"]
        if hasSketches {
            parts += query.units.indices.map { "coalesce(bit_count(bit_or(b\($0)) FILTER (WHERE NOT (\(isShown)))), 0)" }
        }
        return "SELECT json_array(\(parts.joined(separator: ", "))) FROM \(cells)"
    }

    /// The SELECT of the cells that are large enough, with values blanked that rest on too few or on somebody too large.
    var shown: String {
        var items = shownKeys
        for index in query.aggregates.indices {
            let tests = [supports.condition(index), concentration?.condition(index)].compactMap(\.self)
            items.append(item(index, tests.joined(separator: " AND ")))
        }
        if items.isEmpty { items = ["1 AS one"] }
        let join = concentration.map { " \($0.join(to: cells))" } ?? ""
        return "SELECT \(items.joined(separator: ", ")) FROM \(cells)\(join) WHERE \(supports.reaches)"
    }

    var shownKeys: [String] { query.keyNames.map { "\(cells).\($0)" } }

    private func item(_ index: Int, _ condition: String) -> String {
        let aggregate = query.aggregates[index]
        let value = query.units.isEmpty ? "a\(index)" : RoundedValue(rules: rules).sql("a\(index)", of: aggregate)
        return condition.isEmpty ? "\(value) AS a\(index)" : "CASE WHEN \(condition) THEN \(value) END AS a\(index)"
    }

    // MARK: Concentration

    var concentrationStatements: [String] { concentration.map { [$0.creation] } ?? [] }

    var clearance: [String] { concentration.map { ["DROP TABLE \($0.table)"] } ?? [] }
}

extension CellQuery {
    /// g0, g1, …, and gid where there are several grouping sets: the names of the columns that tell cells apart.
    var keyNames: [String] { groups.indices.map { "g\($0)" } + (hasGroupingSets ? ["gid"] : []) }

    /// Those columns as items of a SELECT.
    var keys: [String] {
        groups.enumerated().map { "\($1) AS g\($0)" } + (hasGroupingSets ? ["GROUPING(\(groups.joined(separator: ", "))) AS gid"] : [])
    }

    /// Joins a table that has one row for each cell, or none.
    func join(_ table: String, to cells: String) -> String {
        let tests = keyNames.map { "\(cells).\($0) IS NOT DISTINCT FROM \(table).\($0)" }
        return "LEFT JOIN \(table) ON " + (tests.isEmpty ? "true" : tests.joined(separator: " AND "))
    }

    /// ` GROUP BY …`, or empty.
    /// - Parameter further: an expression that is grouped by as well, in every set.
    func grouping(and further: String? = nil) -> String {
        let more = further.map { [$0] } ?? []
        let isWhole = groups.isEmpty || groupingSets.map { $0.sorted() } == [Array(groups.indices)]
        guard !isWhole || hasGroupingSets else {
            let all = groups + more
            return all.isEmpty ? "" : " GROUP BY " + all.joined(separator: ", ")
        }
        let sets = groupingSets.map { "(" + ($0.map { groups[$0] } + more).joined(separator: ", ") + ")" }
        return " GROUP BY GROUPING SETS (\(sets.joined(separator: ", ")))"
    }
}
