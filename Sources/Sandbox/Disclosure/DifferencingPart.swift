/// One release, taken apart by privacy unit, so that it can be compared with another: which units take part in which cell, with how many
/// rows, and with which.
struct DifferencingPart: Sendable {
    /// The name of its table: c (the cell), u (the unit, hashed), n (rows), and the fingerprints; and, with `_sizes` behind it, of the
    /// table of c and size. Cells above 0 are those that were large enough; below 0, for each grouping set all
    /// of those together.
    let table: String
    let query: CellQuery
    let unit: CellQuery.Unit
    /// What rows are told apart by: SQL over a row, under a name that is the same in every part. Only what two parts have in common
    /// is compared.
    let fingerprints: [String: String]

    var sizes: String { table + "_sizes" }
    private var raw: String { table + "_raw" }
    private var cells: String { table + "_cells" }

    init(table: String, query: CellQuery, unit: CellQuery.Unit) {
        self.table = table
        self.query = query
        self.unit = unit
        var fingerprints: [String: String] = [:]
        for contribution in query.aggregates.compactMap(\.contribution) { fingerprints[contribution] = contribution }
        for (catalog, alias) in BaseTables.aliases(in: query.source) { fingerprints["rows of \(catalog)"] = "\(alias).rowid" }
        self.fingerprints = fingerprints
    }

    /// Column of the i-th fingerprint, in the order of names.
    func column(_ name: String) -> String? {
        fingerprints.keys.sorted().firstIndex(of: name).map { "f\($0)" }
    }

    var statements: [String] {
        let names = query.keyNames
        let keys = names.map { $0 + ", " }.joined()
        let prints = fingerprints.keys.sorted().indices.map { "f\($0)" }
        // A sum of hashes is the same in whatever order it is added up, which a sum of the values themselves would not be.
        let hashes = fingerprints.keys.sorted().enumerated().map { "sum(hash(\(fingerprints[$1] ?? "NULL"))) AS f\($0)" }
        let items = query.keys + ["\(unit.sql) AS unit", "count(*) AS n"] + hashes
        let units = "SELECT \(items.joined(separator: ", ")) \(query.source)\(query.grouping(and: unit.sql))"
        let all = (["u", "n"] + prints).joined(separator: ", ")
        let columns = (["hash(CAST(unit AS VARCHAR)) AS u", "n"] + prints).joined(separator: ", ")
        let minimum = query.minimumGroupSize
        var statements = [
            "CREATE TABLE \(raw) AS \(query.with)SELECT \(keys)\(columns) FROM (\(units)) WHERE unit IS NOT NULL",
            "CREATE TABLE \(cells) AS SELECT row_number() OVER () AS c, \(keys)count(*) AS size FROM \(raw)"
                + (names.isEmpty ? "" : " GROUP BY \(names.joined(separator: ", "))") + " HAVING count(*) >= \(minimum)",
        ]
        let tests = names.map { "\(raw).\($0) IS NOT DISTINCT FROM \(cells).\($0)" }.joined(separator: " AND ")
        let joined = "\(raw) JOIN \(cells) ON \(tests.isEmpty ? "true" : tests)"
        statements.append("CREATE TABLE \(table) AS SELECT c, \(all) FROM \(joined)")
        if !names.isEmpty {
            let sets = query.hasGroupingSets
            let sums = (["n"] + prints).map { "sum(\($0))" }.joined(separator: ", ")
            statements.append("INSERT INTO \(table) SELECT -1\(sets ? " - \(raw).gid" : ""), u, \(sums) FROM \(joined) GROUP BY \(sets ? "\(raw).gid, " : "")u")
        }
        return statements + [
            "CREATE TABLE \(sizes) AS SELECT c, count(*) AS size FROM \(table) GROUP BY c", "DROP TABLE \(raw)", "DROP TABLE \(cells)",
        ]
    }

    var clearance: [String] { ["DROP TABLE \(table)", "DROP TABLE \(sizes)"] }
}

/// Finds the base tables that stand openly in a FROM clause of our own writing, so that their rows have numbers.
enum BaseTables {
    /// Catalogs, such as `d0`, and the alias of each; without those that stand there more than once.
    static func aliases(in source: String) -> [(catalog: String, alias: String)] {
        var found: [String: [String]] = [:]
        var depth = 0
        var quote: Character?
        var words: [String] = []
        var word = ""
        func end() {
            if !word.isEmpty { words.append(word) }
            word = ""
            guard words.count >= 3, depth == 0 else { return }
            let last = words.suffix(3).map(\.self)
            guard last[1] == "AS", last[0].hasSuffix(".main.data"), last[0].hasPrefix("d") else { return }
            let catalog = String(last[0].dropLast(10))
            if found[catalog]?.last != last[2] { found[catalog, default: []].append(last[2]) }
        }
        for character in source + " " {
            if let open = quote {
                if character == open { quote = nil }
                word = "?"
            } else if character == "'" || character == "\"" {
                quote = character
                word = "?"
            } else if character == "(" || character == ")" {
                end()
                depth += character == "(" ? 1 : -1
                words = []
            } else if character == " " || character == "," {
                end()
                if character == "," { words = [] }
            } else {
                word.append(character)
            }
        }
        return found.filter { $1.count == 1 && $1[0].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } }
            .map { ($0.key, $0.value[0]) }.sorted { $0.catalog < $1.catalog }
    }
}
