import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// The table of changes against its definition, and counts that are changed in the engine.
@Suite struct PerturbationTests {
    @Test(arguments: [1, 2, 3, 5, 10], [1, 5, 10])
    func changesAreUnbiasedBoundedAndOfTheirVariance(largest: Int, minimum: Int) {
        let table = PerturbationTable(minimum: minimum, largest: largest)
        #expect(table.chances.count == largest + 1)
        for (distance, chances) in table.chances.enumerated() {
            let changes = (-distance...largest).map(Double.init)
            #expect(changes.count == chances.count)
            #expect(chances.allSatisfy { $0 >= 0 })
            #expect(abs(chances.reduce(0, +) - 1) < 1e-9)
            #expect(abs(zip(changes, chances).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-6)
            let variance = zip(changes, chances).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
            #expect(abs(variance - min(Double(largest * largest) / 4, Double(distance * largest) / 2)) < 1e-6)
        }
    }

    @Test func farFromTheMinimumTheDistributionIsTheDiscreteNormal() throws {
        // The greatest entropy for a mean of 0 and a variance is at exp(μ v²): symmetric, and log-concave with equal second differences.
        let chances = try #require(PerturbationTable(minimum: 10, largest: 5).chances.last)
        for index in chances.indices { #expect(abs(chances[index] - chances[chances.count - 1 - index]) < 1e-7) }
        let logarithms: [Double] = chances.map { $0.logarithm }
        let first: [Double] = zip(logarithms.dropFirst(), logarithms).map { $0 - $1 }
        let second: [Double] = zip(first.dropFirst(), first).map { $0 - $1 }
        for value in second { #expect(abs(value - second[0]) < 1e-5) }
    }

    @Test func changedCountsKeepTheirMeanAndNeverFallBelowTheMinimum() {
        let table = PerturbationTable(minimum: 10, largest: 4)
        var random = SeededGenerator(state: 5)
        for count in [0, 1, 3, 10, 11, 12, 14, 100] {
            let changed = (0..<40_000).map { _ in table.changed(count, key: random.next()) }
            let mean = Double(changed.reduce(0, +)) / 40_000
            // The standard error is at most 2 / 200.
            #expect(abs(mean - Double(count)) < 0.05, "\(count): \(mean)")
            #expect(changed.allSatisfy { abs($0 - count) <= 4 && ($0 >= 10 || count < 10) && ($0 >= 1 || count == 0) })
            if count >= 12 { #expect(Set(changed).count > 4) }
        }
    }

    // MARK: In the engine

    private static let secret = CellKeySecret(Array(1...32))
    private static let table = "SELECT i AS u, i % 7 AS a, i % 11 AS b, i % 5 + 1 AS x FROM range(400) r(i)"
    private static let rules = DisclosureBench.rules { $0.perturbation = 4 }

    private static func counts(
        _ query: CellQuery, secret: CellKeySecret? = secret, table: String = table
    ) async throws -> [[JSONValue]] {
        try await DisclosureBench.release(table, query, rules, cellKeys: secret.map { ["t": $0] } ?? [:]).rows
    }

    @Test func theSameUnitsAreCountedTheSameInEveryQuery() async throws {
        let byGroup = try await Self.counts(DisclosureBench.query(["t.a"], [[0]], [DisclosureBench.count], minimum: 5))
        for row in byGroup {
            var query = DisclosureBench.query([], [[]], [DisclosureBench.count], minimum: 5)
            query.source = "FROM t WHERE t.a = \(row[0].integerValue ?? -1)"
            #expect(try await Self.counts(query) == [[row[1]]])
            // By a condition inside the aggregate as well.
            let condition = "t.a = \(row[0].integerValue ?? -1)"
            let inside = CellAggregate(
                statistic: .count, sql: "count(*) FILTER (WHERE \(condition))", kind: .integer, guards: [.enoughUnits(where: condition)])
            #expect(try await Self.counts(DisclosureBench.query([], [[]], [inside], minimum: 5)) == [[row[1]]])
        }
        let exact = [58, 57, 57, 57, 57, 57, 57]
        let differences = zip(byGroup, exact).map { Int($0[1].integerValue ?? 0) - $1 }
        #expect(differences.allSatisfy { abs($0) <= 4 } && differences.contains { $0 != 0 })
    }

    @Test func anotherSecretChangesOtherwise() async throws {
        let query = DisclosureBench.query(["t.a", "t.b"], [[0], [1], []], [DisclosureBench.count], minimum: 5)
        let one = try await Self.counts(query)
        let other = try await Self.counts(query, secret: CellKeySecret(Array(repeating: 9, count: 32)))
        #expect(one.count == other.count && one != other)
    }

    @Test func sumsDoNotTellTheCountMoreExactly() async throws {
        let plus = CellAggregate(statistic: .sum, sql: "sum(t.x + 1)", kind: .integer, contribution: "t.x + 1")
        let mean = CellAggregate(statistic: .mean, sql: "avg(t.x)", kind: .decimal, contribution: "t.x")
        let query = DisclosureBench.query(["t.a"], [[0]], [DisclosureBench.count, DisclosureBench.sum, plus, mean], minimum: 5)
        for row in try await Self.counts(query) {
            let (count, sum, more) = (row[1].integerValue ?? 0, row[2].integerValue ?? 0, row[3].integerValue ?? 0)
            // Both sums are rounded to whole numbers.
            #expect(abs(more - sum - count) <= 1)
            #expect(abs(Double(sum) / (row[4].doubleValue ?? 0) - Double(count)) < 0.5)
        }
    }

    @Test func withoutASecretNothingIsShown() async throws {
        let query = DisclosureBench.query(["t.a"], [[0]], [DisclosureBench.count], minimum: 5)
        await #expect(throws: SandboxError.self) { try await Self.counts(query, secret: nil) }
    }

    @Test func asManyCellsAsAResultMayHaveAreDecidedUpon() async throws {
        let many = "SELECT i AS u, i // 10 AS a, 1 AS x FROM range(200000) r(i)"
        let rows = try await Self.counts(DisclosureBench.query(["t.a"], [[0]], [DisclosureBench.count], minimum: 5), table: many)
        #expect(rows.count == 20_000)
        let mean = Double(rows.reduce(0) { $0 + Int($1[1].integerValue ?? 0) }) / 20_000
        #expect(abs(mean - 10) < 0.1)
    }
}

extension Double {
    fileprivate var logarithm: Double { Foundation.log(self) }
}
