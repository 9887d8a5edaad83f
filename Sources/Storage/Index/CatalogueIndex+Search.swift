import Encoding
import Signing

extension CatalogueIndex {
    static let countedTotal = 1_000
    static let longestText = 512
    static let mostRuns = 16

    /// Finds products whose titles, keywords and descriptions hold all the words of a text, best rank first.
    ///
    /// - Throws: `IndexError.queryTooLong`, `.badLimit`, `.badCursor` for what the caller gave.
    public func search(_ query: CatalogueQuery) throws(IndexError) -> CataloguePage {
        guard (1...200).contains(query.limit) else { throw .badLimit(query.limit) }
        guard query.text.utf8.count <= Self.longestText else {
            throw .queryTooLong(reason: "\(query.text.utf8.count) bytes, at most \(Self.longestText)")
        }
        let runs = SearchText.runs(query.text)
        guard runs.count <= Self.mostRuns else {
            throw .queryTooLong(reason: "\(runs.count) words, at most \(Self.mostRuns)")
        }
        // Text of nothing but punctuation was meant to find something: it finds nothing, not everything.
        if runs.isEmpty && !query.text.allSatisfy(\.isWhitespace) {
            return CataloguePage(hits: [], total: 0, totalIsExact: true, nextCursor: nil)
        }
        let filters = [query.provider, query.grade, query.class, query.form, query.updateCycle, query.keyword]
        let mark = [query.text] + filters.map { $0.map { "=\($0)" } ?? "" }
        let hash = SHA256.hash(Array("\(mark) \(query.includeWithdrawn)".utf8))
        let fingerprint = Hexadecimal.encode(hash.bytes.prefix(4))
        let start = try query.cursor.map { (text) throws(IndexError) in try Cursor(text, fingerprint: fingerprint) }
        return try reader.withLock { (connection) throws(IndexError) in
            // One transaction, so that hits and total are of the same moment.
            try connection.execute("BEGIN")
            defer { try? connection.execute("COMMIT") }
            let phrases = try Self.phrases(runs, connection)
            let matching = try Self.matching(query, phrases, connection)
            var page = try Self.page(query, phrases, matching, start, fingerprint, connection)
            if !query.facets.isEmpty { count(query, phrases.isEmpty ? nil : matching, &page) }
            return page
        }
    }

    /// What to look for. A word that no text holds just so may be the beginning of others; a single ideograph is the
    /// first of a pair, unless it stands at an end.
    private static func phrases(
        _ runs: [SearchText.Run], _ connection: SQLiteConnection
    ) throws(IndexError) -> [SearchTerms.Phrase] {
        var phrases: [SearchTerms.Phrase] = []
        for (index, run) in runs.enumerated() where !runs[..<index].contains(run) {
            var isOpen = run.phrase == run.terms
            if case .word(let word) = run {
                isOpen = try rows(SearchTerms.exactly(word), limit: 1, connection).isEmpty
            }
            phrases.append(SearchTerms.Phrase(terms: run.phrase, isOpen: isOpen))
        }
        return phrases
    }

    /// The product with this identifier, whatever its status; its `rank` is 0.
    public func document(_ identifier: String) throws(IndexError) -> CatalogueHit? {
        try reader.withLock { (connection) throws(IndexError) in
            var found: CatalogueHit?
            let sql = "SELECT id, identifier, status, updated, seq, body FROM document WHERE identifier = ?"
            try connection.query(sql, [.text(identifier)]) { (row) throws(IndexError) in
                found = try Self.hit(row, rank: 0, path: connection.path)
                return false
            }
            return found
        }
    }

    /// The identifiers of the products that are listed, in their order.
    ///
    /// - Parameters:
    ///   - after: the last one of the page before; empty for the first page.
    ///   - limit: how many at most.
    public func listed(after: String, limit: Int) throws(IndexError) -> [String] {
        try reader.withLock { (connection) throws(IndexError) in
            var identifiers: [String] = []
            try connection.query(
                "SELECT identifier FROM document WHERE identifier > ? AND status = ? ORDER BY identifier LIMIT ?",
                [.text(after), .text(CatalogueDocument.listedStatus), .integer(Int64(limit))]
            ) { (row) throws(IndexError) in
                identifiers.append(row.text(0))
                return true
            }
            return identifiers
        }
    }

    /// All rows that match, the latest first, as far as the total is counted, or the facets are. It is read once, for
    /// both and for the last tier: with words that are in many texts, reading it is most of what a search costs.
    private static func matching(
        _ query: CatalogueQuery, _ phrases: [SearchTerms.Phrase], _ connection: SQLiteConnection
    ) throws(IndexError) -> [Int64] {
        let isCounted = !query.facets.isEmpty && !phrases.isEmpty
        let limit = (isCounted ? countedRows : countedTotal) + 1
        return try rows(SearchTerms.wholeExpression(query, phrases), limit: limit, connection)
    }

