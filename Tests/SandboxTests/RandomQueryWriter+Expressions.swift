// Keys, aggregates and conditions.

extension RandomQueryWriter {
    struct Key {
        var sql: String
        var kind: RandomColumn.Kind
        var samples: [String]
    }

    mutating func groupKey(_ relation: RandomRelation) -> Key {
        let allowed = relation.columns.filter { isHostile ? true : $0.isKey && ($0.use != .key || relation.isOpen) }
        guard let column = allowed.randomElement(using: &random) else { return Key(sql: "'all'", kind: .text, samples: ["'all'"]) }
        let name = column.name
        guard chance(35) else { return Key(sql: name, kind: column.kind, samples: column.samples) }
        features.insert("key expression")
        switch column.kind {
        case .text:
            return Key(sql: one(["upper(\(name))", "substring(\(name), 1, 1)", "CASE WHEN \(name) = \(column.samples[0]) THEN 'one' ELSE 'rest' END", "\(name) || '!'"], or: name), kind: .text, samples: ["'one'", "'rest'"])
        case .date: return Key(sql: one(["day(\(name)) % 2", "month(\(name))", "dayofweek(\(name))"], or: name), kind: .integer, samples: ["1", "2"])
        case .integer, .decimal: return Key(sql: one(["\(name) // 50", "\(name) > 20", "round(\(name) / 100)"], or: name), kind: .integer, samples: ["0", "1"])
        case .boolean: return Key(sql: "NOT \(name)", kind: .boolean, samples: ["true"])
        }
    }

    mutating func aggregate(_ relation: RandomRelation) -> String {
        let value = relation.columns.filter(\.isValue).randomElement(using: &random)?.name
        let any = relation.columns.filter(\.isFilter).randomElement(using: &random)?.name
        guard let value, chance(75) else {
            var counts = ["count(*)", "count(*)"]
            if let any { counts += ["count(\(any))", "count(DISTINCT \(any))"] }
            if let unit = relation.units.first { counts.append("count(DISTINCT \(unit.name))") }
            return one(counts, or: "count(*)")
        }
        let other = relation.columns.filter(\.isValue).randomElement(using: &random)?.name ?? value
        switch Int.random(in: 0..<14, using: &random) {
        case 0..<5: return "\(one(["sum", "avg"], or: "sum"))(\(one([value, "\(value) * 2 - 1", "\(value) + \(other)", value], or: value)))"
        case 5: return one(["stddev_samp(\(value))", "var_pop(\(value))"], or: "")
        case 6:
            features.insert("product")
            return "sum(\(value) * \(other))"
        case 7, 8: return split(relation, value)
        case 9:
            features.insert("relation of two values")
            return one(["corr(\(value), \(other))", "regr_slope(\(value), \(other))", "covar_samp(\(value), \(other))"], or: "")
        case 10:
            features.insert("quantile")
            return one(["median(\(value))", "quantile_cont(\(value), 0.5)", "quantile_cont(\(value), 0.25)", "quantile_disc(\(value), 0.5)"], or: "")
        case 11:
            features.insert("extreme")
            return one(["min(\(value))", "max(\(value))", "sum(\(value))", "avg(\(other))"], or: "")
        case 12: return "sum(\(value)) / count(*)"
        default: return one(["count(\(value))", "round(avg(\(value)), 2)", "sum(\(value)) - sum(\(other))"], or: "")
        }
    }

    /// An aggregate over a part of the group.
    private mutating func split(_ relation: RandomRelation, _ value: String) -> String {
        features.insert("CASE or FILTER")
        let test = simple(relation)
        return one(
            [
                "sum(CASE WHEN \(test) THEN \(value) ELSE 0 END)", "avg(CASE WHEN \(test) THEN \(value) END)", "count(*) FILTER (WHERE \(test))",
                "sum(\(value)) FILTER (WHERE \(test))", "sum(CASE WHEN \(test) THEN 1 ELSE 0 END)", "count(CASE WHEN \(test) THEN \(value) END)",
            ], or: "count(*)")
    }

