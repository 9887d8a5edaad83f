import Encoding
import Foundation
import Testing

@testable import Sandbox

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A hospital's visits, made small so that many groups lie around the threshold, and the weather of each station and day.
enum Hospital {
    static let data = Task { () async throws -> (visits: String, weather: String) in
        var generator = SeededGenerator(state: 7)
        var visits = "patient,ward,day,region,station,cost,dose,price,urgent,diagnosis\n"
        for _ in 0..<900 {
            let patient = Int.random(in: 0..<60, using: &generator)
            let ward = ["A", "B", "C", "D", "E"][patient % 7 % 5]
            let day = String(format: "2020-01-%02d", Int.random(in: 1...20, using: &generator))
            let cost = Int.random(in: 0..<10, using: &generator) < 3 ? "NA" : String(Int.random(in: 0..<200, using: &generator))
            let dose = Int.random(in: 0..<10, using: &generator) < 2 ? "NA" : String(Double(Int.random(in: -40..<40, using: &generator)) / 4)
            let region = ["north", "south", "west"][patient % 3]
            visits += "p\(patient),\(ward),\(day),\(region),s\(patient % 4),\(cost),\(dose),\(Int.random(in: 0..<9999, using: &generator)).50,"
            visits += "\(Bool.random(using: &generator)),d\n"
        }
        var weather = "station,day,wind,rain\n"
        for station in 0..<4 {
            for day in 1...20 {
                weather += "s\(station),2020-01-\(String(format: "%02d", day)),\(Int.random(in: 0..<30, using: &generator)).5,"
                weather += "\(Double(Int.random(in: 0..<3, using: &generator)))\n"
            }
        }
        func load(_ text: String, _ name: String) async throws -> String {
            let path = Bench.folder + "/\(name).csv"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
            return path + ".duckdb"
        }
        return (try await load(visits, "hospital"), try await load(weather, "hospital-weather"))
    }

    static let tables: [TablePolicy] = {
        var visits = Sample.visits
        visits.columns[7].type = "DOUBLE"
        return [visits, Sample.weather]
    }()

    static func run(_ sql: String, parameters: [QueryParameter] = [], values: [String: JSONValue] = [:]) async throws(SandboxError) -> RunResult {
        let query = try await Bench.check(sql, tables: tables, parameters: parameters)
        let paths = try? await data.value
        return try await Bench.engine.run(
            query, values: values, snapshots: ["visits": paths?.visits ?? "", "weather": paths?.weather ?? ""])
    }

    static func direct(_ sql: String) async throws -> [[String]] {
        let paths = try await data.value
        return try Bench.direct(sql, snapshots: ["visits": paths.visits, "weather": paths.weather])
    }
}

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
