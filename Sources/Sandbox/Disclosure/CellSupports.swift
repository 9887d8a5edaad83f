/// The counts on which it is decided whether a cell, and each value in it, may be seen: s0, s1, … beside the values.
struct CellSupports: Sendable, Hashable {
    /// A `CellGuard` in terms of support columns, given by their numbers.
    enum Test: Sendable, Hashable {
        case enough([Int])
        case noneOrEnough(rows: Int, [Int])
    }

    /// What one column counts.
    enum Column: Sendable, Hashable {
        /// Distinct units of one kind, by its number in the query, that have a row that meets the condition.
        case units(Int, Condition)
        /// Rows that meet a condition (SQL).
        case rows(String)
    }

    /// What a row must meet for its unit to be counted.
    enum Condition: Sendable, Hashable {
        case any
        /// SQL.
        case meeting(String)
        /// The value (SQL) is there and not of this class.
        case beside(value: String, class: Int)
    }

    /// Classes of values, by hash. Two values in one class are taken for one: with more classes that is rarer, and dearer.
    /// Among eleven the engine tells 0, 1 and 2 apart in every type; among eight it does not.
    static let valueClasses = 11

    /// The smallest cell, in distinct units.
    let minimum: Int
    private(set) var columns: [Column] = []
    private let units: [String]
    /// The cell's own distinct units, one column for each kind of unit.
    private(set) var own: [Int] = []
    /// For each aggregate what must hold beyond the cell's own size.
    private(set) var tests: [[Test]] = []

    init(_ query: CellQuery) {
        minimum = query.minimumGroupSize
        units = query.units.map(\.sql)
        own = eachUnit(.any)
        tests = query.aggregates.map { aggregate in
            query.units.isEmpty ? [] : aggregate.guards.map { test($0) }
        }
    }

    private mutating func column(_ column: Column) -> Int {
        if let known = columns.firstIndex(of: column) { return known }
        columns.append(column)
        return columns.count - 1
    }

    private mutating func eachUnit(_ condition: Condition) -> [Int] { units.indices.map { column(.units($0, condition)) } }

    private mutating func test(_ rule: CellGuard) -> Test {
        switch rule {
        case .enoughUnits(let condition): return .enough(eachUnit(.meeting(condition)))
        case .noneOrEnoughUnits(let condition): return .noneOrEnough(rows: column(.rows(condition)), eachUnit(.meeting(condition)))
        case .enoughUnitsBesideAnyValue(let value):
            // Without the rows of any one class of values there are enough; so there are without those of any one value.
            return .enough((0..<Self.valueClasses).flatMap { eachUnit(.beside(value: value, class: $0)) })
        }
    }

    /// The columns' expressions over the rows of a cell.
    var expressions: [String] {
        columns.map { column in
            switch column {
            case .units(let unit, let condition): "count(DISTINCT \(units[unit]))\(Self.filter(condition))"
            case .rows(let condition): "count(*)\(Self.filter(.meeting(condition)))"
            }
        }
    }

    private static func filter(_ condition: Condition) -> String {
        switch condition {
        case .any: ""
        case .meeting(let test): " FILTER (WHERE \(test))"
        case .beside(let value, let left): " FILTER (WHERE \(value) IS NOT NULL AND hash(\(value)) % \(valueClasses) <> \(left))"
        }
    }

    // MARK: As SQL over the support columns

    /// Whether the cell itself is large enough.
    var reaches: String { all(own) }

    /// Whether the i-th aggregate rests on enough units in such a cell; `nil` where nothing more is asked.
    func condition(_ aggregate: Int) -> String? {
        tests[aggregate].isEmpty ? nil : tests[aggregate].map(sql).joined(separator: " AND ")
    }

    private func all(_ columns: [Int]) -> String {
        columns.isEmpty ? "true" : columns.map { "s\($0) >= \(minimum)" }.joined(separator: " AND ")
    }

    private func sql(_ test: Test) -> String {
        switch test {
        case .enough(let columns): return "(\(all(columns)))"
        case .noneOrEnough(let rows, let columns): return "(s\(rows) = 0 OR (\(all(columns))))"
        }
    }

    // MARK: On counts that are known

    func reaches(_ supports: [Int]) -> Bool { own.allSatisfy { supports[$0] >= minimum } }

    func passes(_ aggregate: Int, _ supports: [Int]) -> Bool {
        tests[aggregate].allSatisfy { test in
            switch test {
            case .enough(let columns): columns.allSatisfy { supports[$0] >= minimum }
            case .noneOrEnough(let rows, let columns): supports[rows] == 0 || columns.allSatisfy { supports[$0] >= minimum }
            }
        }
    }
}
