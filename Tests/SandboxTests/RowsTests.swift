import Encoding
import Foundation
import Signing
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct RowsTests {
    /// A snapshot of the weather sample with a given number of rows.
    static func snapshot(rows: Int) async throws -> String {
        let csv = Bench.folder + "/weather-\(UUID().uuidString).csv"
        var text = "station,day,wind,rain\n"
        for index in 0..<rows { text += "s\(index % 3),2020-01-\(String(format: "%02d", index % 28 + 1)),\(Double(index) / 2),NA\n" }
        try text.write(toFile: csv, atomically: true, encoding: .utf8)
        _ = try await Bench.engine.importTable(from: csv, format: .csv, to: csv + ".duckdb")
        return csv + ".duckdb"
    }

    static let weather: TablePolicy = {
        var policy = Sample.weather
        policy.columns[3].type = "VARCHAR"
        return policy
    }()

    @Test func listedColumnsComeOutWithTheirTypes() async throws {
        let path = try await Self.snapshot(rows: 20)
        let query = try await Bench.check(
            "SELECT day, wind AS speed FROM weather WHERE wind >= $least ORDER BY speed DESC LIMIT 3", mode: .rows,
            tables: [Self.weather], parameters: [QueryParameter(name: "least", type: .decimal)])
        let result = try await Bench.engine.run(query, values: ["least": "2.5"], snapshots: ["weather": path])
        #expect(result.columns == [.init(name: "day", type: "DATE"), .init(name: "speed", type: "DOUBLE")])
        #expect(result.rows == [["2020-01-20", .number(9.5)], ["2020-01-19", .number(9.0)], ["2020-01-18", .number(8.5)]])
        #expect(result.resultHash == SHA256.hash(result.resultBytes))
        #expect(result.policyHash == query.policyHash)
    }

    @Test func aStarGivesTheListedColumnsOnly() async throws {
        let path = try await Self.snapshot(rows: 5)
        let query = try await Bench.check("FROM weather", mode: .rows, tables: [Self.weather])
        let result = try await Bench.engine.run(query, snapshots: ["weather": path])
        #expect(result.columns.map(\.name) == ["day", "wind", "rain"])
        #expect(result.rows.count == 5)
    }

    @Test func tooManyRowsAreRefusedAndNotCut() async throws {
        let path = try await Self.snapshot(rows: 60)
        let query = try await Bench.check("SELECT wind FROM weather", mode: .rows, tables: [Self.weather])
        let refusal = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.engine.run(query, snapshots: ["weather": path])
        }
        #expect(refusal?.code == .tooManyRows)
        let limited = try await Bench.check("SELECT wind FROM weather LIMIT 50", mode: .rows, tables: [Self.weather])
        #expect(try await Bench.engine.run(limited, snapshots: ["weather": path]).rows.count == 50)
    }

    @Test(arguments: [
        Attack(.modeNotOffered, "SELECT * FROM visits"),
        Attack(.modeNotOffered, "SELECT day FROM weather JOIN visits USING (day)"),
        Attack(.columnRole, "SELECT station FROM weather"),
        Attack(.columnRole, "SELECT day FROM weather WHERE station = 's1'"),
        Attack(.columnRole, "SELECT day FROM weather ORDER BY station"),
        Attack(.syntaxNotAllowed, "SELECT wind + 1 FROM weather"),
        Attack(.syntaxNotAllowed, "SELECT count(*) FROM weather"),
        Attack(.syntaxNotAllowed, "SELECT day FROM weather GROUP BY day"),
        Attack(.syntaxNotAllowed, "SELECT day FROM weather ORDER BY wind + 1"),
        Attack(.tooManyRows, "SELECT day FROM weather LIMIT 51"),
        Attack(.functionNotAllowed, "SELECT day FROM weather WHERE getenv('HOME') = ''"),
        Attack(.columnUnknown, "SELECT rowid FROM weather"),
    ])
    func rowsModeRefuses(attack: Attack) async {
        let refusal = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.check(attack.sql, mode: .rows, tables: [Self.weather, Sample.visits])
        }
        #expect(refusal?.code == attack.code, "\(refusal?.description ?? "accepted")")
    }
}

