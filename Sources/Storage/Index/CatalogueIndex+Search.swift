import Encoding
import Signing

extension CatalogueIndex {
    static let countedTotal: Int64 = 1_000
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
        let whole = SearchTerms.wholeExpression(query, runs)
        let fingerprint = Hexadecimal.encode(SHA256.hash(Array("\(query.text)\n\(whole)".utf8)).bytes.prefix(4))
        let start = try Cursor(query.cursor, fingerprint: fingerprint)
        return try reader.withLock { (connection) throws(IndexError) in
            var page: CataloguePage?
            // One transaction, so that hits and total are of the same moment.
            try connection.execute("BEGIN")
            defer { try? connection.execute("COMMIT") }
            page = try Self.page(query, runs, whole, start, fingerprint, connection)
            return page ?? CataloguePage(hits: [], total: 0, totalIsExact: true, nextCursor: nil)
        }
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

    private static func page(
        _ query: CatalogueQuery, _ runs: [SearchText.Run], _ whole: String, _ start: Cursor, _ fingerprint: String,
        _ connection: SQLiteConnection
    ) throws(IndexError) -> CataloguePage {
        var hits: [CatalogueHit] = []
        var last = start
        var hasMore = false
        for tier in SearchTerms.Tier.allCases where tier.rawValue >= start.tier && !hasMore {
            guard let expression = SearchTerms.expression(query, runs, tier) else { continue }
            let below = tier.rawValue == start.tier ? start.id : Int64.max
            let wanted = query.limit - hits.count + 1
            try find(expression, below: below, limit: wanted, connection) { (row) throws(IndexError) in
                if hits.count == query.limit {
                    hasMore = true
                    return false
                }
                hits.append(try hit(row, rank: tier.rawValue, path: connection.path))
                last = Cursor(tier: tier.rawValue, id: row.integer(0))
                return true
            }
        }
        let total = try count(whole, connection)
        return CataloguePage(
            hits: hits, total: Int(min(total, countedTotal)), totalIsExact: total <= countedTotal,
            nextCursor: hasMore ? last.text(fingerprint: fingerprint) : nil)
    }

    /// `CROSS JOIN` keeps the full-text table outermost, which is what makes the rows come in order without sorting.
    private static func find(
        _ expression: String, below: Int64, limit: Int, _ connection: SQLiteConnection,
        _ body: (SQLiteRow) throws(IndexError) -> Bool
    ) throws(IndexError) {
        if expression.isEmpty {
            let sql = """
                SELECT id, identifier, status, updated, seq, body FROM document WHERE id < ? ORDER BY id DESC LIMIT ?
                """
            return try connection.query(sql, [.integer(below), .integer(Int64(limit))], body)
        }
        let sql = """
            SELECT d.id, d.identifier, d.status, d.updated, d.seq, d.body
            FROM words CROSS JOIN document d ON d.id = words.rowid
            WHERE words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC LIMIT ?
            """
        try connection.query(sql, [.text(expression), .integer(below), .integer(Int64(limit))], body)
    }

    private static func count(_ expression: String, _ connection: SQLiteConnection) throws(IndexError) -> Int64 {
        let limit = SQLiteValue.integer(countedTotal + 1)
        if expression.isEmpty {
            return try connection.integer("SELECT count(*) FROM (SELECT 1 FROM document LIMIT ?)", [limit]) ?? 0
        }
        let sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
        return try connection.integer(sql, [.text(expression), limit]) ?? 0
    }

    private static func hit(_ row: SQLiteRow, rank: Int, path: String) throws(IndexError) -> CatalogueHit {
        guard let body = try? JSONValue.parse(row.text(5)) else {
            throw .corrupt(path: path, message: "the body of \(row.text(1)) is not JSON")
        }
        return CatalogueHit(
            identifier: row.text(1), rank: rank, status: row.text(2), updated: Timestamp(milliseconds: row.integer(3)),
            seq: UInt64(clamping: row.integer(4)), body: body)
    }

    /// Where a page ended: the tier and row of its last hit, and a mark of the query it belongs to.
    private struct Cursor {
        var tier: Int
        var id: Int64

        init(tier: Int, id: Int64) {
            self.tier = tier
            self.id = id
        }

        init(_ text: String?, fingerprint: String) throws(IndexError) {
            guard let text else {
                self.init(tier: 0, id: .max)
                return
            }
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == fingerprint, let tier = Int(parts[1]), let id = Int64(parts[2]),
                SearchTerms.Tier(rawValue: tier) != nil, id >= 0
            else { throw .badCursor }
            self.init(tier: tier, id: id)
        }

        func text(fingerprint: String) -> String { "\(fingerprint)-\(tier)-\(id)" }
    }
}
