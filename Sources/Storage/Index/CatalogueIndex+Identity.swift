import Encoding

// Evidence and alarms, as far as the ledger names them.
extension CatalogueIndex {
    /// The most records of evidence that are given at once.
    public static let maximumEvidence = 1000

    /// Who names a file as evidence, the first first.
    ///
    /// - Parameter sha256: of the salted file, in hexadecimal.
    public func evidence(_ sha256: String) throws(IndexError) -> [EvidenceRecord] {
        try evidence(where: "sha256 = ?", sha256)
    }

    /// What is named as evidence by entries about a subject, such as an application.
    public func evidence(about subject: String) throws(IndexError) -> [EvidenceRecord] {
        try evidence(where: "subject = ?", subject)
    }

    private func evidence(where condition: String, _ value: String) throws(IndexError) -> [EvidenceRecord] {
        let sql = """
            SELECT sha256, seq, subject, owner, kind, name, media_type, size FROM evidence WHERE \(condition)
            ORDER BY seq, sha256 LIMIT \(Self.maximumEvidence)
            """
        return try reader.withLock { (connection) throws(IndexError) in
            var records: [EvidenceRecord] = []
            try connection.query(sql, [.text(value)]) { (row) throws(IndexError) in
                records.append(
                    EvidenceRecord(
                        sha256: row.text(0), seq: UInt64(clamping: row.integer(1)), subject: row.text(2), owner: row.text(3),
                        kind: row.text(4), name: row.text(5), mediaType: row.text(6), size: row.integer(7)))
                return true
            }
            return records
        }
    }

    /// Alarms, the latest first.
    ///
    /// - Parameters:
    ///   - before: only those of entries before this one.
    ///   - since: only those at or after this time.
    public func alarms(
        kind: String? = nil, participant: String? = nil, before: UInt64? = nil, since: Timestamp? = nil, limit: Int
    ) throws(IndexError) -> [AlarmRecord] {
        guard (1...201).contains(limit) else { throw .badLimit(limit) }
        var conditions = ["seq < ?", "time >= ?"]
        var values: [SQLiteValue] = [
            .integer(before.map { Int64(clamping: $0) } ?? .max), .integer(since?.milliseconds ?? .min),
        ]
        for (column, value) in [("kind", kind), ("participant", participant)] {
            guard let value else { continue }
            conditions.append("\(column) = ?")
            values.append(.text(value))
        }
        values.append(.integer(Int64(limit)))
        return try alarms("WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq DESC LIMIT ?", values)
    }

    /// The earliest alarm of an entry from this one on.
    public func firstAlarm(from seq: UInt64) throws(IndexError) -> AlarmRecord? {
        try alarms("WHERE seq >= ? ORDER BY seq LIMIT 1", [.integer(Int64(clamping: seq))]).first
    }

    private func alarms(_ condition: String, _ values: [SQLiteValue]) throws(IndexError) -> [AlarmRecord] {
        try reader.withLock { (connection) throws(IndexError) in
            var records: [AlarmRecord] = []
            let sql = "SELECT seq, time, kind, participant, body FROM alarm \(condition)"
            try connection.query(sql, values) { (row) throws(IndexError) in
                records.append(
                    AlarmRecord(
                        seq: UInt64(clamping: row.integer(0)), time: Timestamp(milliseconds: row.integer(1)), kind: row.text(2),
                        participant: row.text(3), body: (try? JSONValue.parse(row.text(4))) ?? .null))
                return true
            }
            return records
        }
    }
}

extension IndexWriter {
    static func name(_ evidence: [EvidenceRecord], _ connection: SQLiteConnection) throws(IndexError) {
        for record in evidence {
            try connection.run(
                "INSERT OR REPLACE INTO evidence (sha256, seq, subject, owner, kind, name, media_type, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    .text(record.sha256), .integer(try number(record.seq, "seq")), .text(record.subject), .text(record.owner),
                    .text(record.kind), .text(record.name), .text(record.mediaType), .integer(record.size),
                ])
        }
    }

    static func raise(_ alarm: AlarmRecord, _ connection: SQLiteConnection) throws(IndexError) {
        try connection.run(
            "INSERT OR REPLACE INTO alarm (seq, time, kind, participant, body) VALUES (?, ?, ?, ?, ?)",
            [
                .integer(try number(alarm.seq, "seq")), .integer(alarm.time.milliseconds), .text(alarm.kind),
                .text(alarm.participant), .text(alarm.body.serializedString()),
            ])
    }
}
