import Encoding

/// The facets of all documents by row, in memory, so that thousands of rows are counted in a fraction of a millisecond.
///
/// Texts are numbered once and rows hold numbers: about 150 bytes a document. It repeats the table
/// `facet`, and follows every change to it.
struct FacetTable {
    private static let single: [CatalogueFacet] = [.class, .grade, .form, .updateCycle, .provider]
    /// A row number that no sound index reaches; rows beyond it are not counted.
    private static let largestRow: Int64 = 50_000_000

    /// The texts of each facet, by number; one for each of `CatalogueFacet.allCases`.
    private var texts: [[String]] = Array(repeating: [], count: CatalogueFacet.allCases.count)
    private var numbers: [[String: UInt32]] = Array(repeating: [:], count: CatalogueFacet.allCases.count)
    /// By facet, then by row.
    private var cells: [[UInt32]] = Array(repeating: [], count: FacetTable.single.count)
    private var keywords: [[UInt32]] = []
    /// Where each document stands, to find its former row when it gets a new one.
    private var places: [String: Int64] = [:]
    /// By row: 0 where there is no document, 1 for one that is not offered, 2 for one that is.
    private var states: [UInt8] = []

    init() {}

    init(_ connection: SQLiteConnection) throws(IndexError) {
        try load(
            "SELECT f.id, f.offered, f.class, f.grade, f.form, f.cycle, f.provider, f.keywords, d.identifier "
                + "FROM facet f JOIN document d ON d.id = f.id ORDER BY f.id", [], connection)
    }

    private mutating func load(_ sql: String, _ values: [SQLiteValue], _ connection: SQLiteConnection) throws(IndexError) {
        var found: [(id: Int64, isOffered: Bool, texts: [String], keywords: String, identifier: String)] = []
        try connection.query(sql, values) { (row) throws(IndexError) in
            found.append((row.integer(0), row.integer(1) != 0, (2...6).map { row.text(Int32($0)) }, row.text(7), row.text(8)))
            return true
        }
        for row in found {
            set(row.id, row.isOffered, row.texts, row.keywords)
            places[row.identifier] = row.id
        }
    }

    private mutating func set(_ id: Int64, _ isOffered: Bool, _ values: [String], _ keywordList: String) {
        guard id >= 0, id <= Self.largestRow else { return }
        let row = Int(id)
        while states.count <= row {
            states.append(0)
            keywords.append([])
            for index in cells.indices { cells[index].append(0) }
        }
        states[row] = isOffered ? 2 : 1
        for (index, text) in values.enumerated() { cells[index][row] = number(Self.single[index], text) }
        let list = (try? JSONValue.parse(keywordList))?.arrayValue ?? []
        keywords[row] = list.compactMap(\.stringValue).map { number(.keyword, $0) }
    }

    private mutating func number(_ facet: CatalogueFacet, _ text: String) -> UInt32 {
        let place = Self.place(facet)
        if let known = numbers[place][text] { return known }
        let fresh = UInt32(clamping: texts[place].count)
        texts[place].append(text)
        numbers[place][text] = fresh
        return fresh
    }

    private static func place(_ facet: CatalogueFacet) -> Int { CatalogueFacet.allCases.firstIndex(of: facet) ?? 0 }

    /// Takes a document's row up anew, after its change; `nil` where it is gone.
    mutating func follow(_ identifier: String, _ id: Int64?, _ connection: SQLiteConnection) throws(IndexError) {
        if let before = places.removeValue(forKey: identifier), before >= 0, before < Int64(states.count) {
            states[Int(before)] = 0
        }
        guard let id else { return }
        try load(
            "SELECT f.id, f.offered, f.class, f.grade, f.form, f.cycle, f.provider, f.keywords, d.identifier "
                + "FROM facet f JOIN document d ON d.id = f.id WHERE f.id = ?", [.integer(id)], connection)
    }

    // MARK: Counting

    /// The rows that fit a query without words.
    func rows(_ query: CatalogueQuery) -> [Int64] {
        guard let wanted = wantedNumbers(query) else { return [] }
        let least: UInt8 = query.includeWithdrawn ? 1 : 2
        let keyword = query.keyword.flatMap { numbers[Self.place(.keyword)][$0] }
        return states.indices.filter { row in
            states[row] >= least && wanted.allSatisfy { cells[$0.index][row] == $0.number }
                && (keyword.map { keywords[row].contains($0) } ?? true)
        }.map(Int64.init)
    }

    /// The filters as numbers; `nil` where one names a text that no document has.
    private func wantedNumbers(_ query: CatalogueQuery) -> [(index: Int, number: UInt32)]? {
        if let keyword = query.keyword, numbers[Self.place(.keyword)][keyword] == nil { return nil }
        var wanted: [(index: Int, number: UInt32)] = []
        let filters = [query.class, query.grade, query.form, query.updateCycle, query.provider]
        for (index, text) in filters.enumerated() {
            guard let text else { continue }
            guard let number = numbers[Self.place(Self.single[index])][text] else { return nil }
            wanted.append((index, number))
        }
        return wanted
    }

    static let mostValues = 50

    /// How many of the rows have each value, the most frequent first, equal ones in the order of their texts.
    func counts(_ facet: CatalogueFacet, in rows: [Int64]) -> [FacetCount] {
        let place = Self.place(facet)
        var counts = [Int](repeating: 0, count: texts[place].count)
        let index = Self.single.firstIndex(of: facet)
        for id in rows where id >= 0 && id < Int64(states.count) {
            let row = Int(id)
            if let index {
                counts[Int(cells[index][row])] += 1
            } else {
                for number in keywords[row] { counts[Int(number)] += 1 }
            }
        }
        let found = counts.indices.filter { counts[$0] > 0 && !texts[place][$0].isEmpty }
        let sorted = found.sorted { (counts[$1], texts[place][$0]) < (counts[$0], texts[place][$1]) }
        return sorted.prefix(Self.mostValues).map { FacetCount(value: texts[place][$0], count: counts[$0]) }
    }
}

extension CatalogueIndex {
    static let countedRows = 10_000

    /// Counts what the query's text and filters match, by the facets asked for.
    func count(
        _ query: CatalogueQuery, _ phrases: [SearchTerms.Phrase], _ page: inout CataloguePage, _ connection: SQLiteConnection
    ) throws(IndexError) {
        var rows: [Int64]?
        if !phrases.isEmpty {
            let found = try Self.rows(SearchTerms.wholeExpression(query, phrases), limit: Self.countedRows + 1, connection)
            page.facetsAreExact = found.count <= Self.countedRows
            rows = Array(found.prefix(Self.countedRows))
        }
        let chosen = rows
        page.facets = facets.withLock { table in
            let rows = chosen ?? table.rows(query)
            return Dictionary(query.facets.map { ($0, table.counts($0, in: rows)) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Brings the table in memory up to changes that have just been committed.
    func follow(_ changes: [IndexChange], _ connection: SQLiteConnection) throws(IndexError) {
        var touched: [String] = []
        for change in changes {
            switch change {
            case .upsert(let document): touched.append(document.identifier)
            case .status(let identifier, _, _, _), .remove(let identifier): touched.append(identifier)
            case .several(let parts): try follow(parts, connection)
            case .run, .history, .evidence, .alarm: break
            }
        }
        for identifier in Set(touched) {
            let id = try connection.integer("SELECT id FROM document WHERE identifier = ?", [.text(identifier)])
            try facets.withLock { (table) throws(IndexError) in try table.follow(identifier, id, connection) }
        }
    }
}
