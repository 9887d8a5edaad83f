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
    /// The certificates, by number, that say something else from this entry on, or are new with it; in a fixed order.
    public var editions: [String]

    public init(
        identifiers: [String], seq: UInt64, time: Timestamp, type: String, actor: String, editions: [String] = []
    ) {
        self.identifiers = identifiers
        self.editions = editions
        self.seq = seq
        self.time = time
        self.type = type
        self.actor = actor
    }
}

/// A certificate as it reads from one entry on, until an entry changes what it says.
public struct CertificateEdition: Sendable, Hashable {
    /// Its place among all editions, from 0 in the ledger's order; it never changes.
    public var place: Int64
    public var certificate: String
    public var seq: UInt64
    /// Whether the certificate still says what it said then.
    public var isLatest: Bool

    public init(place: Int64, certificate: String, seq: UInt64, isLatest: Bool) {
        self.place = place
        self.certificate = certificate
        self.seq = seq
        self.isLatest = isLatest
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

extension CatalogueIndex {
    /// A certificate's latest edition; `nil` where it was never issued.
    public func edition(of certificate: String) throws(IndexError) -> CertificateEdition? {
        try editions("WHERE certificate = ? ORDER BY seq DESC LIMIT 1", [.text(certificate)]).first
    }

    /// The editions of some places, in order.
    public func editions(at places: Range<Int64>) throws(IndexError) -> [CertificateEdition] {
        try editions(
            "WHERE place >= ? AND place < ? ORDER BY place", [.integer(places.lowerBound), .integer(places.upperBound)])
    }

    /// The number of the last entry that changed anything in ``history(of:)``; `nil` if none did.
    public var lastHistory: UInt64? {
        get throws(IndexError) {
            try reader.withLock { (connection) throws(IndexError) in
                try connection.integer("SELECT max(seq) FROM history").flatMap { $0 < 0 ? nil : UInt64(clamping: $0) }
            }
        }
    }

    private func editions(_ condition: String, _ values: [SQLiteValue]) throws(IndexError) -> [CertificateEdition] {
        try reader.withLock { (connection) throws(IndexError) in
            var editions: [CertificateEdition] = []
            let isLatest = "NOT EXISTS (SELECT 1 FROM edition l WHERE l.certificate = e.certificate AND l.seq > e.seq)"
            try connection.query("SELECT place, certificate, seq, \(isLatest) FROM edition e \(condition)", values) {
                (row) throws(IndexError) in
                editions.append(
                    CertificateEdition(
                        place: row.integer(0), certificate: row.text(1), seq: UInt64(clamping: row.integer(2)),
                        isLatest: row.integer(3) == 1))
                return true
            }
            return editions
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
        for certificate in record.editions {
            // Applied again, an entry must not get its editions other places than the first time.
            let place = (try connection.integer("SELECT max(place) FROM edition") ?? -1) + 1
            try connection.run(
                "INSERT OR IGNORE INTO edition (place, certificate, seq) VALUES (?, ?, ?)", [.integer(place), .text(certificate), seq])
        }
    }
}
