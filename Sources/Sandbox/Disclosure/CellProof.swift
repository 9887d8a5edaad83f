/// Makes the same table of cells as `CellWriter.creation`, and shows without counting that most cells are large enough.
///
/// Exact numbers of distinct units cost several times as much as the buyer's own aggregates. So first each cell gets, in the same
/// pass as its values, sketches of 64 bits: every unit sets one bit, chosen by its hash, if some row of it meets the conditions of
/// all guards at once. There are never more bits than units, hence enough bits prove that there are enough units. Only cells without such a
/// proof are counted, each unit once with all the conditions that any row of it meets; if there are none, the engine does not begin.
/// What is shown is the same either way. In the table a proven count is the smallest that is enough, not the true one.
struct CellProof: Sendable {
    /// With more, 32 bits would seldom prove anything.
    static let greatestMinimum = 20

    let query: CellQuery
    let supports: CellSupports
    /// The name of the table to make.
    let cells: String
    private let masks: UnitMasks
    private let groups: [ProofGroup]

    /// `nil` where the counts themselves are wanted, or nothing is to be counted.
    init?(_ query: CellQuery, supports: CellSupports, rules: DisclosureRules, cells: String) {
        guard !query.units.isEmpty, !query.hasGroupingSets, rules.perturbation == 0,
            (2...Self.greatestMinimum).contains(query.minimumGroupSize)
        else { return nil }
        self.query = query
        self.supports = supports
        self.cells = cells
        masks = UnitMasks(supports.columns)
        groups = ProofGroup.groups(of: query)
    }

    private var quick: String { cells + "_quick" }
    private var counted: String { cells + "_counted" }
    private var minimum: Int { query.minimumGroupSize }

    var statements: [String] {
        [quickStatement, countingStatement, joiningStatement, "DROP TABLE \(quick)", "DROP TABLE \(counted)"]
    }

    /// Whether one group's row keys are another's: without groups there is one cell.
    private var keyNames: [String] { query.groups.isEmpty ? ["one"] : query.keyNames }
    private var keys: [String] { query.groups.isEmpty ? ["1 AS one"] : query.keys }

    private func same(_ left: String, _ right: String) -> String {
        keyNames.map { "\(left).\($0) IS NOT DISTINCT FROM \(right).\($0)" }.joined(separator: " AND ")
    }

    // MARK: Values and sketches

    private var quickStatement: String {
        var items = keys + query.aggregates.enumerated().map { "\($1.sql) AS a\($0)" }
        items += sketches.enumerated().map { "\($1.sql) AS q\($0)" }
        if !excluded.isEmpty { items.append("bool_or(\(excluded.joined(separator: " OR "))) AS z") }
        return "CREATE TABLE \(quick) AS \(query.with)SELECT \(items.joined(separator: ", ")) \(query.source)\(query.grouping())"
    }

    /// Conditions that no row of a proven cell meets.
    private var excluded: [String] {
        var conditions: [String] = []
        for case .noneOrEnoughUnits(let condition) in query.aggregates.flatMap(\.guards) where !conditions.contains("(\(condition))") {
            conditions.append("(\(condition))")
        }
        return conditions
    }

    private var sketches: [(sql: String, hasHalves: Bool)] {
        // An eighth of the units proves a single cell; of many small cells it would prove few.
        let isSampled = query.groups.isEmpty
        return query.units.flatMap { unit in
            groups.map { ($0.sketch(of: unit.sql, isSampled: isSampled), !$0.values.isEmpty) }
        }
    }

    /// Whether everything about the cell and its values is proven.
    private var proof: String {
        var tests = sketches.enumerated().flatMap { index, sketch -> [String] in
            guard sketch.hasHalves else { return ["bit_count(q\(index)) >= \(minimum)"] }
            return ["bit_count(q\(index) & 4294967295::UBIGINT) >= \(minimum)", "bit_count(q\(index) >> 32) >= \(minimum)"]
        }
        if !excluded.isEmpty { tests.append("NOT coalesce(z, false)") }
        return "coalesce(\(tests.joined(separator: " AND ")), false)"
    }

