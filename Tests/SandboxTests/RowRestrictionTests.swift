import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct RowRestrictionTests {
    private static let columns = [
        ColumnDefinition(name: "county", type: "VARCHAR", role: .hidden),
        ColumnDefinition(name: "day", type: "DATE", role: .dimension),
        ColumnDefinition(name: "level", type: "BIGINT", role: .dimension),
        ColumnDefinition(name: "cost", type: "BIGINT", role: .measure),
    ]
    private static let claims = TablePolicy(
        name: "claims", columns: columns, aggregate: AggregatePolicy(minimumGroupSize: 1, maximumRows: 100),
        rows: RowsPolicy(columns: ["day", "level", "cost"], maximumRows: 1000))

    /// 90 rows in three counties.
    private static func snapshot() async throws -> String {
        let csv = Bench.folder + "/claims-\(UUID().uuidString).csv"
        var text = "county,day,level,cost\n"
        for index in 0..<90 {
            let county = ["西峰区", "O'Neill; --", "secret"][index % 3]
            text += "\(county),2020-01-\(String(format: "%02d", index % 28 + 1)),\(index % 5),\(index % 3 == 2 ? 0 : index + 1)\n"
        }
        try text.write(toFile: csv, atomically: true, encoding: .utf8)
        _ = try await Bench.engine.importTable(from: csv, format: .csv, to: csv + ".duckdb")
        return csv + ".duckdb"
    }

    private static func run(
        _ sql: String, _ mode: QueryMode, _ restrictions: [RowRestriction], snapshot: String
    ) async throws -> RunResult {
        let query = try await Bench.check(sql, mode: mode, tables: [claims])
        return try await Bench.engine.run(query, snapshots: ["claims": snapshot], restrictions: ["claims": restrictions])
    }

    @Test func aRunSeesTheRowsWithinTheScopeAndNoOthers() async throws {
        let path = try await Self.snapshot()
        for county in ["西峰区", "O'Neill; --"] {
            let scope = [RowRestriction(column: "county", values: [county])]
            let rows = try await Self.run("SELECT cost FROM claims ORDER BY cost", .rows, scope, snapshot: path)
            let escaped = county.replacingOccurrences(of: "'", with: "''")
            let expected = try Bench.direct(
                "SELECT cost FROM claims WHERE county = '\(escaped)' ORDER BY cost", snapshots: ["claims": path])
            #expect(rows.rows.map { $0.map { $0.integerValue.map(String.init) ?? "NULL" } } == expected)
            #expect(rows.rows.count == 30)
            let counted = try await Self.run(
                "SELECT count(*) AS n, sum(cost) AS s, min(cost) AS least FROM claims", .aggregate, scope, snapshot: path)
            let sums = try Bench.direct(
                "SELECT count(*), sum(cost), min(cost) FROM claims WHERE county = '\(escaped)'", snapshots: ["claims": path])
            #expect(counted.rows.map { $0.map { "\($0.integerValue ?? -1)" } } == sums)
        }
    }

    @Test func severalRestrictionsMustAllBeMetAndTypesAreTheColumns() async throws {
        let path = try await Self.snapshot()
        let scope = [
            RowRestriction(column: "county", values: ["西峰区", "secret"]), RowRestriction(column: "level", values: ["01", "2", "x"]),
            RowRestriction(column: "day", values: ["2020-01-02", "2020-1-3", "2020-01-04", "no day"]),
        ]
        let found = try await Self.run("SELECT day, level, cost FROM claims ORDER BY day, level, cost", .rows, scope, snapshot: path)
        let expected = try Bench.direct(
            "SELECT day, level, cost FROM claims WHERE county IN ('西峰区', 'secret') AND level IN (1, 2) AND day IN ('2020-01-02', '2020-01-03', '2020-01-04') ORDER BY ALL",
            snapshots: ["claims": path])
        #expect(found.rows.count == expected.count && !expected.isEmpty)
    }

    @Test func aScopeThatNothingMeetsGivesNothing() async throws {
        let path = try await Self.snapshot()
        for values in [["nowhere"], [], ["' OR true --"], ["%"]] {
            let scope = [RowRestriction(column: "county", values: values)]
            #expect(try await Self.run("SELECT cost FROM claims", .rows, scope, snapshot: path).rows.isEmpty)
        }
    }

    @Test func aScopeByAColumnThatTheTableHasNotIsRefused() async throws {
        let path = try await Self.snapshot()
        let query = try await Bench.check("SELECT cost FROM claims", mode: .rows, tables: [Self.claims])
        for column in ["region", "County", "county\" OR \"day", ""] {
            let refusal = await Bench.refusal { () async throws(SandboxError) in
                try await Bench.engine.run(
                    query, snapshots: ["claims": path], restrictions: ["claims": [RowRestriction(column: column, values: ["x"])]])
            }
            #expect(refusal?.code == .columnUnknown)
        }
    }

    @Test func theApprovedRewritingStaysTheSame() async throws {
        let path = try await Self.snapshot()
        let query = try await Bench.check("SELECT cost FROM claims", mode: .rows, tables: [Self.claims])
        let whole = try await Bench.engine.run(query, snapshots: ["claims": path])
        let part = try await Bench.engine.run(
            query, snapshots: ["claims": path], restrictions: ["claims": [RowRestriction(column: "county", values: ["secret"])]])
        #expect(whole.policyHash == part.policyHash && whole.rows.count == 90 && part.rows.count == 30)
    }
}
