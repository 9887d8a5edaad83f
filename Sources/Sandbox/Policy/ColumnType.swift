/// What the checker needs to know of a DuckDB type: which values may meet in one operation without a hidden conversion.
///
/// A hidden conversion (text to number, say) can fail on one row, and that failure would tell about the row.
enum ValueKind: String, Sendable, Hashable {
    case integer, decimal, text, boolean, date, timestamp, time, interval
    /// The type of a bare `NULL`, which fits everywhere.
    case null

    var isNumber: Bool { self == .integer || self == .decimal }
    var isMoment: Bool { self == .date || self == .timestamp }
}

/// A DuckDB column type by name, such as `BIGINT` or `DECIMAL(9,2)`.
struct ColumnType: Sendable, Hashable {
    let name: String
    let kind: ValueKind
    /// Integers of at most 32 bits: products of two of them fit 64.
    let isNarrowInteger: Bool

    /// Numbers of more than 18 digits or 64 bits, whose sums may not fit the engine's widest integer.
    var isWide: Bool {
        if name.hasSuffix("HUGEINT") { return true }
        guard name.hasPrefix("DECIMAL(") else { return false }
        return (name.dropFirst(8).split(separator: ",").first.flatMap { Int($0) } ?? 38) > 18
    }

    private static let kinds: [String: ValueKind] = [
        "TINYINT": .integer, "SMALLINT": .integer, "INTEGER": .integer, "BIGINT": .integer, "HUGEINT": .integer,
        "UTINYINT": .integer, "USMALLINT": .integer, "UINTEGER": .integer, "UBIGINT": .integer, "UHUGEINT": .integer,
        "INT": .integer, "FLOAT": .decimal, "DOUBLE": .decimal, "DECIMAL": .decimal, "VARCHAR": .text, "TEXT": .text,
        "BOOLEAN": .boolean, "DATE": .date, "TIMESTAMP": .timestamp, "TIMESTAMP WITH TIME ZONE": .timestamp,
        "TIMESTAMPTZ": .timestamp, "TIMESTAMP_S": .timestamp, "TIMESTAMP_MS": .timestamp, "TIMESTAMP_NS": .timestamp,
        "TIME": .time, "INTERVAL": .interval,
    ]
    private static let narrow: Set<String> = [
        "TINYINT", "SMALLINT", "INTEGER", "INT", "UTINYINT", "USMALLINT",
    ]

    /// `nil` for types a query may not touch: lists, structs, enumerations, blobs.
    init?(_ text: String) {
        let upper = text.uppercased()
        let isDecimal = upper.hasPrefix("DECIMAL(") && upper.hasSuffix(")") && Self.isWidthAndScale(upper.dropFirst(8).dropLast())
        let base = isDecimal ? "DECIMAL" : upper
        guard let kind = Self.kinds[base] else { return nil }
        name = upper
        self.kind = kind
        isNarrowInteger = Self.narrow.contains(base)
    }

    /// "9,2": digits in all and after the point.
    private static func isWidthAndScale(_ text: Substring) -> Bool {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { UInt8($0) }
        guard numbers.count == 2, let width = numbers[0], let scale = numbers[1] else { return false }
        return (1...38).contains(width) && scale <= width
    }
}
