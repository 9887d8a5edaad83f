import SandboxTestKit

/// A column that a random query may name.
struct RandomColumn {
    enum Kind { case text, integer, decimal, date, boolean }
    enum Use { case unit, dimension, attribute, measure, filter, key }

    /// As the query calls it, such as `v1.cost`.
    var name: String
    var kind: Kind
    var use: Use
    var samples: [String]

    var isNumber: Bool { kind == .integer || kind == .decimal }
    /// Whether an analyst would group by it.
    var isKey: Bool { use == .dimension || use == .attribute && kind == .integer || use == .key }
    var isFilter: Bool { use != .unit && use != .measure }
    var isValue: Bool { isNumber && (use == .attribute || use == .measure) }

    /// Its name behind the last dot.
    var bareName: String { String(name.split(separator: ".").last ?? "") }
}

/// What stands in FROM, and what may be named there.
struct RandomRelation {
    var text: String
    var columns: [RandomColumn]
    /// Conditions that belong into WHERE.
    var conditions: [String] = []
    var isOpen: Bool

    var units: [RandomColumn] { columns.filter { $0.use == .unit } }
}

/// Writes queries as an analyst might, all of them well typed, and now and then one as an attacker might.
struct RandomQueryWriter {
    var random: SeededGenerator
    /// What the query uses, for the count of what is accepted.
    var features: Set<String> = []
    var aliases = 0
    var withs: [String] = []
    /// Whether some rule may be broken on purpose.
    var isHostile = false

    init(seed: UInt64) { random = SeededGenerator(state: seed) }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func one<Element>(_ values: [Element], or other: Element) -> Element { values.randomElement(using: &random) ?? other }

    mutating func alias(_ letter: String) -> String {
        aliases += 1
        return "\(letter)\(aliases)"
    }

    mutating func query() -> String {
        isHostile = chance(12)
        if isHostile { features.insert("hostile") }
        let body: String
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<13: body = grouped(relation(level: 0), isOutermost: true).text
        case 13..<15: body = setOperation()
        case 15: body = openRows()
        default: body = overReleased()
        }
        return withs.isEmpty ? body : "WITH \(withs.joined(separator: ", ")) \(body)"
    }

    // MARK: Whole queries

    struct Grouped {
        var text: String
        var columns: [RandomColumn]
    }

    /// SELECT keys and aggregates.
    mutating func grouped(_ relation: RandomRelation, isOutermost: Bool = false, keys wanted: Int? = nil) -> Grouped {
        let keyCount = wanted ?? Int.random(in: 0...2, using: &random)
        let keys = (0..<keyCount).map { _ in groupKey(relation) }
        let aggregates = (0..<Int.random(in: 1...(isOutermost ? 3 : 2), using: &random)).map { _ in aggregate(relation) }
        var items = keys.enumerated().map { "\($1.sql) AS k\($0)" }
        items += aggregates.enumerated().map { "\($1) AS v\($0)" }
        var text = "SELECT \(items.joined(separator: ", ")) FROM \(relation.text)\(filter(relation))"
        let sets = keyCount > 0 && isOutermost && chance(12)
        if keyCount > 0 { text += " GROUP BY " + (sets ? groupingSets(keys.map(\.sql)) : grouping(keys.map(\.sql))) }
        if chance(20) {
            features.insert("having")
            text += " HAVING " + one(["count(*) > 4", "\(aggregates[0]) IS NOT NULL", "count(*) BETWEEN 2 AND 30"], or: "true")
        }
        if isOutermost { text += ordering(keyCount, aggregates.count) }
        let columns = keys.enumerated().map { RandomColumn(name: "k\($0)", kind: $1.kind, use: .dimension, samples: $1.samples) }
            + aggregates.indices.map { RandomColumn(name: "v\($0)", kind: .decimal, use: .attribute, samples: ["1", "5.5", "40"]) }
        return Grouped(text: text, columns: columns)
    }

    private mutating func grouping(_ keys: [String]) -> String {
        if chance(25) { return keys.indices.map { String($0 + 1) }.joined(separator: ", ") }
        if chance(2) { return "ALL" }
        return keys.joined(separator: ", ")
    }

    private mutating func groupingSets(_ keys: [String]) -> String {
        features.insert("grouping sets")
        let list = keys.joined(separator: ", ")
        return one(["ROLLUP (\(list))", "CUBE (\(list))", "GROUPING SETS ((\(list)), ())", "GROUPING SETS ((\(keys[0])), (\(list)))"], or: list)
    }

    private mutating func ordering(_ keys: Int, _ values: Int) -> String {
        var text = ""
        if chance(35) {
            features.insert("order by")
            text = " ORDER BY " + one(["1", "v0 DESC", keys > 0 ? "k0" : "1", "v\(values - 1) NULLS FIRST", "1 DESC, \(keys + values)"], or: "1")
        }
        if chance(20) {
            features.insert("limit")
            text += " LIMIT \(Int.random(in: 1...20, using: &random))" + (chance(20) ? " OFFSET 1" : "")
        }
        return text
    }

    private mutating func setOperation() -> String {
        features.insert("set operation")
        let operation = one(["UNION ALL", "UNION", "INTERSECT", "EXCEPT"], or: "UNION")
        func side(_ source: RandomRelation) -> String {
            let key = source.columns.first { $0.kind == .text && $0.use == .dimension }?.name
            return "SELECT \(key ?? "'all'") AS k0, count(*) AS v0 FROM \(source.text)\(filter(source))" + (key == nil ? "" : " GROUP BY 1")
        }
        let parts = [relation(level: 1), relation(level: 1)].map(side)
        return parts.joined(separator: " \(operation) ") + (chance(40) ? " ORDER BY 1, 2" : "")
    }

    /// Rows of the open table, or of what was released, as they are.
    private mutating func openRows() -> String {
        features.insert("open rows")
        let source = chance(50) ? base("weather") : released(level: 1)
        let names = source.columns.shuffled(using: &random).prefix(3).map(\.name)
        let distinct = chance(30) ? "DISTINCT " : ""
        return "SELECT \(distinct)\(names.joined(separator: ", ")) FROM \(source.text)\(filter(source)) ORDER BY \(names.indices.map { String($0 + 1) }.joined(separator: ", ")) LIMIT 30"
    }

    /// Aggregates and windows over a table that was released before.
    private mutating func overReleased() -> String {
        let source = released(level: 0)
        guard chance(40), let key = source.columns.first, let value = source.columns.last else { return grouped(source, isOutermost: true).text }
        features.insert("window over released")
        let window = one(
            [
                "rank() OVER (ORDER BY \(value.name) DESC)", "sum(\(value.name)) OVER ()", "row_number() OVER (ORDER BY \(key.name), \(value.name))",
                "lag(\(value.name)) OVER (ORDER BY \(key.name))", "avg(\(value.name)) OVER (PARTITION BY \(key.name))",
            ], or: "1")
        return "SELECT \(key.name), \(value.name), \(window) AS w FROM \(source.text)\(filter(source)) ORDER BY 1, 2, 3"
    }

    // MARK: WHERE

    mutating func filter(_ relation: RandomRelation) -> String {
        var tests = relation.conditions
        for _ in 0..<one([0, 0, 1, 1, 2], or: 0) { tests.append(predicate(relation, level: 0)) }
        return tests.isEmpty ? "" : " WHERE " + tests.joined(separator: " AND ")
    }
}
