import Encoding
import SandboxTestKit
import Testing

@testable import Sandbox

/// The (n,k) and p % rules on cells worked out by hand, and against a reading of the rules in Swift.
@Suite struct ConcentrationTests {
    /// One firm a unit, with a region and a turnover; several rows may be of one firm.
    private static func firms(
        _ rows: [(firm: String, region: String, turnover: String)], _ policy: AggregatePolicy
    ) async throws -> (TablePolicy, [String: String]) {
        let text = "firm,region,turnover\n" + rows.map { "\($0.firm),\($0.region),\($0.turnover)\n" }.joined()
        let path = try await DisclosureBench.imported(text)
        let table = TablePolicy(
            name: "firms",
            columns: [
                .init(name: "firm", type: "VARCHAR", role: .privacyUnit), .init(name: "region", type: "VARCHAR", role: .dimension),
                .init(name: "turnover", type: "BIGINT", role: .measure),
            ], aggregate: policy)
        return (table, ["firms": path])
    }

    private static func policy(
        _ dominance: AggregatePolicy.Dominance? = nil, percent: Int? = nil
    ) -> AggregatePolicy {
        AggregatePolicy(minimumGroupSize: 3, maximumRows: 100, dominance: dominance, priorPosteriorPercent: percent)
    }

    private static func answers(_ sql: String, _ made: (TablePolicy, [String: String])) async throws -> [[JSONValue]] {
        try await Bench.engine.run(try await Bench.check(sql, tables: [made.0]), snapshots: made.1).rows
    }

    /// 60 + 25 + 10 + 5 = 100: the largest holds 60 %, the two largest 85 %.
    private static let four = [("a", "north", "60"), ("b", "north", "25"), ("c", "north", "10"), ("d", "north", "5")]

    @Test(arguments: [(1, 59, false), (1, 60, true), (2, 84, false), (2, 85, true), (5, 99, false), (5, 100, true)])
    func aSumIsShownOnlyWhereTheLargestHoldNoMoreThanAllowed(contributors: Int, percent: Int, isShown: Bool) async throws {
        let made = try await Self.firms(Self.four, Self.policy(.init(contributors: contributors, percent: percent)))
        let sql = "SELECT region, count(*), sum(turnover), avg(turnover) FROM firms GROUP BY region"
        let row = try #require(try await Self.answers(sql, made).first)
        #expect(row[1] == 4)
        #expect(row[2] == (isShown ? 100 : .null) && (row[3] == .null) == !isShown)
    }

    @Test func aSpreadIsHeldAgainstTheSquaresAndTakesTheSumWithIt() async throws {
        // 60² is 83 % of 60² + 25² + 10² + 5².
        let made = try await Self.firms(Self.four, Self.policy(.init(contributors: 1, percent: 82)))
        #expect(try await Self.answers("SELECT sum(turnover), stddev(turnover), count(*) FROM firms", made) == [[.null, .null, 4]])
        let wider = try await Self.firms(Self.four, Self.policy(.init(contributors: 1, percent: 83)))
        #expect(try await Self.answers("SELECT sum(turnover), stddev(turnover) > 20 FROM firms", wider) == [[100, true]])
    }

    /// 100 − 60 − 25 = 15 is a quarter of 60.
    @Test(arguments: [(25, true), (26, false), (100, false), (1, true)])
    func aSumIsShownOnlyWhereTheSecondLargestCannotEstimateTheLargest(percent: Int, isShown: Bool) async throws {
        let made = try await Self.firms(Self.four, Self.policy(percent: percent))
        let row = try #require(try await Self.answers("SELECT sum(turnover) FROM firms", made).first)
        #expect(row == [isShown ? 100 : .null])
    }

    @Test func whatAUnitCancelsOfItsOwnDoesNotHideAnother() async throws {
        // Four firms whose rows cancel out would, by absolute rows, leave a only 100 of 340.
        var rows = [("a", "north", "100")]
        for firm in ["b", "c", "d", "e"] { rows += [(firm, "north", "30"), (firm, "north", "-30"), (firm, "north", "0")] }
        let made = try await Self.firms(rows, Self.policy(.init(contributors: 1, percent: 50)))
        #expect(try await Self.answers("SELECT sum(turnover) FROM firms", made) == [[.null]])
    }

    @Test func twoSumsWhoseDifferenceIsOneFirmsAreNotShown() async throws {
        // Every firm but a has both values alike; no single sum is dominated.
        let rows = (0..<10).map { ("f\($0)", "north", "\(100 + $0)") }
        var made = try await Self.firms(rows, Self.policy(.init(contributors: 1, percent: 50)))
        let text = "firm,region,turnover,tax\n" + rows.enumerated().map { "\($1.0),\($1.1),\($1.2),\($0 == 0 ? 7 : 100 + $0)\n" }.joined()
        made.1["firms"] = try await DisclosureBench.imported(text)
        made.0.columns.append(.init(name: "tax", type: "BIGINT", role: .measure))
        #expect(try await Self.answers("SELECT sum(turnover) FROM firms", made) == [[1045]])
        #expect(try await Self.answers("SELECT sum(tax) FROM firms", made) == [[952]])
        #expect(try await Self.answers("SELECT sum(turnover), sum(tax), count(*) FROM firms", made) == [[.null, .null, 10]])
    }

    @Test(arguments: [UInt64(11), 12, 13])
    func randomCellsAreShownExactlyWhereTheRulesAllow(seed: UInt64) async throws {
        var random = SeededGenerator(state: seed)
        var rows: [(String, String, String)] = []
        for _ in 0..<600 {
            let size = Double.random(in: 0..<1, using: &random)
            rows.append(("f\(Int.random(in: 0..<90, using: &random))", "r\(Int.random(in: 0..<40, using: &random))", "\(Int(1 / (size + 0.002)) - 5)"))
        }
        let rule = AggregatePolicy.Dominance(contributors: 2, percent: 70)
        let made = try await Self.firms(rows, Self.policy(rule, percent: 20))
        let sql = "SELECT region, sum(turnover) FROM firms GROUP BY region"
        let shown = try await Self.answers(sql, made)
        var sums: [String: [String: Double]] = [:]
        for (firm, region, value) in rows { sums[region, default: [:]][firm, default: 0] += Double(value) ?? 0 }
        var counts = (shown: 0, blank: 0)
        for row in shown {
            let parts = (sums[row[0].stringValue ?? ""] ?? [:]).values.map { abs($0) }.sorted(by: >)
            let total = parts.reduce(0, +)
            let isFree = parts.prefix(2).reduce(0, +) * 100 <= total * 70
                && (total - parts.prefix(2).reduce(0, +)) * 100 >= (parts.first ?? 0) * 20
            #expect((row[1] != .null) == isFree, "\(row[0])")
            if isFree { counts.shown += 1 } else { counts.blank += 1 }
        }
        #expect(counts.shown > 3 && counts.blank > 3)
    }
}
