import Encoding

/// That an entry of the ledger changed some things, by which their history is found again.
public struct HistoryRecord: Sendable, Hashable {
    /// The identifiers of the things, each once.
    public var identifiers: [String]
    public var seq: UInt64
    public var time: Timestamp
    /// The entry's type.
    public var type: String
    public var actor: String

    public init(identifiers: [String], seq: UInt64, time: Timestamp, type: String, actor: String) {
        self.identifiers = identifiers
        self.seq = seq
        self.time = time
        self.type = type
        self.actor = actor
    }
}

extension CatalogueIndex {
    /// The most entries of one thing that are listed.
    public static let maximumHistory = 1000

    /// The entries that changed a thing, the earliest first; of more than ``maximumHistory`` the latest.
    public func history(of identifier: String) throws(IndexError) -> [HistoryRecord] {
        try reader.withLock { (connection) throws(IndexError) in
            var records: [HistoryRecord] = []
            try connection.query(
                "SELECT seq, time, type, actor FROM history WHERE identifier = ? ORDER BY seq DESC LIMIT ?",
                [.text(identifier), .integer(Int64(Self.maximumHistory))]
            ) { (row) throws(IndexError) in
                records.append(
                    HistoryRecord(
                        identifiers: [identifier], seq: UInt64(clamping: row.integer(0)),
                        time: Timestamp(milliseconds: row.integer(1)), type: row.text(2), actor: row.text(3)))
                return true
            }
            return records.reversed()
        }
    }
}

extension IndexWriter {
    static func record(_ record: HistoryRecord, _ connection: SQLiteConnection) throws(IndexError) {
        let seq = SQLiteValue.integer(try number(record.seq, "seq"))
        for identifier in record.identifiers {
            try connection.run(
                "INSERT OR REPLACE INTO history (identifier, seq, time, type, actor) VALUES (?, ?, ?, ?, ?)",
                [.text(identifier), seq, .integer(record.time.milliseconds), .text(record.type), .text(record.actor)])
        }
    }
}
