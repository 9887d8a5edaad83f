/// The statements that measure a query in the engine.
///
/// Whatever one privacy unit brings in is bounded here, by its own rows alone: which of its groups count and how much its rows
/// weigh does not depend on any other unit. That is why adding or removing a unit changes no more than the noise is made for.
struct PrivateScript: Sendable {
    let plan: PrivatePlan
    /// Mixed into the hash by which a unit with too many groups keeps some of them. Its secrecy matters for nothing: the choice
    /// is fair for any key, and bounded for every key.
    let key: UInt64
    /// Groups of fewer units are not printed.
    var smallestGroup = PrivatePlan.smallestGroup

    private var groups: [String] { plan.cells.groups.indices.map { "g\($0)" } }

    /// Statements that print one line with the types of the groups, and one line for each group: its names, how many units it
    /// has, and its measures, everything as text.
    var statements: [String] {
        [
            "CREATE TABLE hexi_units AS \(unitsStatement)",
            "SELECT coalesce(to_json(list(type ORDER BY cid)), '[]') FROM pragma_table_info('hexi_units') WHERE name LIKE 'g%'",
            printStatement,
        ]
    }

    /// One row for each unit and group: u, g0 …; n rows; ni rows with the i-th value and si its sum, clamped, in steps.
    private var unitsStatement: String {
        let rows = ["\(plan.unit.sql) AS u"] + plan.cells.groups.enumerated().map { "\($1) AS g\($0)" }
            + plan.values.enumerated().map { "\($1.sql) AS v\($0)" }
        let steps = ["u"] + groups
            + plan.values.enumerated().map { index, value in "\(value.grid?.steps("v\(index)") ?? "v\(index)") AS w\(index)" }
        let sums = plan.values.indices.flatMap { index in
            ["count(w\(index)) AS n\(index)"] + (plan.values[index].grid == nil ? [] : ["coalesce(sum(w\(index)), 0) AS s\(index)"])
        }
        let keys = (["u"] + groups).joined(separator: ", ")
        return "SELECT \(keys), \((["count(*) AS n"] + sums).joined(separator: ", ")) "
            + "FROM (SELECT \(steps.joined(separator: ", ")) FROM ("
            + "\(plan.cells.with)SELECT \(rows.joined(separator: ", ")) \(plan.cells.source)) AS hexi_rows "
            + "WHERE u IS NOT NULL) AS hexi_steps GROUP BY \(keys)"
    }

    /// The rows of `hexi_units` that count: of each unit at most L0 groups.
    private var boundedRows: String {
        guard !groups.isEmpty else { return "hexi_units" }
        let names = groups.joined(separator: ", ")
        // The names themselves break ties, so that no order of storage does.
        return "(SELECT * FROM hexi_units QUALIFY row_number() OVER (PARTITION BY u ORDER BY "
            + "hash(CAST(\(key) AS UBIGINT), u, \(names)), \(names)) <= \(max(plan.groupsPerUnit, 1))) AS hexi_bounded"
    }

    private var printStatement: String {
        let measures = plan.measures.map { "CAST(coalesce(sum(\(contribution($0))), 0) AS VARCHAR)" }
        let columns = groups.map { "CAST(\($0) AS VARCHAR)" } + ["CAST(count(*) AS VARCHAR)"] + measures
        let grouping = groups.isEmpty
            ? "" : " GROUP BY \(groups.joined(separator: ", ")) HAVING count(*) >= \(smallestGroup)"
        return "SELECT json_array(\(columns.joined(separator: ", "))) FROM \(boundedRows)\(grouping)"
    }

    /// What one unit brings into one group. Of more than R rows each counts for less, so that together they count for R.
    private func contribution(_ measure: PrivatePlan.Measure) -> String {
        let most = max(plan.rowsPerUnit, 1)
        func bounded(_ sum: String, _ count: String) -> String {
            "CASE WHEN \(count) > \(most) THEN (CAST(\(sum) AS HUGEINT) * \(most)) // \(count) ELSE \(sum) END"
        }
        switch measure {
        case .units: return "1"
        case .rows: return "least(n, \(most))"
        case .present(let index): return "least(n\(index), \(most))"
        case .sum(let index): return bounded("s\(index)", "n\(index)")
        case .centredSum(let index):
            let middle = plan.values[index].grid?.middle ?? 0
            return bounded("(s\(index) - CAST(\(middle) AS HUGEINT) * n\(index))", "n\(index)")
        }
    }
}
