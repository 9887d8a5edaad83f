import Encoding
import SandboxTestKit
import Testing

@testable import Sandbox

/// Totals beside parts: what is withheld cannot be had by subtraction, judged by an oracle that solves the released equations in
/// rational numbers.
@Suite struct ComplementaryTests {
    /// Values of a, b, and how many units.
    private static func table(_ cells: [(String, String, Int)]) -> String {
        var rows: [String] = []
        var unit = 0
        for (a, b, count) in cells {
            for _ in 0..<count {
                rows.append("(\(unit), '\(a)', '\(b)', \(unit % 7 + 1))")
                unit += 1
            }
        }
        return "FROM (VALUES \(rows.joined(separator: ", "))) v(u, a, b, x)"
    }

    private static let rollup = [[0, 1], [0], []]

    @Test func oneSmallPartTakesTheSmallestOtherWithIt() async throws {
        let query = DisclosureBench.query(["t.a"], [[0], []], [DisclosureBench.count, DisclosureBench.sum], minimum: 5)
        let (rows, summary) = try await DisclosureBench.release(
            Self.table([("p", "", 20), ("q", "", 3), ("r", "", 9), ("s", "", 12)]), query, DisclosureBench.rules())
        // Without r the three of q would be 44 − 20 − 9 − 12.
        #expect(rows.map { [$0[0], $0[1], $0[2]] } == [["p", 0, 20], ["s", 0, 12], [.null, 1, 44]])
        #expect(summary == [3, 2, .integer(summary[2].integerValue ?? 0)])
        #expect((5...12).contains(summary[2].integerValue ?? 0))
    }

    @Test func severalSmallPartsThatTogetherAreEnoughNeedNoOther() async throws {
        let query = DisclosureBench.query(["t.a"], [[0], []], [DisclosureBench.count], minimum: 5)
        let (rows, _) = try await DisclosureBench.release(
            Self.table([("p", "", 20), ("q", "", 4), ("r", "", 4), ("s", "", 12)]), query, DisclosureBench.rules())
        #expect(rows.map { $0[0] } == ["p", "s", .null])
    }

    @Test func aPartThatIsTheWholeTotalIsWithheldOnlyWithIt() async throws {
        // b has one value in p, so (p, y) is p itself.
        let query = DisclosureBench.query(["t.a", "t.b"], Self.rollup, [DisclosureBench.count], minimum: 5)
        let (rows, _) = try await DisclosureBench.release(
            Self.table([("p", "y", 20), ("q", "y", 6), ("q", "z", 2), ("r", "y", 30)]), query, DisclosureBench.rules())
        let shown = Set(rows.map { "\($0[0])\($0[1])\($0[2])" })
        #expect(!shown.contains { $0.contains("q") && $0.contains("y") } || !shown.contains { $0.contains("q") && $0.contains("1") })
        try Self.check(rows, groups: 2, cells: [("p", "y", 20), ("q", "y", 6), ("q", "z", 2), ("r", "y", 30)], minimum: 5)
    }

    @Test func aSumBlankedInOnePartIsBlankedInAnotherAsWell() async throws {
        // In q only two have an x; all parts are large enough.
        let text = "SELECT i AS u, CASE WHEN i < 20 THEN 'p' WHEN i < 40 THEN 'q' ELSE 'r' END AS a, "
            + "CASE WHEN i >= 22 AND i < 40 THEN 0 ELSE i END AS x FROM range(70) r(i)"
        let query = DisclosureBench.query(["t.a"], [[0], []], [DisclosureBench.count, DisclosureBench.sum], minimum: 5)
        let (rows, _) = try await DisclosureBench.release(text, query, DisclosureBench.rules())
        #expect(rows.map { $0[2] } == [20, 20, 30, 70])
        #expect(rows.map { $0[3] == .null } == [true, true, false, false])
    }

    @Test func aDominatedPartIsNotTheDifferenceOfATotal() async throws {
        // Unit 0 holds nearly all of q.
        let text = "SELECT i AS u, CASE WHEN i < 10 THEN 'q' WHEN i < 30 THEN 'p' ELSE 'r' END AS a, "
            + "CASE WHEN i = 0 THEN 1000 ELSE 100 + i END AS x FROM range(60) r(i)"
        let rules = DisclosureBench.rules { $0.dominance = .init(contributors: 1, percent: 40) }
        let query = DisclosureBench.query(["t.a"], [[0], []], [DisclosureBench.count, DisclosureBench.sum], minimum: 3)
        let (rows, _) = try await DisclosureBench.release(text, query, rules)
        #expect(rows.map { $0[2] } == [20, 10, 30, 60])
        // p goes with q; both together hold 1000 of 5000.
        #expect(rows.map { $0[3] == .null } == [true, true, false, false])
    }

    @Test func setsWithoutACommonTotalBetrayEachOther() async throws {
        // The parts by b add up to those by a, though the total is not asked for.
        let query = DisclosureBench.query(["t.a", "t.b"], [[0], [1]], [DisclosureBench.count], minimum: 5)
        let cells = [("p", "y", 20), ("q", "y", 3), ("r", "z", 9), ("s", "z", 12)]
        let (rows, _) = try await DisclosureBench.release(Self.table(cells), query, DisclosureBench.rules())
        #expect(rows.count == 4)
        try Self.check(rows, groups: 2, cells: cells, minimum: 5)
    }

