import Encoding
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct RoundingTests {
    /// `sizes[i]` patients in ward i, each with a cost.
    private static func wards(_ sizes: [Int], base: Int?, digits: Int?) async throws -> (TablePolicy, [String: String]) {
        var text = "patient,ward,cost\n"
        for (ward, size) in sizes.enumerated() {
            for index in 0..<size { text += "w\(ward)p\(index),w\(ward),\(1000 * (ward + 1)).\(10 + index)\n" }
        }
        let policy = TablePolicy(
            name: "visits",
            columns: [
                .init(name: "patient", type: "VARCHAR", role: .privacyUnit), .init(name: "ward", type: "VARCHAR", role: .dimension),
                .init(name: "cost", type: "DOUBLE", role: .measure),
            ], aggregate: AggregatePolicy(minimumGroupSize: 3, maximumRows: 100, countBase: base, significantDigits: digits))
        return (policy, ["visits": try await DisclosureBench.imported(text)])
    }

    private static func rows(_ sql: String, _ made: (TablePolicy, [String: String])) async throws -> [[JSONValue]] {
        try await Bench.engine.run(try await Bench.check(sql, tables: [made.0]), snapshots: made.1).rows
    }

    @Test func countsAreMultiplesOfTheBaseAndNeverNoneWhereThereAreSome() async throws {
        let made = try await Self.wards([3, 7, 8, 12, 13, 20], base: 10, digits: nil)
        let sql = "SELECT ward, count(*), count(DISTINCT patient), count(cost) FROM visits GROUP BY ward ORDER BY ward"
        #expect(try await Self.rows(sql, made).map { $0[1] } == [10, 10, 10, 10, 10, 20])
        for row in try await Self.rows(sql, made) { #expect(row[1] == row[2] && row[2] == row[3]) }
        // Nobody is above the bound: none at all stays none.
        #expect(try await Self.rows("SELECT count(*) FILTER (WHERE cost IS NULL) FROM visits", made) == [[0]])
    }

    @Test func whatIsBuiltOfCountsSeesThemRounded() async throws {
        let made = try await Self.wards([13, 17], base: 5, digits: nil)
        let sql = "SELECT count(*) * 2, count(*) + 0.5 > 15 FROM visits GROUP BY ward HAVING count(*) >= 15 ORDER BY count(*), ward"
        #expect(try await Self.rows(sql, made) == [[30, true], [30, true]])
    }

    @Test(arguments: [1, 2, 3, 15])
    func otherNumbersHaveSoManyDigits(digits: Int) async throws {
        let made = try await Self.wards([11, 12], base: nil, digits: digits)
        let exact = try await Self.rows("SELECT sum(cost), avg(cost), stddev(cost) FROM visits", try await Self.wards([11, 12], base: nil, digits: nil))
        let rounded = try await Self.rows("SELECT sum(cost), avg(cost), stddev(cost) FROM visits", made)
        for (one, other) in zip(exact[0], rounded[0]) {
            let (one, other) = (try #require(one.doubleValue), try #require(other.doubleValue))
            var text = String(other)
            text.removeAll { !$0.isNumber }
            let significant = text.drop { $0 == "0" }.reversed().drop { $0 == "0" }
            #expect(significant.count <= digits, "\(other)")
            #expect(abs(one - other) <= abs(one) * Self.pow10(1 - digits) / 2 * 1.000001)
        }
    }

    private static func pow10(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 0 }
}
