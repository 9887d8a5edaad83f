import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// One way out at a time, each on data where it would succeed.
@Suite struct DisclosureTests {
    /// Twenty patients of ward W, one of them (p0) different in every way that the test needs.
    static func ward(_ columns: String, _ row: (Int) -> String) async throws -> (TablePolicy, String) {
        var text = "patient,ward,\(columns)\n"
        for index in 0..<20 { text += "p\(index),W,\(row(index))\n" }
        let path = Bench.folder + "/\(UUID().uuidString).csv"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let snapshot = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        let roles: [String: ColumnRole] = ["patient": .privacyUnit, "ward": .dimension, "room": .dimension]
        let policy = TablePolicy(
            name: "visits", columns: snapshot.columns.map { .init(name: $0.name, type: $0.type, role: roles[$0.name] ?? .measure) },
            aggregate: AggregatePolicy(minimumGroupSize: 5, maximumRows: 100))
        return (policy, path + ".duckdb")
    }

    private static func run(_ sql: String, _ made: (TablePolicy, String)) async throws(SandboxError) -> RunResult {
        try await Bench.engine.run(try await Bench.check(sql, tables: [made.0]), snapshots: ["visits": made.1])
    }

    @Test func aValueThatOnlyOnePatientHasIsBlanked() async throws {
        let made = try await Self.ward("cost,dose") { "\($0 == 0 ? "4711" : "NA"),\($0)" }
        let result = try await Self.run("SELECT ward, sum(cost), avg(cost), count(cost), sum(dose) FROM visits GROUP BY ward", made)
        #expect(result.rows == [["W", nil, nil, 1, 190]])
    }

    @Test func aValueThatIsZeroForAllOthersIsBlanked() async throws {
        let made = try await Self.ward("cost") { $0 == 0 ? "4711" : "0" }
        #expect(try await Self.run("SELECT sum(cost), avg(cost) FROM visits", made).rows == [[nil, nil]])
    }

    @Test func aFlagThatOnlyOnePatientHasDoesNotServeAsAFilter() async throws {
        let made = try await Self.ward("cost,flag,code,dose") { "\(100 + $0),\($0 == 0 ? 1 : 0),\($0 == 0 ? 2 : 1),\($0 % 6 + 1)" }
        let result = try await Self.run("SELECT sum(cost * flag), sum(cost * code), corr(cost, code), regr_slope(cost, flag), sum(flag) FROM visits", made)
        #expect(result.rows == [[nil, nil, nil, nil, nil]])
        let spread = try await Self.run("SELECT sum(cost * dose) FROM visits", made)
        #expect(spread.rows != [[nil]])
    }

    @Test func flagsThatOnlyOnePatientHasTogetherDoNotServeAsAFilter() async throws {
        // Eight have one flag, eight the other, and p0 alone both; or p0 alone has the one and not the other.
        let made = try await Self.ward("cost,one,two,three") { "\(100 + $0),\($0 <= 8 ? 1 : 0),\($0 == 0 || $0 > 10 ? 1 : 0),\($0 == 0 || $0 > 10 ? 1 : 0)" }
        let result = try await Self.run(
            "SELECT sum(one * two), sum(cost * one * two), sum(cost * (1 - one) * (1 - three)), sum(cost * two) > 0 FROM visits", made)
        #expect(result.rows == [[nil, nil, nil, true]])
    }

    @Test func aSumThatMissesOnePatientIsBlanked() async throws {
        // sum(cost) - sum(cost + dose) + sum(dose) would be the cost of the one without a dose.
        let made = try await Self.ward("cost,dose") { "\(100 + $0),\($0 == 0 ? "NA" : String($0))" }
        let result = try await Self.run("SELECT sum(cost), sum(dose), sum(cost + dose), sum(cost - dose) FROM visits", made)
        #expect(result.rows == [[2190, 190, nil, nil]])
    }

    @Test func aCaseThatHitsOrMissesOnePatientIsBlanked() async throws {
        let made = try await Self.ward("cost,room") { "\(100 + $0),\($0 == 0 ? "single" : "shared")" }
        for condition in ["room = 'single'", "room <> 'single'", "cost > 118", "cost <= 118", "room = 'nowhere'"] {
            let result = try await Self.run(
                "SELECT sum(CASE WHEN \(condition) THEN cost END), count(*) FILTER (WHERE \(condition)), avg(CASE WHEN \(condition) THEN 1 ELSE 0 END) FROM visits",
                made)
            #expect(result.rows == [[nil, nil, nil]], "\(condition)")
        }
        let half = try await Self.run("SELECT count(*) FILTER (WHERE cost > 109), sum(cost) FILTER (WHERE cost > 109) FROM visits", made)
        #expect(half.rows == [[10, 1145]])
    }

