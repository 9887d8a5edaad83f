import Encoding
import Foundation
import SandboxTestKit

@testable import Sandbox

/// Judges what a checked query releases by neighbouring databases, without asking the checker what rests on what.
///
/// For each unit (a patient, a nurse) there is a *world* without any of its rows, one in which its decimal numbers are others (none of
/// them says which rows a query takes), and one in which its whole numbers are one more (which seldom does). A stage's
/// SQL is run, without the disclosure control, in all worlds at once, while tables that earlier stages released stay as they are. Then, of
/// every cell that is shown in the true world:
///
/// - its *members*, the units without which its number of rows is another, must be none or at least the smallest group, of each
///   protected kind of unit, and not none where the stage reads that kind (unless by NOT: what is not there changes nothing);
/// - of every value shown in it, those who *matter*, the units without which it would be another, or members with whose numbers changed it
///   would be, must be none or at least the smallest group (where it is not, those count too who matter once another is gone);
/// - and the value must be the true one.
///
/// The final SELECT, in turn, is run where no protected table exists, so that it can rest on nothing but released and open tables.
/// By induction over the stages all that leaves is made of values of which each rests on enough units.
///
/// Not judged by whom they matter to, because a single unit may rightly change them (`Policies/README.md` says so): how many values are
/// distinct, quantiles, and how many rows lack a measure. Their cells' members are. Where a LEFT JOIN finds one row less the row on its left
/// stays, so numbers of rows say nothing of whose rows it found; only the units of the table that comes first are judged by them.
struct RandomQueryOracle {
    static let threshold = SmallSpace.minimum

    // MARK: Worlds

    /// The statements that make the tables: `base_visits` as it is and `all_visits` in every world.
    ///
    /// - Parameter withPairs: whether there are worlds without two units, too. Held against the world without the second, such a
    ///   world tells whether the first matters where nothing cancels out: a mean stays the same without somebody whose own mean it
    ///   is, and yet rests on her.
    static func preparation(withPairs: Bool = false) -> [String] {
        var worlds = ["(0, 'true', '', '', 0, '')"]
        for (kind, units) in [("patient", SmallSpace.patients), ("nurse", SmallSpace.nurses)] {
            var without: [String: Int] = [:]
            for unit in units {
                without[unit] = worlds.count
                worlds.append("(\(worlds.count), 'removed', '\(kind)', '\(unit)', 0, '')")
                worlds.append("(\(worlds.count), 'changed decimals', '\(kind)', '\(unit)', 0, '')")
                worlds.append("(\(worlds.count), 'changed integers', '\(kind)', '\(unit)', 0, '')")
            }
            for unit in units where withPairs {
                for other in units where other != unit {
                    worlds.append("(\(worlds.count), 'pair', '\(kind)', '\(unit)', \(without[other] ?? 0), '\(other)')")
                }
            }
        }
        var statements = [
            "SET threads=1", "SET GLOBAL TimeZone='UTC'",
            "CREATE TABLE worlds AS FROM (VALUES \(worlds.joined(separator: ", "))) t(id, kind, domain, unit, base, other)",
            "CREATE MACRO shifted(x, change) AS CASE WHEN x <> 0 THEN x + change ELSE x END",
            """
            CREATE MACRO differs(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN a IS DISTINCT FROM b
            ELSE coalesce(abs(TRY_CAST(a::VARCHAR AS DOUBLE) - TRY_CAST(b::VARCHAR AS DOUBLE))
            > 1e-9 * greatest(1, abs(TRY_CAST(a::VARCHAR AS DOUBLE))), a::VARCHAR <> b::VARCHAR) END
            """,
        ]
        for table in SmallSpace.tables {
            let columns = table.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
            statements.append("CREATE TABLE base_\(table.name)(\(columns))")
            let rows = table.rows.map { "(\($0.joined(separator: ", ")))" }.joined(separator: ", ")
            statements.append("INSERT INTO base_\(table.name) VALUES \(rows)")
            statements.append("CREATE TABLE all_\(table.name) AS \(inAllWorlds(table))")
        }
        return statements
    }

    private static func inAllWorlds(_ table: SmallSpace.Table) -> String {
        guard let unit = table.columns.first(where: { $0.role == .privacyUnit })?.name else { return "SELECT w.id AS world, t.* FROM base_\(table.name) t, worlds w" }
        let isIts = "w.domain = '\(unit)' AND t.\(unit) = w.unit"
        let columns = table.columns.map { column -> String in
            guard column.role == .attribute || column.role == .measure else { return "t.\(column.name)" }
            let isWhole = column.type == "BIGINT" || column.type == "INTEGER"
            let change = isWhole ? "1" : "(1 + (hash(t.\(column.name), t.rowid) % 40)::INTEGER)"
            return "CASE WHEN w.kind = 'changed \(isWhole ? "integers" : "decimals")' AND \(isIts) "
                + "THEN shifted(t.\(column.name), \(change))::\(column.type) ELSE t.\(column.name) END AS \(column.name)"
        }
        return "SELECT w.id AS world, \(columns.joined(separator: ", ")) FROM base_\(table.name) t, worlds w "
            + "WHERE NOT coalesce(w.kind IN ('removed', 'pair') AND w.domain = '\(unit)' AND t.\(unit) IN (w.unit, w.other), false) "
            + "ORDER BY w.id, t.rowid"
    }

