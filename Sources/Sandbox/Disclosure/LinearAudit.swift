/// Solves the equations between cells for those that are withheld, and finds which the shown ones determine.
///
/// The coefficients are 0, 1 and −1, so the elimination is done exactly, in the field of the prime 2^61 − 1: what is determined
/// over the rational numbers is determined there, unless a minor of the equations is a multiple of that prime. Finding too much
/// would only withhold one cell more.
struct LinearAudit: Sendable {
    private static let prime: UInt64 = (1 << 61) - 1
    /// Additions after which the attempt is given up; a second's worth.
    private static let maximumSteps = 20_000_000
    /// How many equations of small cells there may be for their sums by twos and by threes to be looked at.
    private static let maximumPairs = 150
    private static let maximumTriples = 30

    /// Reduced equations: the coefficients of unknown cells, by the cell that each equation gives.
    private var pivots: [Int: Row] = [:]
    private let relations: CellRelations

    private typealias Row = [Int: UInt64]

    init(_ relations: CellRelations, withheld: [Bool]) throws(SandboxError) {
        self.relations = relations
        var steps = 0
        for relation in relations.relations + relations.crossings {
            var row: Row = [:]
            func isUnknown(_ cell: Int) -> Bool { cell >= relations.asked || withheld[cell] }
            if isUnknown(relation.whole) { row[relation.whole] = 1 }
            for part in relation.parts where isUnknown(part) { row[part] = Self.prime - 1 }
            Self.reduce(&row, by: pivots, &steps)
            guard let pivot = row.keys.max(), let value = row[pivot] else { continue }
            let inverse = Self.power(value, Self.prime - 2)
            for (cell, value) in row { row[cell] = Self.product(value, inverse) }
            // The rows stay reduced by each other, so that a row of one cell alone says that the cell is determined.
            steps += pivots.count
            for (other, line) in pivots {
                guard let factor = line[pivot] else { continue }
                pivots[other] = Self.combined(line, row, factor, &steps)
            }
            pivots[pivot] = row
            guard steps <= Self.maximumSteps else {
                throw .refused(
                    QueryRefusal(
                        .groupBelowMinimum, "too many groups of this ROLLUP, CUBE or GROUPING SETS are below the smallest group for its totals to be protected",
                        hint: "group more coarsely, or ask for totals and parts in separate queries"))
            }
        }
    }

    /// Cells of the table that follow from the shown ones, in ascending order.
    var determined: [Int] { pivots.filter { $1.count == 1 && $0 < relations.asked }.keys.sorted() }

    /// Withheld cells whose value, or whose sum, follows from the shown ones: one that was asked for, or some whose sum may not be
    /// shown. Sums are sought among the sums of at most three of the reduced equations.
    func exposed(_ mayBeShown: ([Int]) -> Bool) -> [[Int]] {
        let order = pivots.keys.sorted()
        let lines = order.compactMap { pivots[$0] }
        let single = determined.filter { !relations.isCrossed($0) || !mayBeShown([$0]) }
        guard single.isEmpty else { return single.map { [$0] } }
        func union(_ lines: [Row]) -> [Int]? {
            var sum: Row = [:]
            for line in lines { for (cell, value) in line { sum[cell] = ((sum[cell] ?? 0) + value) % Self.prime } }
            let cells = sum.filter { $1 != 0 }
            guard cells.allSatisfy({ $1 == 1 && $0 < relations.asked }) else { return nil }
            let union = cells.keys.sorted()
            return mayBeShown(union) ? nil : union
        }
        let sums = lines.compactMap { union([$0]) }
        guard sums.isEmpty else { return sums }
        // A sum that holds a cell large enough by itself may be shown.
        let small = order.filter { $0 < relations.asked && !mayBeShown([$0]) }.compactMap { pivots[$0] }
        guard small.count <= Self.maximumPairs else { return [] }
        for (index, one) in small.enumerated() {
            for (next, other) in small.enumerated() where next > index {
                if let found = union([one, other]) { return [found] }
                guard small.count <= Self.maximumTriples else { continue }
                for third in small[(next + 1)...] { if let found = union([one, other, third]) { return [found] } }
            }
        }
        return []
    }

    private static func reduce(_ row: inout Row, by pivots: [Int: Row], _ steps: inout Int) {
        for cell in row.keys.sorted() {
            guard let factor = row[cell], let line = pivots[cell] else { continue }
            row = combined(row, line, factor, &steps)
        }
    }

    /// row − factor · line, whose coefficient at the pivot is 1.
    private static func combined(_ row: Row, _ line: Row, _ factor: UInt64, _ steps: inout Int) -> Row {
        var result = row
        steps += line.count
        for (cell, value) in line {
            let sum = (result[cell] ?? 0) + prime - product(value, factor)
            result[cell] = sum % prime == 0 ? nil : sum % prime
        }
        return result
    }

    private static func product(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (high, low) = one.multipliedFullWidth(by: other)
        // 2^64 = 8 · 2^61, and 2^61 is 1.
        let sum = (low & prime) + (low >> 61 | high << 3)
        return sum % prime
    }

    private static func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
        var (result, square, rest) = (UInt64(1), base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = product(result, square) }
            square = product(square, square)
            rest >>= 1
        }
        return result
    }
}
