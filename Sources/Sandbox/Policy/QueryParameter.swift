import Encoding

/// The type of a query's parameter; it decides which JSON values fit.
public enum ParameterType: String, Sendable, Hashable, CaseIterable {
    /// A JSON integer.
    case integer
    /// A JSON number, or a string of digits with an optional fraction ("12.50"), at most 18 digits.
    case decimal
    case text
    /// `YYYY-MM-DD`.
    case date
    /// `YYYY-MM-DDThh:mm:ss`, with an optional fraction and `Z`; UTC.
    case timestamp
    case boolean

    var kind: ValueKind {
        switch self {
        case .integer: .integer
        case .decimal: .decimal
        case .text: .text
        case .date: .date
        case .timestamp: .timestamp
        case .boolean: .boolean
        }
    }
}

/// A named parameter of a query template: `$name` in the SQL.
public struct QueryParameter: Sendable, Hashable {
    public var name: String
    public var type: ParameterType

    public init(name: String, type: ParameterType) {
        self.name = name
        self.type = type
    }
}

/// A parameter's value, checked against its type: the text and the DuckDB type it is converted to.
public struct ParameterValue: Sendable, Hashable {
    let text: String
    let typeName: String

    /// - Throws: a mismatch whose pointer is `/name`, where the value does not fit the type.
    public init(_ value: JSONValue, for parameter: QueryParameter) throws(JSONMismatch) {
        let cursor = JSONCursor(value, pointer: "/\(parameter.name)")
        switch parameter.type {
        case .integer:
            text = String(try cursor.integer())
            typeName = "BIGINT"
        case .boolean:
            text = try cursor.bool() ? "true" : "false"
            typeName = "BOOLEAN"
        case .text:
            text = try cursor.string(maximumCount: 4096)
            guard !text.utf8.contains(0) else { throw cursor.mismatch("must not contain a NUL byte") }
            typeName = "VARCHAR"
        case .decimal:
            (text, typeName) = try Self.decimal(cursor)
        case .date:
            text = try cursor.string(maximumCount: 10)
            guard Self.isDate(text.utf8[...]) else { throw cursor.mismatch("must be a date such as 2013-01-31") }
            typeName = "DATE"
        case .timestamp:
            text = try cursor.string(maximumCount: 32)
            guard Self.isTimestamp(text) else {
                throw cursor.mismatch("must be a UTC time stamp such as 2013-01-31T06:00:00Z")
            }
            typeName = text.hasSuffix("Z") ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP"
        }
    }

    private init(text: String, typeName: String) {
        self.text = text
        self.typeName = typeName
    }

    /// A harmless value of a type, with which a template can be tried on empty tables.
    static func sample(_ type: ParameterType) -> ParameterValue {
        switch type {
        case .integer: ParameterValue(text: "1", typeName: "BIGINT")
        case .decimal: ParameterValue(text: "1.5", typeName: "DECIMAL(2,1)")
        case .text: ParameterValue(text: "", typeName: "VARCHAR")
        case .date: ParameterValue(text: "2000-01-01", typeName: "DATE")
        case .timestamp: ParameterValue(text: "2000-01-01T00:00:00Z", typeName: "TIMESTAMP WITH TIME ZONE")
        case .boolean: ParameterValue(text: "true", typeName: "BOOLEAN")
        }
    }

    private static func decimal(_ cursor: JSONCursor) throws(JSONMismatch) -> (String, String) {
        let text: String
        switch cursor.value {
        case .integer(let number): text = String(number)
        case .number(let number):
            guard number.isFinite else { throw cursor.mismatch("must be a finite number") }
            return ("\(number)", "DOUBLE")
        case .string(let string): text = string
        default: throw cursor.mismatch("must be a number or a string of digits, is \(cursor.value.kindName)")
        }
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        let isWritten = (1...2).contains(parts.count) && parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        let scale = parts.count == 2 ? parts[1].count : 0
        let width = parts.reduce(0) { $0 + $1.count }
        guard isWritten, width <= 18 else {
            throw cursor.mismatch("must be a decimal number of at most 18 digits, such as 12.50")
        }
        return (text, "DECIMAL(\(max(width, scale + 1)),\(scale))")
    }

    private static func isDate(_ bytes: String.UTF8View.SubSequence) -> Bool {
        let bytes = Array(bytes)
        guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D else { return false }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].reduce(0 as Int?) { sum, byte in
                guard let sum, (0x30...0x39).contains(byte) else { return nil }
                return sum * 10 + Int(byte - 0x30)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...12).contains(month) && day >= 1 && day <= lengths[month - 1]
    }

    private static func isTimestamp(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 19, isDate(text.utf8.prefix(10)), bytes[10] == 0x54 || bytes[10] == 0x20 else { return false }
        let digits = [11, 12, 14, 15, 17, 18].map { Int(bytes[$0]) - 0x30 }
        guard digits.allSatisfy({ (0...9).contains($0) }), bytes[13] == 0x3A, bytes[16] == 0x3A,
            digits[0] * 10 + digits[1] <= 23, digits[2] <= 5, digits[4] <= 5
        else { return false }
        var rest = bytes[19...]
        if rest.last == 0x5A { rest = rest.dropLast() }
        guard let first = rest.first else { return true }
        return first == 0x2E && (2...7).contains(rest.count) && rest.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}