    // MARK: One query

    let number: Int
    let query: CheckedQuery
    let plan: QueryPlan
    /// Lowers the smallest group in what is run, so that a test can see the oracle find it.
    var weakened = false

    init(number: Int, query: CheckedQuery, weakened: Bool = false) {
        self.number = number
        self.query = query
        self.weakened = weakened
        plan = query.written(values: [:])
    }

    /// The statements that run the query and judge it. They print lines of JSON: one for each violation, and one at the end.
    var statements: [String] {
        var all: [String] = []
        for (index, stage) in plan.stages.enumerated() {
            var cells = stage.cells
            if weakened { cells.minimumGroupSize = 1 }
            all += release(cells, index, shown: QueryPlan.shown(index))
            guard !stage.cells.units.isEmpty else { continue }
            guard stage.cells.hasGroupingSets else {
                all += judgement(stage.cells, index, shown: QueryPlan.shown(index))
                continue
            }
            for set in cells.groupingSets {
                all += release(Self.alone(cells, set), index, shown: "hexi_alone") + judgement(Self.alone(stage.cells, set), index, shown: "hexi_alone")
                all.append("DROP TABLE IF EXISTS hexi_alone")
            }
        }
        all.append("CREATE TABLE hexi_result AS \(replaced(plan.resultStatement(cap: query.maximumRows)) { "no_such_\($0)" })")
        all.append("SELECT json_array('end', \(number), count(*)) FROM hexi_result")
        let made = plan.stages.indices.flatMap { [QueryPlan.shown($0), QueryPlan.cells($0)] } + ["hexi_result", "probe"]
        return all + made.map { "DROP TABLE IF EXISTS \($0)" }
    }

    private func release(_ cells: CellQuery, _ index: Int, shown: String) -> [String] {
        AggregateDisclosure(rules: DisclosureRules()).statements(for: cells, cells: QueryPlan.cells(index), shown: shown)
            .filter { !$0.hasPrefix("SELECT") }.map { replaced($0) { "base_\($0)" } }
    }

    /// One of several grouping sets as a query of its own.
    private static func alone(_ cells: CellQuery, _ set: [Int]) -> CellQuery {
        var cells = cells
        cells.groups = set.map { cells.groups[$0] }
        cells.groupingSets = [Array(set.indices)]
        return cells
    }

    /// Reads open tables as they are and protected ones from elsewhere.
    private func replaced(_ sql: String, _ source: (String) -> String) -> String {
        var sql = sql
        for (index, table) in query.tables.enumerated() {
            sql = sql.replacing("\(QueryPlan.catalog(index)).main.data", with: table.isProtected ? source(table.name) : "base_\(table.name)")
        }
        return sql
    }

    private func judgement(_ cells: CellQuery, _ stage: Int, shown: String) -> [String] {
        let inWorld = { (name: String) in
            let columns = SmallSpace.tables.first { $0.name == name }?.columns.map(\.name).joined(separator: ", ") ?? "*"
            return "(SELECT \(columns) FROM all_\(name) WHERE world = w.id)"
        }
        var items = cells.groups.enumerated().map { "\($1) AS g\($0)" } + ["count(*) AS n"]
        items += cells.aggregates.enumerated().map { "\($1.sql) AS a\($0)" }
        let grouping = cells.groups.isEmpty ? "" : " GROUP BY " + cells.groups.joined(separator: ", ")
        let probe = replaced("\(cells.with)SELECT \(items.joined(separator: ", ")) \(cells.source)\(grouping)", inWorld)
        return [
            "CREATE OR REPLACE TABLE probe AS SELECT w.id AS world, p.* FROM worlds w, LATERAL (\(probe)) p", verdict(cells, stage, shown),
        ]
    }