    // MARK: Counts

    /// The true counts of the cells that are not proven.
    private var countingStatement: String {
        let names = query.units.indices.map { "u\($0)" }
        var rows = keys + zip(query.units, names).map { "\($0.sql) AS \($1)" }
        rows += masks.expressions.enumerated().map { "\($1) AS m\($0)" }
        let source = "(SELECT \(rows.joined(separator: ", ")) \(query.source)) AS x"
        let open = "(SELECT \(keyNames.joined(separator: ", ")) FROM \(quick) WHERE NOT \(proof)) AS y"
        let key = keyNames.map { "x.\($0)" }
        var units = key + names.map { "x.\($0)" } + names.map { "GROUPING(x.\($0)) AS n\($0)" }
        units += masks.expressions.indices.map { "bit_or(x.m\($0)) AS m\($0)" }
        let sets = names.map { "(" + (key + ["x.\($0)"]).joined(separator: ", ") + ")" }
        let each = "SELECT \(units.joined(separator: ", ")) FROM \(source) SEMI JOIN \(open) ON \(same("x", "y")) "
            + "GROUP BY GROUPING SETS (\(sets.joined(separator: ", ")))"
        var items = key
        items += supports.columns.enumerated().map { "count(*) FILTER (WHERE \(test($1))) AS s\($0)" }
        if !query.groups.isEmpty { items += names.enumerated().map { "\(bits($1)) AS b\($0)" } }
        return "CREATE TABLE \(counted) AS \(query.with)SELECT \(items.joined(separator: ", ")) FROM (\(each)) AS x "
            + "GROUP BY \(key.joined(separator: ", "))"
    }

    private func test(_ column: CellSupports.Column) -> String {
        switch column {
        case .units(let unit, let condition):
            let counts = "nu\(unit) = 0 AND u\(unit) IS NOT NULL"
            return masks.test(condition).map { "\(counts) AND \($0)" } ?? counts
        case .rows(let condition): return "nu0 = 0 AND " + (masks.test(.meeting(condition)) ?? "true")
        }
    }

    private func bits(_ unit: String) -> String {
        let count = CellWriter.sketchBits(minimum)
        return "bitstring_agg(CASE WHEN n\(unit) = 0 AND \(unit) IS NOT NULL THEN CAST(hash(\(unit)) % \(count) AS INTEGER) END, 0, \(count - 1))"
    }

    /// Values with proven and true counts side by side.
    private var joiningStatement: String {
        var items = query.groups.isEmpty ? [] : query.keyNames.map { "q.\($0)" }
        items += query.aggregates.indices.map { "q.a\($0)" }
        items += supports.columns.enumerated().map { index, column in
            let proven = if case .rows = column { 0 } else { minimum }
            return "CASE WHEN q.proven THEN \(proven) ELSE coalesce(c.s\(index), 0) END AS s\(index)"
        }
        if !query.groups.isEmpty { items += query.units.indices.map { "c.b\($0)" } }
        return "CREATE TABLE \(cells) AS SELECT \(items.joined(separator: ", ")) FROM (SELECT *, \(proof) AS proven FROM \(quick)) AS q "
            + "LEFT JOIN \(counted) AS c ON \(same("q", "c"))"
    }
}

/// Conditions of guards that one row can meet all at once, and whose proof is one sketch.
private struct ProofGroup: Sendable {
    var conditions: [String] = []
    /// Beside any value of each of these there must be enough: there are, if enough units have one of an even class and enough
    /// one of an odd class, because without any one class all of the other kind remain.
    var values: [String] = []