    @Test func aGroupingSetWrittenTwiceIsTreatedAsOne() async throws {
        let query = DisclosureBench.query(["t.a"], [[0], [0], []], [DisclosureBench.count], minimum: 5)
        let (rows, _) = try await DisclosureBench.release(
            Self.table([("p", "", 20), ("q", "", 3), ("r", "", 9), ("s", "", 12)]), query, DisclosureBench.rules())
        #expect(rows.map { $0[0] } == ["p", "p", "s", "s", .null])
    }

    @Test func cellsWithoutUnitsAndTablesWithoutRowsAreDecidedUpon() async throws {
        let query = DisclosureBench.query(["t.a"], [[0], []], [DisclosureBench.count], minimum: 5)
        let empty = try await DisclosureBench.release("SELECT 1 AS u, 'p' AS a WHERE false", query, DisclosureBench.rules())
        #expect(empty.rows.isEmpty && empty.summary == [0, 1, 0])
        let nobody = "SELECT CASE WHEN i < 10 THEN i END AS u, CASE WHEN i < 10 THEN 'p' ELSE 'q' END AS a FROM range(20) r(i)"
        // q has rows but nobody, and would be 20 − 10.
        #expect(try await DisclosureBench.release(nobody, query, DisclosureBench.rules()).rows == [[.null, 1, 20]])
    }

    @Test func aRollupOfRealTablesIsAnsweredAsTheEngineAnswersIt() async throws {
        guard Flights.isThere else { return }
        let snapshots = try await Flights.snapshots.value
        let tables = try await Flights.policies()
        let query = try await Bench.check(
            "SELECT origin, month, count(*), avg(distance), grouping(origin, month) FROM flights GROUP BY CUBE(origin, month)", tables: tables)
        let result = try await Bench.engine.run(query, snapshots: snapshots.paths)
        // Every cell has hundreds of aircraft, so nothing is withheld: 36 + 3 + 12 + 1.
        #expect(result.rows.count == 52)
        #expect(result.rows.filter { $0[4] == 3 }.map { $0[2] } == [336_776])
        let small = try await Bench.check("SELECT dest, carrier, count(*) FROM flights GROUP BY ROLLUP(dest, carrier)", tables: tables)
        let rows = try await Bench.engine.run(small, snapshots: snapshots.paths).rows
        let exact = try Bench.direct(
            "SELECT coalesce(dest, '-'), coalesce(carrier, '-'), count(*), count(DISTINCT tailnum) FROM flights GROUP BY ROLLUP(dest, carrier)",
            snapshots: snapshots.paths)
        let large = exact.filter { (Int($0[3]) ?? 0) >= 10 }
        #expect(rows.count < large.count && rows.count > large.count * 2 / 3)
        let known = Set(exact.map { "\($0[0]) \($0[1]) \($0[2])" })
        for row in rows {
            #expect(known.contains("\(row[0].stringValue ?? "-") \(row[1].stringValue ?? "-") \(row[2].integerValue ?? 0)"))
        }
    }

    @Test(arguments: 0..<24)
    func noSmallCellFollowsFromWhatIsShown(seed: Int) async throws {
        var random = SeededGenerator(state: UInt64(seed) + 77)
        let sets = [Self.rollup, [[0, 1], [0], [1], []], [[0], [1]], [[0, 1], [1]]][seed % 4]
        var cells: [(String, String, Int)] = []
        for a in 0..<Int.random(in: 2...5, using: &random) {
            for b in 0..<Int.random(in: 2...5, using: &random) {
                let count = Int.random(in: 0...3, using: &random) == 0 ? Int.random(in: 6...30, using: &random) : Int.random(in: 0...8, using: &random)
                if count > 0 { cells.append(("a\(a)", "b\(b)", count)) }
            }
        }
        let query = DisclosureBench.query(["t.a", "t.b"], sets, [DisclosureBench.count], minimum: 5)
        let (rows, _) = try await DisclosureBench.release(Self.table(cells), query, DisclosureBench.rules())
        try Self.check(rows, groups: 2, cells: cells, minimum: 5)
    }

    // MARK: The oracle

    /// Every shown count is an equation over the smallest cells. No cell or total below the smallest group, and no union of two or
    /// three smallest cells below it, may be a combination of them.
    private static func check(_ rows: [[JSONValue]], groups: Int, cells: [(String, String, Int)], minimum: Int) throws {
        func members(_ a: JSONValue, _ b: JSONValue, _ set: Int64) -> [Int] {
            cells.indices.filter { index in
                (set & 2 != 0 || a == .string(cells[index].0)) && (set & 1 != 0 || b == .string(cells[index].1))
            }
        }
        var equations: [[Rational]] = []
        for row in rows {
            let inside = Set(members(row[0], row[1], row[2].integerValue ?? 0))
            let total = inside.reduce(0) { $0 + cells[$1].2 }
            #expect(row[3] == .integer(Int64(total)))
            #expect(total >= minimum)
            equations.append(cells.indices.map { inside.contains($0) ? 1 : 0 })
        }
        let basis = RationalBasis(equations)
        var unions: [[Int]] = cells.indices.map { [$0] }
        for one in cells.indices {
            for other in cells.indices where other > one {
                unions.append([one, other])
                for third in cells.indices where third > other { unions.append([one, other, third]) }
            }
        }
        for union in unions where union.reduce(0, { $0 + cells[$1].2 }) < minimum {
            #expect(!basis.spans(cells.indices.map { union.contains($0) ? 1 : 0 }), "\(union.map { cells[$0] })")
        }
    }
}
