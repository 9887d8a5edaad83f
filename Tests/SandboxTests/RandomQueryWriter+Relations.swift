// FROM: tables, joins, derived tables and common table expressions.

extension RandomQueryWriter {
    private static let names = ["patients", "visits", "visits", "visits", "weather", "shifts"]

    func kind(_ type: String) -> RandomColumn.Kind {
        switch type {
        case "VARCHAR": .text
        case "DATE": .date
        case "BOOLEAN": .boolean
        case "DOUBLE", "DECIMAL(9,2)": .decimal
        default: .integer
        }
    }

    func use(_ column: SmallSpace.Column) -> RandomColumn.Use {
        switch column.role {
        case .privacyUnit: .unit
        case .dimension: .dimension
        case .attribute: .attribute
        case .measure: .measure
        case .filter: .filter
        default: .key
        }
    }

    mutating func base(_ name: String) -> RandomRelation {
        let table = SmallSpace.tables.first { $0.name == name } ?? SmallSpace.tables[1]
        let alias = alias("t")
        return RandomRelation(
            text: "\(table.name) \(chance(50) ? "AS " : "")\(alias)",
            columns: table.columns.map {
                RandomColumn(name: "\(alias).\($0.name)", kind: kind($0.type), use: use($0), samples: $0.samples)
            }, isOpen: table.isOpen)
    }

    mutating func relation(level: Int) -> RandomRelation {
        let most = level < 2 ? 20 : 12
        switch Int.random(in: 0..<most, using: &random) {
        case 0..<7: return base(one(Self.names, or: "visits"))
        case 7..<12: return join(level: level)
        case 12..<15: return derived(level: level + 1)
        case 15..<17: return common(level: level + 1)
        case 17..<19: return perUnit(level: level + 1)
        default: return released(level: level + 1)
        }
    }

    private static let pairs: [(left: String, right: String, columns: [String])] = [
        ("visits", "patients", ["patient"]), ("patients", "visits", ["patient"]), ("visits", "visits", ["patient"]),
        ("visits", "weather", ["station", "day"]), ("visits", "weather", ["station"]), ("patients", "weather", ["station"]),
        ("visits", "shifts", ["ward", "day"]), ("shifts", "weather", ["day"]), ("weather", "weather", ["station", "day"]),
        ("visits", "visits", ["patient", "day"]), ("shifts", "shifts", ["nurse"]), ("visits", "patients", ["station"]),
    ]