    private func verdict(_ cells: CellQuery, _ stage: Int, _ shown: String) -> String {
        let values = cells.aggregates.indices.map { "a\($0)" }
        let keys = cells.groups.indices.map { "c.g\($0) IS NOT DISTINCT FROM p.g\($0)" } + ["true"]
        let reads = Set(query.tables.enumerated().filter { mentions(cells, $0.offset) }.compactMap { $0.element.columns.first { $0.role == .privacyUnit }?.name })
        let mayBeNone = cells.source.contains("NOT ") || cells.with.contains("NOT ")
        let byRows = cells.source.contains("LEFT JOIN") || cells.with.contains("LEFT JOIN") ? "domain = '\(firstDomain(cells))'" : "true"
        var tests = ["(\(byRows) AND members BETWEEN 1 AND \(Self.threshold - 1))"]
        if !mayBeNone { tests.append("(\(byRows) AND members = 0 AND domain IN (\(reads.map { "'\($0)'" }.joined(separator: ", "))))") }
        var counts: [String] = []
        for (index, aggregate) in cells.aggregates.enumerated() {
            let isConditional = Self.isConditional(aggregate.sql) || aggregate.statistic == .count
            counts.append("count(*) FILTER (WHERE removed\(index)\(isConditional ? "" : " OR changed\(index) AND member")) AS i\(index)")
            if isJudged(aggregate) { tests.append("(\(aggregate.statistic == .count ? byRows : "true") AND shown\(index) AND i\(index) BETWEEN 1 AND \(Self.threshold - 1))") }
            tests.append("untrue\(index)")
        }
        let perWorld = values.enumerated().map { ", differs(m.\($1), b.\($1)) AS x\($0), c.\($1) IS NOT NULL AS shown\($0), c.\($1) IS NOT NULL AND differs(c.\($1), t.\($1)) AS untrue\($0)" }
        let perUnit = values.indices.map { ", coalesce(bool_or(x\($0)) FILTER (WHERE kind IN ('removed', 'pair')), false) AS removed\($0), coalesce(bool_or(x\($0)) FILTER (WHERE kind LIKE 'changed%'), false) AS changed\($0), bool_or(shown\($0)) AS shown\($0), bool_or(untrue\($0)) AS untrue\($0)" }
        let perCell = values.indices.map { ", bool_or(shown\($0)) AS shown\($0), bool_or(untrue\($0)) AS untrue\($0)" }
        return """
            WITH c AS (SELECT row_number() OVER () AS cell, * FROM \(shown)),
            m AS (SELECT c.cell, p.* FROM c JOIN probe p ON \(keys.joined(separator: " AND "))),
            d AS (SELECT c.cell, w.*, m.n IS DISTINCT FROM b.n AS member\(perWorld.joined()) FROM c CROSS JOIN worlds w
            LEFT JOIN m ON m.cell = c.cell AND m.world = w.id LEFT JOIN m AS b ON b.cell = c.cell AND b.world = w.base
            LEFT JOIN m AS t ON t.cell = c.cell AND t.world = 0 WHERE w.id > 0),
            u AS (SELECT cell, domain, unit, coalesce(bool_or(member) FILTER (WHERE kind = 'removed'), false) AS member\(perUnit.joined()) FROM d GROUP BY cell, domain, unit),
            v AS (SELECT cell, domain, count(*) FILTER (WHERE member) AS members\(counts.map { ", " + $0 }.joined())\(perCell.joined()) FROM u GROUP BY cell, domain)
            SELECT json_array('leak', \(number), \(stage), cell, domain, members\(values.indices.map { ", i\($0), untrue\($0)" }.joined())) FROM v WHERE \(tests.joined(separator: " OR "))
            """.replacing("\n", with: " ")
    }

    /// Whether a row's numbers may decide if it counts. That a value is finite is asked of every DOUBLE, and all in these tables are.
    private static func isConditional(_ sql: String) -> Bool {
        let bound = "AND CAST('1e+60' AS DOUBLE))"
        let finite = sql.components(separatedBy: "BETWEEN CAST('-1e+60' AS DOUBLE) \(bound)").count - 1
        return sql.components(separatedBy: "CASE WHEN").count - 1 > finite || sql.contains("FILTER")
    }

    /// The kind of unit of the table that is named first.
    private func firstDomain(_ cells: CellQuery) -> String {
        let places = query.tables.indices.compactMap { index in
            (cells.with + cells.source).firstRange(of: "\(QueryPlan.catalog(index)).main.data").map { (index, $0.lowerBound) }
        }
        guard let first = places.min(by: { $0.1 < $1.1 }) else { return "" }
        return query.tables[first.0].columns.first { $0.role == .privacyUnit }?.name ?? ""
    }

    private func mentions(_ cells: CellQuery, _ table: Int) -> Bool {
        (cells.with + cells.source).contains("\(QueryPlan.catalog(table)).main.data")
    }

    private func isJudged(_ aggregate: CellAggregate) -> Bool {
        switch aggregate.statistic {
        case .distinctCount, .quantile: false
        case .count: aggregate.sql.contains("CASE") || aggregate.sql.contains("FILTER") || aggregate.sql == "count(*)"
        default: !(aggregate.sql.contains("IS NULL") || aggregate.sql.contains("IS NOT NULL"))
        }
    }
}
