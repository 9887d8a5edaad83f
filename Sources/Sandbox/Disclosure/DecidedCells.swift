/// Writes the statements of a stage whose cells are decided upon outside the engine: what is printed of them, and how the decision
/// comes back. Only numbers of our own go back in; the cells' values never leave the engine for it.
struct DecidedCells: Sendable {
    let writer: CellWriter
    let perturbation: CountPerturbation?
    /// `StageDecision.crossing`.
    let crossing: Int?

    private var query: CellQuery { writer.query }
    private var cells: String { writer.cells }
    private var keysTable: String { cells + "_keys" }
    private var decidedTable: String { cells + "_decided" }

    var clearance: [String] { ["DROP TABLE \(decidedTable)"] + (perturbation == nil ? [] : ["DROP TABLE \(keysTable)"]) }

    // MARK: Out

    /// One line a cell, as `CellTable` reads it.
    var printing: String {
        let ranks = query.groups.indices.map { "dense_rank() OVER (ORDER BY \(cells).g\($0) NULLS FIRST)" }
        let supports = writer.supports.expressions.indices.map { "s\($0)" }
        let sketches = writer.hasSketches ? query.units.indices.map { "coalesce(hex(CAST(b\($0) AS BLOB)), '')" } : []
        let counts = query.aggregates.indices.filter { query.aggregates[$0].statistic.isCount }.map { "a\($0)" }
        func list(_ items: [String]) -> String { "[" + items.joined(separator: ", ") + "]" }
        let items = [
            "\(cells).rowid", query.hasGroupingSets ? "\(cells).gid" : "0", list(ranks), list(supports),
            "CASE WHEN NOT (\(writer.supports.reaches)) THEN \(list(sketches)) ELSE [] END",
            writer.concentration == nil ? "NULL" : "[CASE WHEN isfinite(x) THEN x END FOR x IN weights]",
            perturbation == nil ? "[]" : "keys", perturbation == nil ? "0" : "n", list(perturbation == nil ? [] : counts),
        ]
        var source = "FROM \(cells)"
        if let concentration = writer.concentration { source += " " + concentration.join(to: cells) }
        if perturbation != nil { source += " " + query.join(keysTable, to: cells) }
        return "SELECT json_array(\(items.joined(separator: ", "))) \(source) ORDER BY \(cells).rowid"
    }

    /// The sums of record keys: for each cell one for each set of units that has one.
    /// - Parameter secrets: one for each kind of unit; at least one is there.
    func keysStatement(_ secrets: [CellKeySecret?]) -> String {
        let conditions = perturbation?.conditions ?? [nil]
        let names = query.keyNames
        let parts = zip(query.units, secrets).compactMap { unit, secret -> String? in
            guard let secret else { return nil }
            let flags = conditions.enumerated().map { "bool_or(\($1.map { "(\($0))" } ?? "true")) AS h\($0)" }
            let items = query.keys + ["\(unit.sql) AS u"] + flags
            let units = "SELECT \(items.joined(separator: ", ")) \(query.source)\(query.grouping(and: unit.sql))"
            let columns = names + ["\(secret.recordKey(of: "u")) AS k"] + conditions.indices.map { "h\($0)" }
            return "SELECT \(columns.joined(separator: ", ")) FROM (\(units)) WHERE u IS NOT NULL"
        }
        let sums = conditions.indices.map { "CAST(coalesce(sum(k) FILTER (WHERE h\($0)), 0) % 4611686018427387904 AS BIGINT)" }
        let items = names + ["[\(sums.joined(separator: ", "))] AS keys"]
        let grouping = names.isEmpty ? "" : " GROUP BY " + names.joined(separator: ", ")
        return "CREATE TABLE \(keysTable) AS \(query.with)SELECT \(items.joined(separator: ", ")) "
            + "FROM (\(parts.joined(separator: " UNION ALL ")))\(grouping)"
    }

    // MARK: Back

    /// The table of what was decided: row, mask, and with changed counts n and p0, p1, ….
    func creation(_ rows: [StageDecision.Row]) -> String {
        func column(_ name: String, _ value: (StageDecision.Row) -> Int) -> String {
            guard !rows.isEmpty else { return "unnest(CAST([] AS BIGINT[])) AS \(name)" }
            // One long text is read far faster than a list of as many constants.
            return "unnest(CAST(string_split('\(rows.map { String(value($0)) }.joined(separator: ","))', ',') AS BIGINT[])) AS \(name)"
        }
        var columns = [column("shown_row", \.row), column("mask", \.values)]
        if let perturbation {
            columns.append(column("shown_n", \.rows))
            for index in perturbation.keyOfCount.indices {
                columns.append(column("p\(index)") { $0.counts.indices.contains(index) ? $0.counts[index] : 0 })
            }
        }
        return "CREATE TABLE \(decidedTable) AS SELECT \(columns.joined(separator: ", "))"
    }

    var summary: String {
        writer.summary(isShown: "\(cells).rowid IN (SELECT shown_row FROM \(decidedTable))") + (crossing.map { " WHERE gid <> \($0)" } ?? "")
    }

    /// The SELECT of what may be seen.
    var shown: String {
        var items = writer.shownKeys
        var count = 0
        for (index, aggregate) in query.aggregates.enumerated() {
            var value = "a\(index)"
            if perturbation != nil {
                if aggregate.statistic.isCount {
                    value = "p\(count)"
                    count += 1
                } else if aggregate.statistic == .sum {
                    value = scaled(value, aggregate.kind)
                }
            }
            let rounded = RoundedValue(rules: writer.rules).sql(value, of: aggregate)
            items.append("CASE WHEN mask >> \(index) & 1 = 1 THEN \(rounded) END AS a\(index)")
        }
        if items.isEmpty { items = ["1 AS one"] }
        return "SELECT \(items.joined(separator: ", ")) FROM \(cells) JOIN \(decidedTable) ON \(cells).rowid = shown_row"
    }

    /// A sum changes as its cell's count does. Otherwise sum(x + 1) − sum(x), or a sum over its mean, would be the count itself.
    private func scaled(_ value: String, _ kind: ValueKind) -> String {
        let product = "CAST(\(value) AS DOUBLE) * shown_n / \(cells).n"
        return kind == .integer ? "TRY_CAST(round(\(product)) AS HUGEINT)" : "(\(product))"
    }
}

extension CellQuery {
    private var crossedSet: [Int] { Set(groupingSets.joined()).sorted() }

    /// The number of the grouping set of all groups that take part, where there are several sets and it is not among them.
    var crossing: Int? {
        guard hasGroupingSets, !groupingSets.contains(where: { Set($0) == Set(crossedSet) }) else { return nil }
        return groups.indices.reduce(0) { $0 << 1 | (crossedSet.contains($1) ? 0 : 1) }
    }

    /// With that set.
    var crossed: CellQuery {
        guard crossing != nil else { return self }
        var copy = self
        copy.groupingSets.append(crossedSet)
        return copy
    }
}
