import Encoding

/// A completed run of the same buyer, against which a new one is held.
public struct EarlierRun: Sendable {
    public var query: CheckedQuery
    /// One for each parameter, by its declared name.
    public var values: [String: JSONValue]
    /// Snapshots that it ran on where they are others than the new run's, by table; and those of tables that the new run does not read.
    public var snapshots: [String: String]
    /// The rows that it could see, by table.
    public var restrictions: [String: [RowRestriction]]

    public init(
        query: CheckedQuery, values: [String: JSONValue] = [:], snapshots: [String: String] = [:],
        restrictions: [String: [RowRestriction]] = [:]
    ) {
        self.query = query
        self.values = values
        self.snapshots = snapshots
        self.restrictions = restrictions
    }
}

/// Replaces the names of tables in SQL of our own writing.
enum TableRenaming {
    /// - Parameters:
    ///   - catalogs: the new number of each catalog, by its old one.
    ///   - shown: what stands before a stage's number in its table's name.
    static func renamed(_ sql: String, catalogs: [Int: Int], shown: String) -> String {
        var result: [UInt8] = []
        let bytes = Array(sql.utf8)
        result.reserveCapacity(bytes.count)
        var index = 0
        var quote: UInt8?
        while index < bytes.count {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == 0x27 || byte == 0x22 {
                quote = byte
            } else if isLetter(byte), index == 0 || !isWord(bytes[index - 1]) {
                let end = bytes[index...].firstIndex { !isWord($0) } ?? bytes.count
                result += Array(word(bytes[index..<end], catalogs, shown).utf8)
                index = end
                continue
            }
            result.append(byte)
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func word(_ bytes: ArraySlice<UInt8>, _ catalogs: [Int: Int], _ shown: String) -> String {
        let word = String(decoding: bytes, as: UTF8.self)
        let own = QueryPlan.shown(0).dropLast()
        if word.hasPrefix(own), let stage = Int(word.dropFirst(own.count)) { return "\(shown)\(stage)" }
        if word.hasPrefix("d"), let old = Int(word.dropFirst()), let new = catalogs[old] { return QueryPlan.catalog(new) }
        return word
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x24 }
}