    /// Branches of a CASE exclude each other, so each is a group of its own. That only decides how often a proof succeeds.
    static func groups(of query: CellQuery) -> [ProofGroup] {
        var common = ProofGroup()
        var single: [ProofGroup] = []
        for rule in query.aggregates.flatMap(\.guards) {
            switch rule {
            case .enoughUnits(let condition) where condition.hasPrefix("CASE") || condition.hasPrefix("TRY(CASE"):
                if !single.contains(where: { $0.conditions == [condition] }) { single.append(ProofGroup(conditions: [condition])) }
            case .enoughUnits(let condition):
                if !common.conditions.contains(condition) { common.conditions.append(condition) }
            case .enoughUnitsBesideAnyValue(let value) where value.hasPrefix("CASE") || value.hasPrefix("TRY(CASE"):
                if !single.contains(where: { $0.values == [value] }) { single.append(ProofGroup(values: [value])) }
            case .enoughUnitsBesideAnyValue(let value):
                if !common.values.contains(value) { common.values.append(value) }
            case .noneOrEnoughUnits: break
            }
        }
        return [common] + single
    }

    func sketch(of unit: String, isSampled: Bool) -> String {
        let hash = isSampled ? "(hash(\(unit)) >> 3)" : "hash(\(unit))"
        var tests = isSampled ? ["(hash(\(unit)) & 7) = 0"] : []
        tests += ["\(unit) IS NOT NULL"] + conditions.map { "(\($0))" } + values.map { "(\($0)) IS NOT NULL" }
        guard !values.isEmpty else {
            return "bit_or(CASE WHEN \(tests.joined(separator: " AND ")) THEN 1::UBIGINT << (\(hash) & 63) END)"
        }
        func all(_ parity: Int) -> String { values.map { "(hash(\($0)) & 1) = \(parity)" }.joined(separator: " AND ") }
        let half = "CASE WHEN \(all(0)) THEN 0::UBIGINT WHEN \(all(1)) THEN 32::UBIGINT END"
        return "bit_or(CASE WHEN \(tests.joined(separator: " AND ")) THEN 1::UBIGINT << ((\(hash) & 31) + \(half)) END)"
    }
}

/// Which conditions some row of a unit meets, as bits of numbers that are joined by OR over the unit's rows.
private struct UnitMasks: Sendable {
    private static let width = 64
    /// Conditions by their bit, and values by the first of their classes' bits.
    private var bits: [CellSupports.Condition: Int] = [:]
    private var parts: [[String]] = []
    private var next = 0

    init(_ columns: [CellSupports.Column]) {
        for column in columns {
            switch column {
            case .units(_, .meeting(let condition)), .rows(let condition):
                place(.meeting(condition), 1) { "CASE WHEN \(condition) THEN 1::UBIGINT << \($0) ELSE 0::UBIGINT END" }
            case .units(_, .beside(let value, _)):
                let classes = CellSupports.valueClasses
                place(.beside(value: value, class: 0), classes) {
                    "CASE WHEN (\(value)) IS NOT NULL THEN 1::UBIGINT << (\($0) + hash(\(value)) % \(classes)) ELSE 0::UBIGINT END"
                }
            case .units(_, .any): break
            }
        }
    }

    private mutating func place(_ condition: CellSupports.Condition, _ count: Int, _ part: (Int) -> String) {
        guard bits[condition] == nil else { return }
        // The classes of one value lie in one number.
        if next % Self.width + count > Self.width { next += Self.width - next % Self.width }
        if next / Self.width >= parts.count { parts.append([]) }
        bits[condition] = next
        parts[next / Self.width].append(part(next % Self.width))
        next += count
    }

    /// One row's bits.
    var expressions: [String] { parts.map { $0.joined(separator: " | ") } }

    /// Whether a unit's bits say that it counts; `nil` where every unit does.
    func test(_ condition: CellSupports.Condition) -> String? {
        switch condition {
        case .any: return nil
        case .meeting:
            guard let bit = bits[condition] else { return "false" }
            return "(m\(bit / Self.width) & (1::UBIGINT << \(bit % Self.width))) <> 0"
        case .beside(let value, let left):
            guard let bit = bits[.beside(value: value, class: 0)] else { return "false" }
            let others = (0..<CellSupports.valueClasses).filter { $0 != left }.reduce(UInt64(0)) { $0 | (1 << UInt64(bit % Self.width + $1)) }
            return "(m\(bit / Self.width) & \(others)::UBIGINT) <> 0"
        }
    }
}
