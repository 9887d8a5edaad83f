/// The counts on which it is decided whether a cell, and each value in it, may be seen: s0, s1, … beside the values.
struct CellSupports: Sendable, Hashable {
    /// A `CellGuard` in terms of support columns, given by their numbers.
    enum Test: Sendable, Hashable {
        case enough([Int])
        case noneOrEnough(rows: Int, [Int])
    }

    /// Classes of values, by hash. Two values in one class are taken for one: with more classes that is rarer, and dearer.
    static let valueClasses = 8

    /// The smallest cell, in distinct units.
    let minimum: Int
    /// The columns' expressions over the rows of a cell.
    private(set) var expressions: [String] = []
    /// The cell's own distinct units, one column for each kind of unit.
    private(set) var own: [Int] = []
    /// For each aggregate what must hold beyond the cell's own size.
    private(set) var tests: [[Test]] = []

    init(_ query: CellQuery) {
        minimum = query.minimumGroupSize
        own = units(query, where: nil)
        tests = query.aggregates.map { aggregate in
            query.units.isEmpty ? [] : aggregate.guards.map { test($0, query) }
        }
    }

    private mutating func column(_ expression: String) -> Int {
        if let known = expressions.firstIndex(of: expression) { return known }
        expressions.append(expression)
        return expressions.count - 1
    }

    private mutating func units(_ query: CellQuery, where condition: String?) -> [Int] {
        let filter = condition.map { " FILTER (WHERE \($0))" } ?? ""
        return query.units.map { column("count(DISTINCT \($0.sql))\(filter)") }
    }

    private mutating func test(_ rule: CellGuard, _ query: CellQuery) -> Test {
        switch rule {
        case .enoughUnits(let condition): return .enough(units(query, where: condition))
        case .noneOrEnoughUnits(let condition):
            return .noneOrEnough(rows: column("count(*) FILTER (WHERE \(condition))"), units(query, where: condition))
        case .enoughUnitsBesideAnyValue(let value):
            // Without the rows of any one class of values there are enough; so there are without those of any one value.
            return .enough(
                (0..<Self.valueClasses).flatMap { number in
                    units(query, where: "\(value) IS NOT NULL AND hash(\(value)) % \(Self.valueClasses) <> \(number)")
                })
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
