import Encoding

/// Builds what the engine is asked for a profile, statement by statement, and remembers which line answers what.
///
/// The table's own column names, which come from outside, never get into the text: the columns are called c0, c1, ….
struct ProfileScript: Sendable {
    enum Answer: Sendable, Hashable {
        case version, rows
        /// Missing, distinct and longest of a column.
        case column(Int)
        case categories(Int)
        case ranges(Int)
        /// Of the key at this place in `keys`.
        case key(Int)
        case day(Int), month(Int)
    }

    /// Shares and ranges are of every row up to so many, else of every n-th.
    static let fullRows: Int64 = 1_000_000
    /// Repeated rows are counted up to so many rows, by a hash of 64 bits for each.
    static let countedRows: Int64 = 20_000_000
    static let mostCategories = 50
    static let longestCategory = 200
    /// Numbers with at most so many different values are shown as categories where they may be grouped by.
    static let mostDistinctNumbers: Int64 = 100

    let columns: [ColumnDefinition]
    let support: Int64
    private(set) var script: EngineScript
    private(set) var answers: [Answer] = []

    init(columns: [ColumnDefinition], support: Int64, limits: RunLimits) {
        self.columns = columns
        self.support = support
        script = EngineScript(limits: limits)
        script.add("ATTACH '/data/0.duckdb' AS q (READ_ONLY)")
        script.lock()
        let names = columns.indices.map { "c\($0)" }.joined(separator: ", ")
        let unit = columns.firstIndex { $0.role == .privacyUnit }
        script.add(
            "CREATE VIEW t AS SELECT x.rowid AS r, x.*, \(unit.map { "x.c\($0)" } ?? "x.rowid") AS u "
                + "FROM q.main.data AS x(\(names))")
    }

    /// The columns that are keys: the privacy unit, each join key, and the join keys together.
    var keys: [[Int]] {
        let unit = columns.indices.filter { columns[$0].role == .privacyUnit }
        let joins = columns.indices.filter { columns[$0].role == .joinKey }
        return (unit + joins).map { [$0] } + (joins.count > 1 ? [joins] : [])
    }

    private mutating func ask(_ answer: Answer, _ sql: String) {
        answers.append(answer)
        script.add(sql)
    }

    /// The first round: how many rows, and how many values each column has.
    mutating func addCounts(rows: Int64) {
        let hash = columns.indices.map { "c\($0)" }.joined(separator: ", ")
        ask(.version, "SELECT json_array(version())")
        ask(
            .rows,
            rows <= Self.countedRows ? "SELECT json_array(count(*), count(DISTINCT hash(\(hash)))) FROM t"
                : "SELECT json_array(count(*), NULL) FROM t")
        for (index, column) in columns.enumerated() { addCounts(index, column, rows) }
        for (index, key) in keys.enumerated() {
            let terms = key.map { "c\($0)" }.joined(separator: ", ")
            let isThere = key.map { "c\($0) IS NOT NULL" }.joined(separator: " AND ")
            ask(
                .key(index),
                "SELECT json_array(coalesce(sum(n), 0), coalesce(sum(n) FILTER (n = 1), 0)) "
                    + "FROM (SELECT count(*) AS n FROM t WHERE \(isThere) GROUP BY \(terms))")
        }
        for (index, column) in columns.enumerated() where column.role != .hidden && column.role != .privacyUnit {
            guard ColumnType(column.type)?.kind.isMoment == true else { continue }
            addNewest(.day(index), "CAST(\(Self.moment(index)) AS DATE)", index)
            addNewest(.month(index), "CAST(date_trunc('month', \(Self.moment(index))) AS DATE)", index)
        }
    }

    private mutating func addCounts(_ index: Int, _ column: ColumnDefinition, _ rows: Int64) {
        let kind = column.role == .hidden ? nil : ColumnType(column.type)?.kind
        let distinct = rows <= Self.fullRows ? "count(DISTINCT c\(index))" : "approx_count_distinct(c\(index))"
        let longest = kind == .text && column.role != .privacyUnit ? "max(length(c\(index)))" : "NULL"
        ask(.column(index), "SELECT json_array(count(c\(index)), \(kind == nil ? "NULL" : distinct), \(longest)) FROM t")
    }