    /// A comparison of one column.
    mutating func simple(_ relation: RandomRelation) -> String {
        let allowed = relation.columns.filter { isHostile || $0.isFilter }
        guard let column = allowed.randomElement(using: &random) else { return "1 = 1" }
        let name = column.name
        let sample = one(column.samples, or: "NULL")
        switch column.kind {
        case .text: return one(["\(name) = \(sample)", "\(name) <> \(sample)", "\(name) IN (\(sample), \(column.samples[0]))", "\(name) LIKE '%1%'", "\(name) IS NULL", "length(\(name)) > 3"], or: "")
        case .boolean: return one([name, "NOT \(name)", "\(name) IS NOT NULL"], or: name)
        default: return one(["\(name) > \(sample)", "\(name) <= \(sample)", "\(name) = \(sample)", "\(name) BETWEEN \(column.samples[0]) AND \(sample)", "\(name) IS NOT NULL"], or: "")
        }
    }

    mutating func predicate(_ relation: RandomRelation, level: Int) -> String {
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<8: return simple(relation)
        case 8 where level < 2: return "(\(predicate(relation, level: level + 1)) OR \(predicate(relation, level: level + 1)))"
        case 9 where level < 2: return "NOT (\(predicate(relation, level: level + 1)))"
        case 10, 11: return exists(relation)
        case 12: return membership(relation)
        case 13, 14: return comparison(relation)
        default: return simple(relation)
        }
    }

    private mutating func not() -> String { chance(30) ? "NOT " : "" }

    private mutating func exists(_ relation: RandomRelation) -> String {
        guard let outer = relation.columns.filter({ ["patient", "u0", "nurse", "station", "ward"].contains($0.bareName) }).randomElement(using: &random)
        else { return simple(relation) }
        features.insert("EXISTS")
        let inner = base(one(outer.use == .unit ? (outer.samples == SmallSpace.nurses.map { "'\($0)'" } ? ["shifts"] : ["visits", "patients"]) : ["weather", "visits"], or: "visits"))
        let key = outer.bareName == "u0" ? inner.units.first : inner.columns.first { $0.bareName == outer.bareName }
        guard let key = key ?? inner.units.first else { return simple(relation) }
        var tests = ["\(key.name) = \(outer.name)"]
        if chance(60) { tests.append(simple(inner)) }
        return "\(not())EXISTS (SELECT * FROM \(inner.text) WHERE \(tests.joined(separator: " AND ")))"
    }

    private mutating func membership(_ relation: RandomRelation) -> String {
        guard let outer = relation.columns.filter({ $0.use == .unit || $0.bareName == "station" || $0.bareName == "ward" }).randomElement(using: &random)
        else { return simple(relation) }
        features.insert("IN subquery")
        let inner = base(outer.use == .unit ? (outer.samples == SmallSpace.nurses.map { "'\($0)'" } ? "shifts" : "visits") : one(["weather", "visits"], or: "weather"))
        guard let key = outer.use == .unit ? inner.units.first : inner.columns.first(where: { $0.bareName == outer.bareName }) else { return simple(relation) }
        let filter = chance(60) ? " WHERE \(simple(inner))" : ""
        return "\(outer.name) \(not())IN (SELECT \(key.name) FROM \(inner.text)\(filter))"
    }

    /// With a scalar subquery, now and then correlated.
    private mutating func comparison(_ relation: RandomRelation) -> String {
        guard let column = relation.columns.filter({ $0.isNumber && $0.isFilter }).randomElement(using: &random) else { return simple(relation) }
        features.insert("scalar subquery")
        let inner = base(one(["visits", "weather", "visits", "shifts"], or: "visits"))
        let value = inner.columns.filter(\.isValue).randomElement(using: &random)?.name ?? "1"
        var filter = ""
        let shared = relation.columns.filter { outer in outer.use != .unit && inner.columns.contains { $0.bareName == outer.bareName && $0.isFilter } }
        if chance(50), let outer = shared.randomElement(using: &random), let key = inner.columns.first(where: { $0.bareName == outer.bareName }) {
            features.insert("correlated")
            filter = " WHERE \(key.name) = \(outer.name)"
        }
        return "\(column.name) \(one(["<", ">", ">="], or: ">")) (SELECT \(one(["avg(\(value))", "sum(\(value)) / 10", "count(*)", "0.5 * avg(\(value))"], or: "1")) FROM \(inner.text)\(filter))"
    }
}
