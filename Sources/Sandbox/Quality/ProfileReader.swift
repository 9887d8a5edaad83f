import Encoding
import Glibc

/// Puts a profile together from what the engine answers, and holds back what rests on too few rows.
struct ProfileReader {
    let columns: [ColumnDefinition]
    let support: Int64
    let describedRows: Int64
    private(set) var distinct: [Int: Int64] = [:]
    private var engine = ""
    private var rows: Int64 = 0
    private var duplicates: Int64?
    private(set) var present: [Int: Int64] = [:]
    private var longest: [Int: Int64] = [:]
    private var categories: [Int: [ColumnProfile.Category]] = [:]
    private var ranges: [Int: [ColumnProfile.Range]] = [:]
    private var keys: [KeyProfile] = []
    private var days: [Int: String] = [:]
    private var months: [Int: String] = [:]

    init(columns: [ColumnDefinition], support: Int64, describedRows: Int64) {
        self.columns = columns
        self.support = support
        self.describedRows = describedRows
    }

    mutating func read(_ output: [UInt8], _ script: ProfileScript) throws(SandboxError) {
        let lines = output.split(separator: 0x0A)
        guard lines.count == script.answers.count else {
            throw .engineFailed(operatorDetail: "the engine gave \(lines.count) lines for \(script.answers.count) questions")
        }
        for (line, answer) in zip(lines, script.answers) {
            guard let values = (try? JSONValue.parse(line, maximumDepth: 4, maximumCount: 16 << 20))?.arrayValue else {
                throw .engineFailed(operatorDetail: "the engine printed a line that is no list")
            }
            read(values, answer, script)
        }
    }

    private mutating func read(_ values: [JSONValue], _ answer: ProfileScript.Answer, _ script: ProfileScript) {
        func number(_ index: Int) -> Int64? { index < values.count ? values[index].integerValue : nil }
        switch answer {
        case .version: engine = "DuckDB " + (values.first?.stringValue ?? "").drop { $0 == "v" }
        case .rows:
            rows = number(0) ?? 0
            duplicates = number(1).map { lifted(rows - $0) }
        case .column(let index):
            present[index] = number(0) ?? 0
            distinct[index] = number(1)
            // The exact length may be that of one row's text.
            longest[index] = number(2).map { length in
                var bound: Int64 = 1
                while bound < length, bound < 1 << 40 { bound *= 2 }
                return bound
            }
        case .categories(let index): categories[index] = values.compactMap { Self.category($0.arrayValue ?? []) }
        case .ranges(let index): 
            let isMoment = ColumnType(columns[index].type)?.kind.isMoment == true
            ranges[index] = shown(values.compactMap { RangeLine($0.arrayValue ?? []) }, inDays: isMoment)
        case .key(let index):
            let (present, single) = (number(0) ?? 0, number(1) ?? 0)
            keys.append(
                KeyProfile(
                    columns: script.keys[index].map { columns[$0].name }, isUnique: present == single,
                    integrity: rows > 0 ? TableProfile.permille(single, of: rows) : 1000, missing: lifted(rows - present)))
        case .day(let index): days[index] = values.first?.stringValue
        case .month(let index): months[index] = values.first?.stringValue
        }
    }

    /// A count that is not 0 is never told below the support: few rows could be somebody.
    private func lifted(_ count: Int64) -> Int64 { count <= 0 ? 0 : max(count, min(support, rows)) }

    private static func category(_ values: [JSONValue]) -> ColumnProfile.Category? {
        guard values.count == 3, let text = values[0].stringValue, let count = values[1].integerValue,
            let all = values[2].integerValue, all > 0
        else { return nil }
        return ColumnProfile.Category(value: text, permille: TableProfile.permille(count, of: all))
    }

    // MARK: Ranges

    /// One part of one level: its rows, privacy units and mean.
    private struct RangeLine {
        let level: Int64, count: Int64, units: Int64, mean: Double

        init?(_ values: [JSONValue]) {
            guard values.count == 4, let level = values[0].integerValue, let count = values[1].integerValue,
                let units = values[2].integerValue
            else { return nil }
            switch values[3] {
            case .number(let number): mean = number
            case .integer(let number): mean = Double(number)
            default: return nil
            }
            (self.level, self.count, self.units) = (level, count, units)
        }
    }

    /// The finest level of which every part rests on enough rows and units.
    private func shown(_ lines: [RangeLine], inDays: Bool) -> [ColumnProfile.Range] {
        for level in 0...4 {
            let parts = lines.filter { $0.level == Int64(level) }
            let all = parts.reduce(0) { $0 + $1.count }
            guard !parts.isEmpty, all > 0, parts.allSatisfy({ $0.count >= support && $0.units >= support }) else { continue }
            return parts.map {
                // Days are whole; rounded like other numbers they would lose the month.
                ColumnProfile.Range(
                    mean: inDays ? $0.mean.rounded(.down) : Self.rounded($0.mean), permille: TableProfile.permille($0.count, of: all))
            }
        }
        return []
    }

    /// Four significant digits tell how values lie, and no single one.
    static func rounded(_ value: Double) -> Double {
        guard value != 0, value.isFinite else { return 0 }
        let scale = pow(10, 3 - (log10(abs(value))).rounded(.down))
        // Very small numbers have no such scale; they are as good as 0.
        guard scale.isFinite, scale > 0 else { return 0 }
        let rounded = (value * scale).rounded() / scale
        return rounded.isFinite ? rounded : 0
    }

    // MARK: The profile

    func profile() throws(SandboxError) -> TableProfile {
        guard rows == describedRows else {
            throw .engineFailed(operatorDetail: "the snapshot has \(rows) rows, its description says \(describedRows)")
        }
        let profiles = columns.enumerated().map { index, column in
            ColumnProfile(
                name: column.name, type: column.type, role: column.role, missing: lifted(rows - (present[index] ?? 0)),
                distinct: distinct[index], isDistinctExact: rows <= ProfileScript.fullRows,
                categories: categories[index] ?? [], ranges: ranges[index] ?? [],
                longestText: longest[index])
        }
        return TableProfile(
            minimumSupport: support, engine: engine, rows: rows, duplicateRows: duplicates,
            samplingStep: ProfileScript.samplingStep(rows), columns: profiles, keys: keys, newest: newest)
    }

    private var newest: NewestDay? {
        func latest(_ found: [Int: String]) -> NewestDay? {
            found.max { ($0.value, -$0.key) < ($1.value, -$1.key) }.map { NewestDay(column: columns[$0.key].name, day: $0.value) }
        }
        return latest(days) ?? latest(months)
    }
}