    private mutating func addNewest(_ answer: Answer, _ term: String, _ index: Int) {
        ask(
            answer,
            "SELECT json_array(CAST(max(d) AS VARCHAR)) FROM (SELECT \(term) AS d FROM t WHERE c\(index) IS NOT NULL "
                + "AND isfinite(\(Self.moment(index))) GROUP BY 1 HAVING count(*) >= \(support) AND count(DISTINCT u) >= \(support))")
    }

    /// A date or time of whatever resolution, as one type that every function takes.
    private static func moment(_ index: Int) -> String { "CAST(c\(index) AS TIMESTAMP)" }

    // MARK: Values

    /// The second round: shares and ranges, for the columns that may show any.
    ///
    /// - Parameters:
    ///   - distinct, present: by column, from the first round.
    mutating func addValues(rows: Int64, distinct: [Int: Int64], present: [Int: Int64]) {
        let step = Self.samplingStep(rows)
        let part = step > 1 ? " AND r % \(step) = 0" : ""
        for (index, column) in columns.enumerated() {
            guard column.role != .hidden, column.role != .privacyUnit, let kind = ColumnType(column.type)?.kind else { continue }
            let canBeGrouped = column.role != .measure
            let isCategory = switch kind {
            case .text, .boolean: true
            case .integer, .decimal: (distinct[index] ?? .max) <= Self.mostDistinctNumbers
            default: false
            }
            if canBeGrouped && isCategory {
                addCategories(index, part)
            } else if kind.isNumber || kind.isMoment {
                addRanges(index, kind, part, present: (present[index] ?? 0) / step)
            }
        }
    }

    static func samplingStep(_ rows: Int64) -> Int64 { rows <= fullRows ? 1 : (rows - 1) / fullRows + 1 }

    private mutating func addCategories(_ index: Int, _ part: String) {
        ask(
            .categories(index),
            """
            SELECT coalesce(to_json(list(json_array(v, n, a) ORDER BY n DESC, v)), '[]') FROM (
            SELECT CAST(c\(index) AS VARCHAR) AS v, count(*) AS n, (SELECT count(c\(index)) FROM t WHERE true\(part)) AS a FROM t
            WHERE c\(index) IS NOT NULL\(part) GROUP BY c\(index)
            HAVING count(*) >= \(support) AND count(DISTINCT u) >= \(support) AND length(CAST(c\(index) AS VARCHAR)) <= \(Self.longestCategory)
            ORDER BY n DESC, v LIMIT \(Self.mostCategories))
            """.replacing("\n", with: " "))
    }

    /// Twenty parts with as many rows each, and coarser levels made from them by taking neighbours together: of ten, five,
    /// two parts and one. Values beyond the tenth from either end (or as many as the support is) count as that one, since a
    /// mean with a giant in it would tell of the giant.
    private mutating func addRanges(_ index: Int, _ kind: ValueKind, _ part: String, present: Int64) {
        let term = kind.isMoment ? "epoch(\(Self.moment(index))) / 86400" : "CAST(c\(index) AS DOUBLE)"
        let end = min(0.5, Double(support) / Double(max(present, 1)))
        let shares = ([end] + (1..<20).map { Double($0 * 5) / 100 } + [1 - end]).map { "\($0)" }.joined(separator: ", ")
        let place = (1..<20).map { "CAST(x > p[\($0 + 1)] AS INTEGER)" }.joined(separator: " + ")
        ask(
            .ranges(index),
            """
            WITH v AS (SELECT \(term) AS x, u FROM t WHERE c\(index) IS NOT NULL AND isfinite(\(kind.isMoment ? Self.moment(index) : term))\(part)),
            q AS (SELECT quantile_disc(x, [\(shares)]) AS p FROM v), b AS (SELECT greatest(least(x, p[21]), p[1]) AS x, u, \(place) AS b FROM v, q)
            SELECT coalesce(to_json(list(json_array(l, n, k, m) ORDER BY l, g)), '[]') FROM (
            SELECT l, b // d AS g, count(*) AS n, count(DISTINCT u) AS k, avg(x) AS m
            FROM b, (VALUES (0, 1), (1, 2), (2, 4), (3, 10), (4, 20)) AS w(l, d) GROUP BY ALL)
            """.replacing("\n", with: " "))
    }
}
