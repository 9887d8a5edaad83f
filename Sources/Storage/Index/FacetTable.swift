import Encoding

/// The facets of all documents by row, in memory, so that thousands of rows are counted in a fraction of a millisecond.
///
/// Texts are numbered once and rows hold numbers: about 25 bytes a row, and 4 for each keyword. It repeats the table
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
    /// The keywords of all rows one after the other, and by row where its own lie. A row that is set again leaves its
    /// old ones behind until the next start.
    private var keywords: [UInt32] = []
    private var keywordPlaces: [(start: UInt32, count: UInt16)] = []
    /// By row: 0 where there is no document, 1 for one that is not offered, 2 for one that is.
    private var states: [UInt8] = []

    init() {}

    init(_ connection: SQLiteConnection) throws(IndexError) {
        try load(
            "SELECT f.id, f.offered, f.class, f.grade, f.form, f.cycle, f.provider, f.keywords FROM facet f "
                + "ORDER BY f.id", [], connection)
    }

    private mutating func load(_ sql: String, _ values: [SQLiteValue], _ connection: SQLiteConnection) throws(IndexError) {
        var found: [(id: Int64, isOffered: Bool, texts: [String], keywords: String)] = []
        try connection.query(sql, values) { (row) throws(IndexError) in
            found.append((row.integer(0), row.integer(1) != 0, (2...6).map { row.text(Int32($0)) }, row.text(7)))
            return true
        }
        for row in found { set(row.id, row.isOffered, row.texts, row.keywords) }
    }

    private mutating func set(_ id: Int64, _ isOffered: Bool, _ values: [String], _ keywordList: String) {
        guard id >= 0, id <= Self.largestRow else { return }
        let row = Int(id)
        while states.count <= row {
            states.append(0)
            keywordPlaces.append((0, 0))
            for index in cells.indices { cells[index].append(0) }
        }
        states[row] = isOffered ? 2 : 1
        for (index, text) in values.enumerated() { cells[index][row] = number(Self.single[index], text) }
        let list = (try? JSONValue.parse(keywordList))?.arrayValue ?? []
        let numbers = list.prefix(Int(UInt16.max)).compactMap(\.stringValue).map { number(.keyword, $0) }
        keywordPlaces[row] = (UInt32(clamping: keywords.count), UInt16(numbers.count))
        keywords += numbers
    }

    private func keywords(ofRow row: Int) -> ArraySlice<UInt32> {
        let (start, count) = keywordPlaces[row]
        return keywords[min(Int(start), keywords.count)..<min(Int(start) + Int(count), keywords.count)]
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

    /// Takes a document's row up anew, after its change.
    ///
    /// - Parameters:
    ///   - id: `nil` where the document is gone.
    ///   - before: its row before the change; `nil` where there was none.
    mutating func follow(_ id: Int64?, before: Int64?, _ connection: SQLiteConnection) throws(IndexError) {
        if let before, before >= 0, before < Int64(states.count) { states[Int(before)] = 0 }
        guard let id else { return }
        try load(
            "SELECT f.id, f.offered, f.class, f.grade, f.form, f.cycle, f.provider, f.keywords FROM facet f "
                + "WHERE f.id = ?", [.integer(id)], connection)
    }

    // MARK: Counting

    /// The rows that fit a query without words.
    func rows(_ query: CatalogueQuery) -> [Int64] {
        guard let wanted = wantedNumbers(query) else { return [] }
        let least: UInt8 = query.includeWithdrawn ? 1 : 2
        let keyword = query.keyword.flatMap { numbers[Self.place(.keyword)][$0] }
        return states.indices.filter { row in
            states[row] >= least && wanted.allSatisfy { cells[$0.index][row] == $0.number }
                && (keyword.map { keywords(ofRow: row).contains($0) } ?? true)
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
                for number in keywords(ofRow: row) { counts[Int(number)] += 1 }
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
    ///
    /// - Parameter matching: the rows that match, the latest first, one more than are counted where there are more; `nil`
    ///   for a query without words.
    func count(_ query: CatalogueQuery, _ matching: [Int64]?, _ page: inout CataloguePage) {
        page.facetsAreExact = (matching?.count ?? 0) <= Self.countedRows
        page.facets = facets.withLock { table in
            let rows = matching.map { Array($0.prefix(Self.countedRows)) } ?? table.rows(query)
            return Dictionary(query.facets.map { ($0, table.counts($0, in: rows)) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// The documents that changes touch, with the rows that they have now.
    func rows(touchedBy changes: [IndexChange], _ connection: SQLiteConnection) throws(IndexError) -> [String: Int64?] {
        var rows: [String: Int64?] = [:]
        for change in changes.flatMap(\.parts) {
            let identifier: String
            switch change {
            case .upsert(let document): identifier = document.identifier
            case .status(let touched, _, _, _), .remove(let touched): identifier = touched
            case .run, .resultDestroyed, .history, .evidence, .alarm, .several: continue
            }
            guard rows[identifier] == nil else { continue }
            rows.updateValue(try row(identifier, connection), forKey: identifier)
        }
        return rows
    }

    /// Brings the table in memory up to changes that have just been committed.
    func follow(_ rows: [String: Int64?], _ connection: SQLiteConnection) throws(IndexError) {
        for (identifier, before) in rows {
            let id = try row(identifier, connection)
            try facets.withLock { (table) throws(IndexError) in try table.follow(id, before: before, connection) }
        }
    }

    private func row(_ identifier: String, _ connection: SQLiteConnection) throws(IndexError) -> Int64? {
        try connection.integer("SELECT id FROM document WHERE identifier = ?", [.text(identifier)])
    }
}
