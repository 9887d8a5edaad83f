import Encoding

/// The statements that change the index. All run inside the caller's transaction.
enum IndexWriter {
    static func apply(_ change: IndexChange, to connection: SQLiteConnection) throws(IndexError) {
        switch change {
        case .upsert(let document): try upsert(document, connection)
        case .status(let identifier, let status, let updated, let seq):
            guard let id = try self.id(identifier, connection) else { return }
            try connection.run(
                "UPDATE document SET status = ?, updated = ?, seq = ? WHERE id = ?",
                [
                    .text(status), .integer(updated.milliseconds), .integer(try number(seq, "seq")), .integer(id),
                ])
            try offer(id, status == CatalogueDocument.listedStatus, connection)
        case .remove(let identifier): try remove(identifier, connection)
        case .run(let run): try record(run, connection)
        case .resultDestroyed(let run):
            try connection.run("UPDATE run SET result = NULL, result_expires = NULL WHERE identifier = ?", [.text(run)])
        case .history(let history): try record(history, connection)
        case .evidence(let records): try name(records, connection)
        case .alarm(let alarm): try raise(alarm, connection)
        case .several(let changes):
            for change in changes { try apply(change, to: connection) }
        }
    }

    /// A new version gets a new, higher row number: searches go from the highest down, so the latest comes first.
    private static func upsert(_ document: CatalogueDocument, _ connection: SQLiteConnection) throws(IndexError) {
        let id = (try connection.integer("SELECT max(id) FROM document") ?? 0) + 1
        try remove(document.identifier, connection)
        try connection.run(
            "INSERT INTO document (id, identifier, status, updated, seq, body) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .integer(id), .text(document.identifier), .text(document.status),
                .integer(document.updated.milliseconds), .integer(try number(document.seq, "seq")),
                .text(document.body.serializedString()),
            ])
        try connection.run(
            "INSERT INTO words (rowid, terms) VALUES (?, ?)", [.integer(id), .text(SearchTerms.terms(of: document))])
        let isOffered = document.status == CatalogueDocument.listedStatus
        try connection.run(
            "INSERT INTO facet (id, offered, class, grade, form, cycle, provider, keywords) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .integer(id), .integer(isOffered ? 1 : 0), .text(document.class), .text(document.grade), .text(document.form),
                .text(document.updateCycle), .text(document.provider),
                .text(JSONValue.array(document.keywords.map { .string($0) }).serializedString()),
            ])
    }

    private static func id(_ identifier: String, _ connection: SQLiteConnection) throws(IndexError) -> Int64? {
        try connection.integer("SELECT id FROM document WHERE identifier = ?", [.text(identifier)])
    }

    private static func offer(_ id: Int64, _ isOffered: Bool, _ connection: SQLiteConnection) throws(IndexError) {
        var terms = ""
        try connection.query("SELECT terms FROM words WHERE rowid = ?", [.integer(id)]) { (row) throws(IndexError) in
            terms = row.text(0)
            return false
        }
        try connection.run(
            "UPDATE words SET terms = ? WHERE rowid = ?",
            [.text(SearchTerms.offered(terms, isOffered)), .integer(id)])
        try connection.run("UPDATE facet SET offered = ? WHERE id = ?", [.integer(isOffered ? 1 : 0), .integer(id)])
    }

    private static func remove(_ identifier: String, _ connection: SQLiteConnection) throws(IndexError) {
        guard let id = try id(identifier, connection) else { return }
        try connection.run("DELETE FROM words WHERE rowid = ?", [.integer(id)])
        try connection.run("DELETE FROM document WHERE id = ?", [.integer(id)])
        try connection.run("DELETE FROM facet WHERE id = ?", [.integer(id)])
    }

    private static func record(_ run: RunRecord, _ connection: SQLiteConnection) throws(IndexError) {
        let seq = SQLiteValue.integer(try number(run.seq, "seq"))
        for table in ["run", "run_party", "run_provider", "run_contract", "charge"] {
            try connection.run("DELETE FROM \(table) WHERE seq = ?", [seq])
        }
        try connection.run(
            "INSERT INTO run (seq, identifier, time, buyer, query, outcome, reason, rows, result, result_expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                seq, .text(run.identifier), .integer(run.time.milliseconds), .text(run.buyer), .text(run.query),
                .text(run.outcome), run.reason.map { .text($0) } ?? .null, run.rows.map { .integer($0) } ?? .null,
                run.result.map { .text($0) } ?? .null, run.resultExpires.map { .integer($0.milliseconds) } ?? .null,
            ])
        let parties = Set([run.buyer] + run.providers + run.charges.flatMap { [$0.payer, $0.payee] })
        for party in parties.sorted() {
            try connection.run("INSERT INTO run_party (party, seq) VALUES (?, ?)", [.text(party), seq])
        }
        for (place, provider) in run.providers.enumerated() {
            try connection.run(
                "INSERT INTO run_provider (seq, place, provider) VALUES (?, ?, ?)",
                [seq, .integer(Int64(place)), .text(provider)])
        }
        for (place, contract) in run.contracts.enumerated() {
            try connection.run(
                "INSERT OR IGNORE INTO run_contract (seq, place, contract) VALUES (?, ?, ?)",
                [seq, .integer(Int64(place)), .text(contract)])
        }
        for (place, charge) in run.charges.enumerated() {
            try connection.run(
                "INSERT INTO charge (seq, place, time, payer, payee, contract, amount) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    seq, .integer(Int64(place)), .integer(run.time.milliseconds), .text(charge.payer),
                    .text(charge.payee), .text(charge.contract), .integer(charge.amount),
                ])
        }
    }

    static func number(_ value: UInt64, _ member: String) throws(IndexError) -> Int64 {
        guard let number = Int64(exactly: value) else { throw .outOfRange(member: member) }
        return number
    }
}