@Suite struct RefusalTests {
    @Test func aRefusalPointsAtTheOffendingPiece() async {
        let refusal = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.check("SELECT 'é' AS a,\n       count(*), string_agg(patient) FROM visits")
        }
        #expect(refusal?.piece == "string_agg")
        #expect(refusal?.line == 2)
        #expect(refusal?.column == 18)
        #expect(refusal?.hint.contains("count") == true)
    }

    @Test func aSyntaxErrorHasItsPlace() async {
        let refusal = await Bench.refusal { () async throws(SandboxError) in try await Bench.engine.parse("SELECT a\nFROM FROM b") }
        #expect(refusal?.code == .syntaxError)
        #expect(refusal?.line == 2)
    }

    @Test func veryLongAndVeryDeepTextsAreRefused() async {
        let long = "SELECT '" + String(repeating: "a", count: 1 << 20) + "'"
        #expect(await Bench.refusal { () async throws(SandboxError) in try await Bench.engine.parse(long) }?.code == .tooLong)
        let deep = "SELECT " + String(repeating: "(", count: 20_000) + "1" + String(repeating: ")", count: 20_000)
        #expect(await Bench.refusal { () async throws(SandboxError) in try await Bench.check(deep) } != nil)
        let sums = "SELECT " + String(repeating: "1+", count: 900) + "1 FROM visits"
        #expect(await Bench.refusal { () async throws(SandboxError) in try await Bench.check(sums) }?.code == .tooDeep)
        let nots = "SELECT count(*) FROM visits WHERE " + String(repeating: "NOT ", count: 30_000) + "true"
        #expect(await Bench.refusal { () async throws(SandboxError) in try await Bench.check(nots) } != nil)
    }

    @Test func aPolicyThatContradictsItselfIsRefused() async {
        func refusal(_ change: (inout TablePolicy) -> Void) async -> QueryRefusal.Code? {
            var policy = Sample.visits
            change(&policy)
            let changed = policy
            return await Bench.refusal { () async throws(SandboxError) in
                try await Bench.check("SELECT count(*) FROM visits", tables: [changed])
            }?.code
        }
        #expect(await refusal { $0.columns[1].name = "PATIENT" } == .policyInvalid)
        #expect(await refusal { $0.columns[1].name = "a\n.shell id" } == .policyInvalid)
        #expect(await refusal { $0.columns[1].type = "STRUCT(a INTEGER)" } == .policyInvalid)
        #expect(await refusal { $0.columns[1].type = "DECIMAL(9,2)); DROP TABLE x; --" } == .policyInvalid)
        #expect(await refusal { $0.aggregate?.minimumGroupSize = 1 } == .policyInvalid)
        #expect(await refusal { $0.aggregate?.maximumRows = 0 } == .policyInvalid)
        #expect(await refusal { $0.rows = RowsPolicy(columns: ["patient"], maximumRows: 5) } == .policyInvalid)
        #expect(await refusal { $0.rows = RowsPolicy(columns: ["diagnosis"], maximumRows: 5) } == .policyInvalid)
    }

    @Test func namesThatLookLikeSQLStayNames() async throws {
        let odd = #"a"; DROP TABLE x; --"#
        let csv = Bench.folder + "/odd.csv"
        try "\"a\"\"; DROP TABLE x; --\",n\nx,1\ny,2\n".write(toFile: csv, atomically: true, encoding: .utf8)
        let snapshot = try await Bench.engine.importTable(from: csv, format: .csv, to: csv + ".duckdb")
        #expect(snapshot.columns.map(\.name) == [odd, "n"])
        let policy = TablePolicy(
            name: "odd", columns: [ColumnDefinition(name: odd, type: "VARCHAR", role: .dimension), ColumnDefinition(name: "n", type: "BIGINT", role: .measure)],
            aggregate: AggregatePolicy(minimumGroupSize: 1, maximumRows: 10))
        let sql = #"SELECT "a""; DROP TABLE x; --" AS "select ';", sum(n) FROM odd GROUP BY 1 ORDER BY 1"#
        let result = try await Bench.engine.run(try await Bench.check(sql, tables: [policy]), snapshots: ["odd": csv + ".duckdb"])
        #expect(result.columns.map(\.name) == ["select ';", "sum(n)"])
        #expect(result.rows == [["x", 1], ["y", 2]])
    }

    @Test func theHashOfTheTemplateIsTheSameForTheSameQueryHoweverWritten() async throws {
        let parameters = [QueryParameter(name: "w", type: .text)]
        let sql = "SELECT day, avg(cost) FROM visits WHERE ward = $w GROUP BY day"
        let one = try await Bench.check(sql, parameters: parameters)
        #expect(try await Bench.check("select DAY,  avg(COST)\nfrom visits where ward=$W group by 1", parameters: parameters).policyHash == one.policyHash)
        #expect(try await Bench.check(sql, parameters: parameters).policyHash == one.policyHash)
        var looser = Sample.visits
        looser.aggregate?.minimumGroupSize = 4
        #expect(try await Bench.check(sql, tables: [looser], parameters: parameters).policyHash != one.policyHash)
        let other = sql.replacing("avg", with: "sum")
        #expect(try await Bench.check(other, parameters: parameters).policyHash != one.policyHash)
    }
}
