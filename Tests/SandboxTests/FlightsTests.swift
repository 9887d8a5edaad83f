import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite(.enabled(if: Flights.isThere)) struct FlightsTests {
    @Test func theSnapshotHoldsEveryRowAndColumn() async throws {
        let snapshots = try await Flights.snapshots.value
        #expect(snapshots.flights.rows == 336_776)
        #expect(snapshots.flights.columns.count == 19)
        #expect(snapshots.weather.rows == 26_115 || snapshots.weather.rows == 26_130)
        let path = snapshots.paths["flights"] ?? ""
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o400)
        #expect(try SandboxEngine.hash(path).0 == snapshots.flights.sha256)
    }

    static let delays = """
        SELECT carrier, month, avg(dep_delay) AS mean_delay, avg(CASE WHEN dep_time IS NULL THEN 1.0 ELSE 0.0 END) AS cancelled
        FROM flights GROUP BY carrier, month
        """

    @Test func meanDelayAndCancellationShareEqualDuckDBsOwnApartFromSmallGroups() async throws {
        let result = try await Flights.run(Self.delays + " ORDER BY carrier, month")
        let direct = try await Flights.direct(Self.delays + " HAVING count(DISTINCT tailnum) >= 10 ORDER BY carrier, month")
        let all = try await Flights.direct("SELECT count(*) FROM (\(Self.delays))")
        #expect(Flights.texts(result.rows) == Flights.normalized(direct))
        #expect(result.rows.count > 100)
        #expect(result.rows.count + result.suppressedGroups <= Int(all[0][0]) ?? 0)
        #expect(result.rows.count < Int(all[0][0]) ?? 0)
        #expect(result.engine == "DuckDB 1.5.6")
        #expect(result.columns.map(\.name) == ["carrier", "month", "mean_delay", "cancelled"])
    }

    static let bands = """
        SELECT floor(w.wind_speed / 10) * 10 AS wind, floor(w.visib / 5) * 5 AS visibility, count(*) AS flights,
               avg(f.dep_delay) AS delay, stddev(f.dep_delay) AS spread
        FROM flights f JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour
        GROUP BY wind, visibility
        """

    @Test func delayByWindAndVisibilityOverTwoProductsEqualsDuckDBsOwn() async throws {
        let result = try await Flights.run(Self.bands + " ORDER BY wind, visibility")
        let direct = try await Flights.direct(
            Self.bands + " HAVING count(DISTINCT tailnum) >= 10 AND count(DISTINCT CASE WHEN dep_delay IS NOT NULL THEN tailnum END) >= 10"
                + " ORDER BY wind, visibility")
        #expect(Flights.texts(result.rows) == Flights.normalized(direct))
        #expect(result.rows.count >= 8)
    }

    @Test(arguments: [
        "SELECT origin, count(*), count(DISTINCT tailnum), sum(distance), sum(dep_delay + arr_delay), sum(air_time * distance) FROM flights GROUP BY origin",
        "SELECT dest, corr(dep_delay, arr_delay), regr_slope(dep_delay, arr_delay), variance(air_time) FROM flights WHERE month BETWEEN 1 AND 3 GROUP BY dest",
        "SELECT carrier, round(avg(dep_delay), 1) AS d, count(dep_delay) * 100.0 / count(*) FROM flights WHERE origin IN ('JFK', 'LGA') GROUP BY carrier",
        "SELECT monthname(make.time_hour) AS m, avg(CASE WHEN dep_delay > 15 THEN 1.0 ELSE 0.0 END), count(*) FILTER (WHERE dep_delay > 15) FROM flights AS make GROUP BY m",
        "SELECT upper(origin) || '-' || lower(dest) AS route, avg(coalesce(arr_delay, 0)), sum(2 * dep_delay - arr_delay) / 60.0 FROM flights WHERE dest LIKE 'B%' AND dep_delay IS NOT NULL GROUP BY route",
    ])
    func everyShownCellEqualsDuckDBsOwn(sql: String) async throws {
        if sql.contains("monthname") {
            // A join key may be filtered by but not grouped by.
            let policies = try await Flights.policies()
            let refusal = await Bench.refusal { () async throws(SandboxError) in
                try await Bench.engine.check(sql: sql, mode: .aggregate, tables: policies)
            }
            #expect(refusal?.code == .columnRole)
        }
        let text = sql.replacing("monthname(make.time_hour)", with: "make.month")
        let shown = Flights.texts(try await Flights.run(text).rows)
        let direct = Dictionary(uniqueKeysWithValues: try await Flights.direct(text).map { ($0[0], $0) })
        #expect(!shown.isEmpty && shown.count < direct.count + 1)
        #expect(shown.contains { !$0.contains("NULL") })
        for row in shown {
            let expected = try #require(direct[row[0]])
            for (cell, wanted) in zip(row, expected) where cell != "NULL" {
                let isEqual = cell == wanted || Double(cell).flatMap { one in Double(wanted).map { abs(one - $0) <= 1e-10 * abs($0) } } == true
                #expect(isEqual, "\(row[0]): \(cell) instead of \(wanted)")
            }
        }
    }

    @Test func parametersAreBoundByTypeAndPosition() async throws {
        let sql = "SELECT count(*) AS n FROM flights WHERE carrier = $carrier AND month <= $last"
        let parameters = [QueryParameter(name: "carrier", type: .text), QueryParameter(name: "last", type: .integer)]
        let result = try await Flights.run(sql, parameters: parameters, values: ["carrier": "UA", "last": 2])
        let direct = try await Flights.direct("SELECT count(*) FROM flights WHERE carrier = 'UA' AND month <= 2")
        #expect(Flights.texts(result.rows) == direct)
        let hostile = "UA' OR '1'='1"
        let refusal = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.engine.run(
                try await Bench.engine.check(sql: sql, mode: .aggregate, tables: (try? Flights.policies()) ?? [], parameters: parameters),
                values: ["carrier": .string(hostile), "last": 2], snapshots: (try? Flights.snapshots.value.paths) ?? [:])
        }
        #expect(refusal?.code == .groupBelowMinimum)
    }

    @Test func noRowsAndTooFewUnitsLookTheSame() async throws {
        let policies = try await Flights.policies()
        let paths = try await Flights.snapshots.value.paths
        func refusal(_ sql: String) async -> QueryRefusal? {
            await Bench.refusal { () async throws(SandboxError) in
                try await Bench.engine.run(
                    try await Bench.engine.check(sql: sql, mode: .aggregate, tables: policies), snapshots: paths)
            }
        }
        // LEX was reached once in the year; XXX never.
        let one = await refusal("SELECT avg(dep_delay) FROM flights WHERE dest = 'LEX'")
        let none = await refusal("SELECT avg(dep_delay) FROM flights WHERE dest = 'XXX'")
        #expect(one?.code == .groupBelowMinimum)
        #expect(one == none)
        let grouped = await refusal("SELECT carrier, avg(dep_delay) FROM flights WHERE dest = 'LEX' GROUP BY carrier")
        let groupedNone = await refusal("SELECT carrier, avg(dep_delay) FROM flights WHERE dest = 'XXX' GROUP BY carrier")
        #expect(grouped == groupedNone)
        #expect(grouped?.message.contains("10") == true)
    }

    @Test func oneSuppressedAircraftIsNotEvenCounted() async throws {
        // One flight to LEX beside all the others: the count of suppressed groups must not tell that it is there.
        let there = try await Flights.run("SELECT CASE WHEN dest = 'LEX' THEN 1 ELSE 0 END AS g, count(*) FROM flights GROUP BY g")
        let absent = try await Flights.run("SELECT CASE WHEN dest = 'XXX' THEN 1 ELSE 0 END AS g, count(*) FROM flights GROUP BY g")
        #expect(there.suppressedGroups == 0)
        #expect(absent.suppressedGroups == 0)
        #expect(there.rows.count == 1)
        let many = try await Flights.run("SELECT dest, carrier, month, day, count(*) FROM flights WHERE month < 3 GROUP BY 1, 2, 3, 4", minimum: 10)
        #expect(many.suppressedGroups > 100)
    }
}