    private mutating func join(level: Int) -> RandomRelation {
        features.insert("join")
        let pair = Self.pairs.randomElement(using: &random) ?? Self.pairs[0]
        var left = base(pair.left)
        let right = base(pair.right)
        left.isOpen = left.isOpen && right.isOpen
        let test = pair.columns.map { column in
            "\(left.columns.first { $0.bareName == column }?.name ?? column) = \(right.columns.first { $0.bareName == column }?.name ?? column)"
        }.joined(separator: " AND ")
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            features.insert("left join")
            left.text += " LEFT JOIN \(right.text) ON \(test)"
        case 1:
            features.insert("comma join")
            left.text += ", \(right.text)"
            left.conditions.append(test)
        case 2: left.text += " JOIN \(right.text) USING (\(pair.columns.joined(separator: ", ")))"
        case 3 where isHostile: left.text += " CROSS JOIN \(right.text)"
        default: left.text += " JOIN \(right.text) ON \(test)"
        }
        left.columns += right.columns
        return left
    }

    /// A projection, with computed columns and windows within a unit.
    private mutating func derived(level: Int) -> RandomRelation {
        features.insert("derived table")
        return wrapped(rows(relation(level: level)))
    }

    /// The text of a subquery and its columns, put into FROM.
    private mutating func wrapped(_ source: (text: String, columns: [RandomColumn], isOpen: Bool)) -> RandomRelation {
        let alias = alias("d")
        return RandomRelation(text: "(\(source.text)) AS \(alias)", columns: source.columns.map { renamed($0, alias) }, isOpen: source.isOpen)
    }

    private func renamed(_ column: RandomColumn, _ alias: String) -> RandomColumn {
        var column = column
        column.name = "\(alias).\(column.bareName)"
        return column
    }

    private mutating func rows(_ source: RandomRelation) -> (text: String, columns: [RandomColumn], isOpen: Bool) {
        var items: [(sql: String, column: RandomColumn)] = []
        for column in source.columns where column.use == .unit || chance(70) { items.append((column.name, column)) }
        if items.isEmpty, let column = source.columns.first { items.append((column.name, column)) }
        if chance(50) { items += computed(source) }
        if chance(30) { items += window(source) }
        var columns: [RandomColumn] = []
        var texts: [String] = []
        for (index, item) in items.enumerated() {
            var column = item.column
            column.name = "c\(aliases)_\(index)"
            columns.append(column)
            texts.append("\(item.sql) AS \(column.name)")
        }
        aliases += 1
        var text = "SELECT \(chance(8) ? "DISTINCT " : "")\(texts.joined(separator: ", ")) FROM \(source.text)\(filter(source))"
        if isHostile, chance(20) { text += one([" LIMIT 5", " ORDER BY 1 LIMIT 3"], or: "") }
        return (text, columns, source.isOpen)
    }

    private mutating func computed(_ source: RandomRelation) -> [(sql: String, column: RandomColumn)] {
        guard let column = source.columns.filter({ $0.use != .unit }).randomElement(using: &random) else { return [] }
        let name = column.name
        let made: (String, RandomColumn.Kind)
        switch column.kind {
        case .integer, .decimal: made = (one(["\(name) * 2 + 1", "\(name) - 5", "abs(\(name))", "coalesce(\(name), 0)", "CASE WHEN \(name) > 10 THEN 1 ELSE 0 END"], or: name), .decimal)
        case .text: made = (one(["upper(\(name))", "\(name) || 'x'", "substring(\(name), 1, 1)", "CASE WHEN \(name) = \(column.samples[0]) THEN 'a' ELSE 'b' END"], or: name), .text)
        case .date: made = (one(["day(\(name))", "\(name) - DATE '2020-01-01'", "dayofweek(\(name))"], or: name), .integer)
        case .boolean: made = ("NOT \(name)", .boolean)
        }
        return [(made.0, RandomColumn(name: "", kind: made.1, use: column.use, samples: made.1 == column.kind ? column.samples : ["1", "3"]))]
    }

    private mutating func window(_ source: RandomRelation) -> [(sql: String, column: RandomColumn)] {
        guard let value = source.columns.filter(\.isValue).randomElement(using: &random),
            let order = source.columns.first(where: { $0.kind == .date }) ?? source.columns.first
        else { return [] }
        features.insert("row-level window")
        var partition = source.units.map(\.name).joined(separator: ", ")
        if isHostile || partition.isEmpty { partition = source.columns.first { $0.use == .dimension }?.name ?? "1" }
        // Rows that are equal in everything may change places and nothing else, so that the answer is always the same.
        let ties = source.columns.filter { $0.use != .unit || !isHostile }.map(\.name).joined(separator: ", ")
        let over = "OVER (PARTITION BY \(partition) ORDER BY \(order.name), \(ties))"
        let sql = one(["row_number() \(over)", "lag(\(value.name)) \(over)", "sum(\(value.name)) \(over)", "rank() \(over)", "count(*) OVER (PARTITION BY \(partition))"], or: "1")
        return [(sql, RandomColumn(name: "", kind: .integer, use: value.use, samples: ["1", "2", "3"]))]
    }

    private mutating func common(level: Int) -> RandomRelation {
        features.insert("common table expression")
        let source: (text: String, columns: [RandomColumn], isOpen: Bool)
        if chance(60) {
            source = rows(relation(level: level))
        } else {
            let inner = grouped(relation(level: level), keys: 1)
            source = (inner.text, inner.columns, true)
        }
        let name = alias("w")
        withs.append("\(name) AS (\(source.text))")
        let alias = alias("x")
        return RandomRelation(text: "\(name) AS \(alias)", columns: source.columns.map { renamed($0, alias) }, isOpen: source.isOpen)
    }

    /// One row for each unit.
    private mutating func perUnit(level: Int) -> RandomRelation {
        let source = relation(level: level)
        guard let unit = source.units.first, source.units.count == 1 || chance(30) else { return source }
        features.insert("one row a unit")
        let value = source.columns.filter(\.isValue).randomElement(using: &random)
        let total = value.map { one(["sum(\($0.name))", "avg(\($0.name))", "max(\($0.name))"], or: "1") } ?? "count(*)"
        let units = source.units.map(\.name)
        var items = units.enumerated().map { "\($1) AS u\($0)" }
        items += ["count(*) AS n", "\(total) AS total"]
        let text = "SELECT \(items.joined(separator: ", ")) FROM \(source.text)\(filter(source)) GROUP BY \(units.joined(separator: ", "))" + (chance(20) ? " HAVING count(*) > 2" : "")
        var columns = units.indices.map { RandomColumn(name: "u\($0)", kind: .text, use: .unit, samples: unit.samples) }
        columns.append(RandomColumn(name: "n", kind: .integer, use: .attribute, samples: ["1", "3", "6"]))
        columns.append(RandomColumn(name: "total", kind: .decimal, use: value?.use ?? .attribute, samples: ["10", "100"]))
        return wrapped((text, columns, false))
    }

    /// A subquery whose cells are released before anything sees them.
    mutating func released(level: Int) -> RandomRelation {
        features.insert("inner aggregate")
        let inner = grouped(relation(level: level + 1), keys: Int.random(in: 0...2, using: &random))
        return wrapped((inner.text, inner.columns, true))
    }
}