    @Test func aConditionThatFailsOnOneRowTellsNothing() async throws {
        // 10^18 * 100 overflows for the one row only; an error, or a row that falls between the branches, would show it.
        let made = try await Self.ward("cost,room") { "\(100 + $0),\($0 == 0 ? "100" : "1")" }
        let conditions = ["room * 1000000000000000000 > 0", "CAST(CAST(room AS VARCHAR) || 'x' AS BIGINT) > 0", "ln(room - 1) > 0"]
        for condition in conditions {
            let sql = "SELECT sum(CASE WHEN \(condition) THEN cost ELSE cost END), sum(cost) FROM visits"
            let rows = try await Self.run(sql, made).rows
            #expect(rows == [[nil, 2190]], "\(condition)")
            let all = try await Self.run("SELECT count(*) FROM visits WHERE \(condition) OR ward = 'W'", made).rows
            #expect(all == [[20]] || all == [[19]], "\(condition)")
        }
    }

    @Test func valuesThatAreNoNumbersStopNothing() async throws {
        let made = try await Self.ward("dose") { $0 == 0 ? "NaN" : $0 == 1 ? "Infinity" : $0 == 2 ? "1e300" : "\($0).5" }
        let result = try await Self.run("SELECT stddev(dose) > 0, avg(dose), sum(dose * dose) > 0 FROM visits", made)
        #expect(result.rows == [[true, .number(11.5), true]])
    }

    @Test func havingAndOrderSeeOnlyWhatIsShown() async throws {
        let made = try await Self.ward("cost") { $0 == 0 ? "4711" : "NA" }
        // If HAVING saw the hidden sum, the row would appear or vanish with it.
        for bound in [4710, 4711] {
            let result = try await Self.run("SELECT ward, count(*) FROM visits GROUP BY ward HAVING coalesce(sum(cost), 0) > \(bound)", made)
            #expect(result.rows.isEmpty)
        }
    }

