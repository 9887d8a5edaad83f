/// The statements that make of cells the table of what may be seen: cells below the threshold vanish, and values that rest on
/// too few units become NULL.
struct PlainRelease: Sendable {
    let query: CellQuery

    /// Bits of the sketch of a cell's units: each unit sets one, so the bits set are never more than the units.
    static func sketchBits(_ minimum: Int) -> Int { min(max(minimum * 8, 64), 4096) }

    /// Three statements: the cells, a line of JSON about how many are shown and suppressed, and the table of what is shown.
    func statements(cells: String, shown: String) -> [String] {
        ["CREATE TABLE \(cells) AS \(raw)", summary(of: cells), "CREATE TABLE \(shown) AS \(released(from: cells))", "DROP TABLE \(cells)"]
    }

    private func units(_ condition: String?) -> [String] {
        query.units.map { unit in "count(DISTINCT \(unit.sql))" + (condition.map { " FILTER (WHERE \($0))" } ?? "") }
    }

    /// Counts that the guards look at, in the order in which `tests` names them: s0, s1, ….
    private var supports: [String] {
        units(nil) + query.aggregates.flatMap(\.guards).flatMap { rule -> [String] in
            switch rule {
            case .enoughUnits(let test): units(test)
            case .noneOrEnoughUnits(let test): ["count(*) FILTER (WHERE \(test))"] + units(test)
            case .somePairHasEnoughUnits(let pairs): pairs.flatMap { units($0.one) + units($0.other) }
            }
        }
    }

    private var raw: String {
        var items = query.groups.enumerated().map { "\($1) AS g\($0)" }
        items += query.aggregates.enumerated().map { "\($1.sql) AS a\($0)" }
        items += supports.enumerated().map { "\($1) AS s\($0)" }
        if !query.groups.isEmpty {
            let bits = Self.sketchBits(query.minimumGroupSize)
            items += query.units.enumerated().map { index, unit in
                "bitstring_agg(CASE WHEN \(unit.sql) IS NOT NULL THEN CAST(hash(\(unit.sql)) % \(bits) AS INTEGER) END, 0, \(bits - 1)) AS b\(index)"
            }
        }
        if items.isEmpty { items = ["count(*) AS n"] }
        return "\(query.with)SELECT \(items.joined(separator: ", ")) \(query.source)\(grouping)"
    }

    private var grouping: String {
        guard !query.groups.isEmpty else { return "" }
        let sets = query.groupingSets.map { "(" + $0.map { query.groups[$0] }.joined(separator: ", ") + ")" }
        return query.hasGroupingSets ? " GROUP BY GROUPING SETS (\(sets.joined(separator: ", ")))" : " GROUP BY " + query.groups.joined(separator: ", ")
    }

    private var reaches: String {
        query.units.isEmpty ? "true" : query.units.indices.map { "s\($0) >= \(query.minimumGroupSize)" }.joined(separator: " AND ")
    }

    private func summary(of cells: String) -> String {
        var parts = ["count(*) FILTER (WHERE \(reaches))", "count(*) FILTER (WHERE NOT (\(reaches)))"]
        if !query.groups.isEmpty {
            parts += query.units.indices.map { "coalesce(bit_count(bit_or(b\($0)) FILTER (WHERE NOT (\(reaches)))), 0)" }
        }
        return "SELECT json_array(\(parts.joined(separator: ", "))) FROM \(cells)"
    }

    private func released(from cells: String) -> String {
        var next = query.units.count
        func enough() -> String {
            let all = query.units.indices.map { "s\(next + $0) >= \(query.minimumGroupSize)" }.joined(separator: " AND ")
            next += query.units.count
            return "(\(all))"
        }
        var columns = query.groups.indices.map { "g\($0)" }
        for (index, aggregate) in query.aggregates.enumerated() {
            let tests = aggregate.guards.map { rule -> String in
                switch rule {
                case .enoughUnits: return enough()
                case .noneOrEnoughUnits:
                    let rows = "s\(next)"
                    next += 1
                    return "(\(rows) = 0 OR \(enough()))"
                case .somePairHasEnoughUnits(let pairs):
                    let each = pairs.map { _ in Array(next..<next + 2 * query.units.count).also { next += $0.count } }
                    // For each unit there must be such a pair.
                    let perUnit = query.units.indices.map { unit in
                        "(" + each.map { numbers in
                            "s\(numbers[unit]) >= \(query.minimumGroupSize) AND s\(numbers[unit + query.units.count]) >= \(query.minimumGroupSize)"
                        }.joined(separator: " OR ") + ")"
                    }
                    return "(" + perUnit.joined(separator: " AND ") + ")"
                }
            }
            columns.append(tests.isEmpty ? "a\(index)" : "CASE WHEN \(tests.joined(separator: " AND ")) THEN a\(index) END AS a\(index)")
        }
        return "SELECT \(columns.isEmpty ? "1 AS one" : columns.joined(separator: ", ")) FROM \(cells) WHERE \(reaches)"
    }
}

extension Array {
    fileprivate func also(_ action: (Self) -> Void) -> Self {
        action(self)
        return self
    }
}
