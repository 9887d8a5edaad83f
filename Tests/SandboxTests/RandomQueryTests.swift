import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// A random query of an analyst, and what the raw data says about each of its groups.
struct RandomQuery {
    var sql: String
    /// The same groups with each aggregate, the group's units, and the units that have the aggregate's value.
    var oracle: String
    var groupCount: Int
    var aggregateCount: Int

    init(using generator: inout SeededGenerator) {
        let groupings = ["ward", "day", "region", "month(day)", "CASE WHEN day < DATE '2020-01-05' THEN 'early' ELSE 'late' END", "ward || region", "day - 3"]
        let groups = (0..<Int.random(in: 1...2, using: &generator)).map { _ in groupings.randomElement(using: &generator) ?? "ward" }
        let measures = ["cost", "dose", "price", "urgent::INTEGER", "cost * 2 + 1", "dose - cost"]
        let functions = ["avg", "sum", "stddev_samp"]
        let filters = ["", "WHERE ward <> 'B'", "WHERE region = 'north' AND day > DATE '2020-01-10'", "WHERE cost IS NOT NULL", "WHERE station IN ('s1', 's2') OR ward = 'A'"]
        let filter = filters.randomElement(using: &generator) ?? ""
        var aggregates: [(call: String, support: String)] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let measure = measures.randomElement(using: &generator) ?? "cost"
            let function = functions.randomElement(using: &generator) ?? "avg"
            let used = ["cost", "dose", "price", "urgent"].filter { measure.contains($0) }
            let there = used.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
            aggregates.append(("\(function)(\(measure))", "count(DISTINCT patient) FILTER (WHERE \(there))"))
        }
        let names = groups.indices.map { "k\($0)" }
        let keys = zip(groups, names).map { "\($0) AS \($1)" }.joined(separator: ", ")
        sql = "SELECT \(keys), count(*), \(aggregates.map(\.call).joined(separator: ", ")) FROM visits \(filter) GROUP BY \(groups.indices.map { String($0 + 1) }.joined(separator: ", "))"
        oracle = "SELECT \(keys), count(*), \(aggregates.map(\.call).joined(separator: ", ")), count(DISTINCT patient), \(aggregates.map(\.support).joined(separator: ", ")) FROM visits \(filter) GROUP BY \(names.joined(separator: ", "))"
        groupCount = groups.count
        aggregateCount = aggregates.count
    }
}

@Suite struct RandomQueryTests {
    @Test(arguments: 0..<40)
    func whatIsShownIsTrueAndRestsOnEnoughUnits(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(seed) &* 1_000_003)
        let query = RandomQuery(using: &generator)
        let expected = try await Hospital.direct(query.oracle)
        let large = expected.filter { (Int($0[query.groupCount + 1 + query.aggregateCount]) ?? 0) >= Sample.minimum }
        let result: RunResult
        do {
            result = try await Hospital.run(query.sql)
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            #expect(refusal.code == .groupBelowMinimum && large.isEmpty, "\(query.sql): \(refusal)")
            return
        }
        #expect(result.rows.count == large.count, "every large group is shown and no other: \(query.sql)")
        for row in result.rows {
            let keys = row.prefix(query.groupCount).map(Self.text)
            let truth = try #require(large.first { Array($0.prefix(query.groupCount)) == keys }, "\(keys) in \(query.sql)")
            for index in 0..<query.aggregateCount + 1 where !row[query.groupCount + index].isNull {
                #expect(Self.isSame(row[query.groupCount + index], truth[query.groupCount + index]), "\(query.sql)")
                guard index > 0 else { continue }
                let support = Int(truth[query.groupCount + 1 + query.aggregateCount + index]) ?? 0
                #expect(support >= Sample.minimum, "\(query.sql)")
            }
        }
    }

    private static func text(_ value: JSONValue) -> String {
        value.stringValue ?? value.integerValue.map { String($0) } ?? value.serializedString()
    }

    private static func isSame(_ one: JSONValue, _ other: String) -> Bool {
        guard let left = one.doubleValue, let right = Double(other) else { return text(one) == other }
        return abs(left - right) <= 1e-9 * max(1, abs(right))
    }
}