    @Test func aJoinThatRepeatsAProtectedRowIsRefused() async throws {
        let made = try await Self.ward("cost,room") { "\(100 + $0),r\($0)" }
        // The other owner repeats one room a thousand times, to weigh its patient's cost.
        var text = "room,size\n"
        for index in 0..<20 { for _ in 0..<(index == 3 ? 1000 : 1) { text += "r\(index),1\n" } }
        let path = try ImportTests.write(text)
        _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        let rooms = TablePolicy(
            name: "rooms",
            columns: [.init(name: "room", type: "VARCHAR", role: .joinKey), .init(name: "size", type: "BIGINT", role: .measure)],
            aggregate: AggregatePolicy(minimumGroupSize: 1, maximumRows: 10))
        let query = try await Bench.check("SELECT sum(cost) FROM visits JOIN rooms USING (room)", tables: [made.0, rooms])
        let refusal = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.engine.run(query, snapshots: ["visits": made.1, "rooms": path + ".duckdb"])
        }
        #expect(refusal?.code == .joinMultipliesRows)
    }

    @Test func anotherOwnersMissingValuesDoNotPickARow() async throws {
        let made = try await Self.ward("cost,room") { "\(100 + $0),r\($0)" }
        // The other owner has a size for one room only, so that counting sizes would count that room's visits.
        let path = try ImportTests.write("room,size\n" + (0..<20).map { "r\($0),\($0 == 3 ? "1" : "NA")\n" }.joined())
        _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        let rooms = TablePolicy(
            name: "rooms",
            columns: [.init(name: "room", type: "VARCHAR", role: .joinKey), .init(name: "size", type: "BIGINT", role: .measure)],
            aggregate: AggregatePolicy(minimumGroupSize: 1, maximumRows: 10))
        let sql = """
            SELECT count(size), avg(CASE WHEN size IS NULL THEN 1 ELSE 0 END), sum(size), count(*) FILTER (WHERE size IS NOT NULL), count(cost)
            FROM visits JOIN rooms USING (room)
            """
        let query = try await Bench.check(sql, tables: [made.0, rooms])
        let result = try await Bench.engine.run(query, snapshots: ["visits": made.1, "rooms": path + ".duckdb"])
        #expect(result.rows == [[nil, nil, nil, nil, 20]])
    }

    @Test func aTableThatNamesNobodyCountsItsRows() async throws {
        let path = try ImportTests.write("ward,cost\n" + (0..<12).map { "\($0 < 9 ? "big" : "small"),\($0 + 1)\n" }.joined())
        _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        let policy = TablePolicy(
            name: "t", columns: [.init(name: "ward", type: "VARCHAR", role: .dimension), .init(name: "cost", type: "BIGINT", role: .measure)],
            aggregate: AggregatePolicy(minimumGroupSize: 5, maximumRows: 10))
        let query = try await Bench.check("SELECT ward, sum(cost), corr(cost, cost) FROM t GROUP BY ward", tables: [policy])
        let result = try await Bench.engine.run(query, snapshots: ["t": path + ".duckdb"])
        #expect(result.rows.map { Array($0.prefix(2)) } == [["big", 45]])
        let limited = try await Bench.check(
            "SELECT sum(cost) FROM t LIMIT $n", tables: [policy], parameters: [QueryParameter(name: "n", type: .integer)])
        let refusal = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.engine.run(limited, values: ["n": -1], snapshots: ["t": path + ".duckdb"])
        }
        #expect(refusal?.code == .parameterValue)
    }

    @Test func bothProductsOfAJoinMustReachTheirSmallestGroup() async throws {
        let made = try await Self.ward("cost,room") { "\(100 + $0),r\($0 % 10)" }
        let path = try ImportTests.write("room,owner,rent\n" + (0..<10).map { "r\($0),o\($0 / 5),\($0 * 10 + 10)\n" }.joined())
        _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        func rooms(_ minimum: Int) -> TablePolicy {
            TablePolicy(
                name: "rooms",
                columns: [
                    .init(name: "room", type: "VARCHAR", role: .joinKey), .init(name: "owner", type: "VARCHAR", role: .privacyUnit),
                    .init(name: "rent", type: "BIGINT", role: .measure),
                ], aggregate: AggregatePolicy(minimumGroupSize: minimum, maximumRows: 10))
        }
        let sql = "SELECT sum(cost), avg(rent) FROM visits JOIN rooms USING (room)"
        let paths = ["visits": made.1, "rooms": path + ".duckdb"]
        let strict = try await Bench.check(sql, tables: [made.0, rooms(3)])
        let refusal = await Bench.refusal { () async throws(SandboxError) in try await Bench.engine.run(strict, snapshots: paths) }
        // Twenty patients, but only two owners.
        #expect(refusal?.code == .groupBelowMinimum)
        #expect(refusal?.message.contains("owner") == true)
    }

    @Test func theEnginesOwnMessageNeverReachesABuyer() async throws {
        let made = try await Self.ward("cost") { "\($0)" }
        var policy = made.0
        policy.columns.append(.init(name: "ghost", type: "BIGINT", role: .measure))
        let query = try await Bench.check("SELECT sum(ghost) FROM visits", tables: [policy])
        do {
            _ = try await Bench.engine.run(query, snapshots: ["visits": made.1])
            Issue.record("a column that is not in the snapshot was read")
        } catch {
            guard case .engineFailed(let detail) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!detail.isEmpty)
            #expect(!error.description.contains("ghost"))
        }
    }

    @Test func theLimitsOfARunHold() async throws {
        let made = try await Self.ward("cost") { "\($0)" }
        let query = try await Bench.check("SELECT sum(cost) FROM visits", tables: [made.0])
        do {
            _ = try await Bench.engine.run(query, snapshots: ["visits": made.1], limits: RunLimits(wallClockSeconds: 0.001))
            Issue.record("ran in a millisecond")
        } catch { #expect(error == .timeExceeded(seconds: 0.001)) }
        do {
            _ = try await Bench.engine.run(query, snapshots: ["visits": made.1], limits: RunLimits(maximumOutputBytes: 20))
            Issue.record("the output was not bounded")
        } catch { #expect(error == .outputExceeded(bytes: 20)) }
        let running = Task { try await Bench.engine.run(query, snapshots: ["visits": made.1]) }
        running.cancel()
        await #expect(throws: SandboxError.cancelled) { try await running.value }
    }
}
