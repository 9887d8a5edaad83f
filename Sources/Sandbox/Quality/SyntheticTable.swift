import Encoding
import Signing

/// Made-up rows in the likeness of a table, so that queries can be written before there is a contract.
///
/// They are made from a published profile and nothing else: there is no way for a real row to get in here. Privacy units
/// and texts that the profile does not show are numbered; categories are drawn by their shares, numbers and days from
/// between the means of their ranges. Columns are drawn independently, so that the rows say nothing of how real columns
/// go together. The same profile, seed and count give the same rows on every machine.
public struct SyntheticTable: Sendable, Hashable {
    /// The most rows that are made at once.
    public static let maximumRows = 10_000

    /// The columns that a query may see: hidden ones are left out.
    public let columns: [ColumnProfile]
    /// Cells as the engine reads them from CSV; `nil` is a missing value.
    public let rows: [[String?]]

    /// - Parameters:
    ///   - seed: bytes that belong to the profile, for example the snapshot's digest.
    ///   - count: 1 to `maximumRows`.
    public init(_ profile: TableProfile, seed: [UInt8], count: Int) {
        let columns = profile.columns.filter { $0.role != .hidden }
        let count = min(max(count, 1), Self.maximumRows)
        var cells: [[String?]] = []
        for (index, column) in columns.enumerated() {
            // Every column has numbers of its own, so that another column's change does not change it.
            var numbers = DrawnNumbers(seed: seed + Array("/\(index)".utf8))
            let maker = SyntheticColumn(column, rows: profile.rows, count: count)
            cells.append((0..<count).map { maker.cell($0, &numbers) })
        }
        self.columns = columns
        rows = (0..<count).map { row in cells.map { $0[row] } }
    }

    /// RFC 4180, with a header line; a missing value is an empty field, an empty text a quoted one.
    public var csv: [UInt8] {
        var text = columns.map { Self.field($0.name) }.joined(separator: ",") + "\n"
        for row in rows {
            text += row.map { $0.map(Self.field) ?? "" }.joined(separator: ",")
            // A line without anything would not be a row.
            text += row.count == 1 && row[0] == nil ? "\"\"\n" : "\n"
        }
        return Array(text.utf8)
    }

    private static func field(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { ![0x22, 0x2C, 0x0A, 0x0D, 0x3B, 0x09, 0x7C].contains($0) }
        return isPlain ? text : "\"\(text.replacing("\"", with: "\"\""))\""
    }
}

/// A fixed stream of numbers: SHA-256 of seed and counter, eight bytes at a time.
struct DrawnNumbers {
    private let seed: [UInt8]
    private var counter: UInt64 = 0
    private var bytes: [UInt8] = []

    init(seed: [UInt8]) { self.seed = seed }

    private mutating func next() -> UInt64 {
        if bytes.count < 8 {
            bytes = SHA256.hash(seed + Array("#\(counter)".utf8)).bytes
            counter &+= 1
        }
        defer { bytes.removeFirst(8) }
        return bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// 0 to 1, without 1.
    mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53 as UInt64) }

    /// 0 to `count` - 1.
    mutating func index(below count: Int) -> Int { count > 1 ? Int(next() % UInt64(count)) : 0 }
}

/// Draws one column's cells.
struct SyntheticColumn {
    private let column: ColumnProfile
    private let missingShare: Double
    /// How many different numbered values there are.
    private let pool: Int
    private let boundaries: [Double]

    init(_ column: ColumnProfile, rows: Int64, count: Int) {
        self.column = column
        missingShare = rows > 0 ? Double(column.missing) / Double(rows) : 0
        let distinct = Int(clamping: column.distinct ?? 1)
        // As many privacy units as there may be: a sample of a few would be suppressed in every group.
        pool = max(1, min(distinct, column.role == .privacyUnit ? count : 100))
        let means = column.ranges.map(\.mean)
        var boundaries = zip(means, means.dropFirst()).map { ($0 + $1) / 2 }
        if let first = means.first, let last = means.last {
            boundaries = [first] + boundaries + [last]
        }
        self.boundaries = boundaries
    }

    func cell(_ row: Int, _ numbers: inout DrawnNumbers) -> String? {
        let isMissing = numbers.fraction() < missingShare
        let cell = column.role == .privacyUnit ? numbered(numbers.index(below: pool)) : value(&numbers)
        return isMissing ? nil : cell
    }

    private func value(_ numbers: inout DrawnNumbers) -> String? {
        if !column.categories.isEmpty {
            let all = column.categories.reduce(0) { $0 + max($1.permille, 1) }
            var place = Int64(numbers.fraction() * Double(all))
            for category in column.categories {
                place -= max(category.permille, 1)
                if place < 0 { return category.value }
            }
            return column.categories.last?.value
        }
        if !column.ranges.isEmpty { return range(&numbers) }
        return numbered(numbers.index(below: pool))
    }

    private func range(_ numbers: inout DrawnNumbers) -> String? {
        let all = column.ranges.reduce(0) { $0 + max($1.permille, 1) }
        var place = Int64(numbers.fraction() * Double(all))
        var part = 0
        for (index, range) in column.ranges.enumerated() {
            part = index
            place -= max(range.permille, 1)
            if place < 0 { break }
        }
        let value = boundaries[part] + (boundaries[part + 1] - boundaries[part]) * numbers.fraction()
        return written(value, numbers.fraction())
    }

    /// A number or day in the form of the column's type.
    private func written(_ value: Double, _ ofDay: Double) -> String? {
        switch column.kind {
        case .integer: return Int64(exactly: value.rounded()).map { String($0) }
        case .decimal: return column.type.uppercased().hasPrefix("DECIMAL") ? fixed(value) : "\(ProfileReader.rounded(value))"
        case .date: return ColumnProfile.day(value)
        case .timestamp:
            let day = ColumnProfile.day(value)
            let second = Int(ofDay * 86_400)
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            let zone = column.type.uppercased().contains("ZONE") || column.type.uppercased().hasSuffix("TZ") ? "+00" : ""
            return "\(day) \(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))\(zone)"
        default: return nil
        }
    }

    private func fixed(_ value: Double) -> String? {
        let scale = column.type.split(separator: ",").last.flatMap { Int($0.filter(\.isNumber)) } ?? 0
        var factor = 1.0
        for _ in 0..<min(scale, 15) { factor *= 10 }
        guard let minor = Int64(exactly: (value * factor).rounded()) else { return nil }
        let digits = String(minor.magnitude)
        let sign = minor < 0 ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let places = min(scale, 15)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
    }

    /// A value that says itself that it is made up, where the type allows it.
    private func numbered(_ index: Int) -> String? {
        switch column.kind {
        case .text: "sample-\(column.role == .privacyUnit ? "unit-" : "")\(index + 1)"
        case .integer: String(index + 1)
        case .boolean: index % 2 == 0 ? "true" : "false"
        case .decimal: fixed(Double(index + 1))
        case .date, .timestamp: written(Double(10_957 + index), 0)
        default: nil
        }
    }
}