    private static func page(
        _ query: CatalogueQuery, _ phrases: [SearchTerms.Phrase], _ matching: [Int64], _ start: Cursor?,
        _ fingerprint: String, _ connection: SQLiteConnection
    ) throws(IndexError) -> CataloguePage {
        // One more than the page holds tells whether there is a next page.
        let places = if let start {
            try following(start, query, phrases, connection)
        } else {
            try first(matching, query, phrases, connection)
        }
        var hits: [CatalogueHit] = []
        let sql = "SELECT id, identifier, status, updated, seq, body FROM document WHERE id = ?"
        for place in places.prefix(query.limit) {
            try connection.query(sql, [.integer(place.id)]) { (row) throws(IndexError) in
                hits.append(try hit(row, rank: place.tier, path: connection.path))
                return false
            }
        }
        let last = places.count > query.limit ? places[query.limit - 1] : nil
        return CataloguePage(
            hits: hits, total: min(matching.count, countedTotal), totalIsExact: matching.count <= countedTotal,
            nextCursor: last?.text(fingerprint: fingerprint))
    }

    /// The first page's rows. Every tier holds the better ones, so what they gave is passed over; and once all that
    /// match have been found there is no need to ask the other tiers, which matters for words that are in many texts
    /// but seldom together.
    private static func first(
        _ matching: [Int64], _ query: CatalogueQuery, _ phrases: [SearchTerms.Phrase], _ connection: SQLiteConnection
    ) throws(IndexError) -> [Cursor] {
        let wanted = min(matching.count, query.limit + 1)
        var places: [Cursor] = []
        var seen: Set<Int64> = []
        for tier in SearchTerms.Tier.allCases where places.count < wanted {
            let rows = if tier == .any {
                matching
            } else if let expression = SearchTerms.expression(query, phrases, tier) {
                try rows(expression, limit: wanted + seen.count, connection)
            } else {
                [Int64]()
            }
            for id in rows where places.count < wanted && seen.insert(id).inserted {
                places.append(Cursor(tier: tier.rawValue, id: id))
            }
        }
        return places
    }

    /// A later page's rows: from the place where the one before ended. What better tiers gave on earlier pages is not
    /// known here, so the full-text engine has to leave it out.
    private static func following(
        _ start: Cursor, _ query: CatalogueQuery, _ phrases: [SearchTerms.Phrase], _ connection: SQLiteConnection
    ) throws(IndexError) -> [Cursor] {
        var places: [Cursor] = []
        for tier in SearchTerms.Tier.allCases where tier.rawValue >= start.tier && places.count <= query.limit {
            guard let expression = SearchTerms.remainder(query, phrases, tier) else { continue }
            let below = tier.rawValue == start.tier ? start.id : Int64.max
            let found = try rows(expression, below: below, limit: query.limit + 1 - places.count, connection)
            places += found.map { Cursor(tier: tier.rawValue, id: $0) }
        }
        return places
    }

    /// The rows that match, the latest first, read no further than needed. An empty expression matches all.
    static func rows(
        _ expression: String, below: Int64 = .max, limit: Int, _ connection: SQLiteConnection
    ) throws(IndexError) -> [Int64] {
        var rows: [Int64] = []
        let bounds: [SQLiteValue] = [.integer(below), .integer(Int64(limit))]
        let sql = expression.isEmpty
            ? "SELECT id FROM document WHERE id < ? ORDER BY id DESC LIMIT ?"
            : "SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        try connection.query(sql, (expression.isEmpty ? [] : [.text(expression)]) + bounds) { (row) throws(IndexError) in
            rows.append(row.integer(0))
            return true
        }
        return rows
    }

    private static func hit(_ row: SQLiteRow, rank: Int, path: String) throws(IndexError) -> CatalogueHit {
        guard let body = try? JSONValue.parse(row.text(5)) else {
            throw .corrupt(path: path, message: "the body of \(row.text(1)) is not JSON")
        }
        return CatalogueHit(
            identifier: row.text(1), rank: rank, status: row.text(2), updated: Timestamp(milliseconds: row.integer(3)),
            seq: UInt64(clamping: row.integer(4)), body: body)
    }

    /// The tier and row of a hit. As text, with a mark of the query it belongs to, it says where a page ended.
    private struct Cursor {
        var tier: Int
        var id: Int64

        init(tier: Int, id: Int64) {
            self.tier = tier
            self.id = id
        }

        init(_ text: String, fingerprint: String) throws(IndexError) {
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == fingerprint, let tier = Int(parts[1]), let id = Int64(parts[2]),
                SearchTerms.Tier(rawValue: tier) != nil, id >= 0
            else { throw .badCursor }
            self.init(tier: tier, id: id)
        }

        func text(fingerprint: String) -> String { "\(fingerprint)-\(tier)-\(id)" }
    }
}
