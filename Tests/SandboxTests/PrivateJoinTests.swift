import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// Private mode over several tables and inner queries, and the ranges of what is added up.
@Suite struct PrivateJoinTests {
    static let accounts = TablePolicy(
        name: "accounts",
        columns: [
            .init(name: "client", type: "VARCHAR", role: .privacyUnit), .init(name: "plan", type: "VARCHAR", role: .dimension),
            .init(name: "balance", type: "DECIMAL(9,2)", role: .measure),
        ],
        privacy: PrivacyPolicy(
            maximumGroupsPerUnit: 2, maximumRowsPerUnit: 9, bounds: ["balance": 0...99.5], maximumRows: 50, deltaExponent: 8),
        owner: "telecom")
    static let places = TablePolicy(
        name: "places",
        columns: [.init(name: "city", type: "VARCHAR", role: .joinKey), .init(name: "land", type: "VARCHAR", role: .dimension)],
        aggregate: AggregatePolicy(minimumGroupSize: 1, maximumRows: 100), owner: "atlas")
    static let staff = TablePolicy(
        name: "staff",
        columns: [.init(name: "member", type: "VARCHAR", role: .privacyUnit), .init(name: "city", type: "VARCHAR", role: .joinKey)],
        privacy: PrivateModeTests.policy, owner: "telecom")
    static let calls: TablePolicy = {
        var table = PrivateModeTests.table
        table.owner = "telecom"
        table.columns[1].role = .joinKey
        return table
    }()
    static let tables = [calls, accounts, places, staff]

    static let snapshots = Task { () async throws -> [String: String] in
        var accounts = "client,plan,balance\n"
        for client in 0..<400 { accounts += "k\(client),\(client % 2 == 0 ? "even" : "odd"),\(client % 100).25\n" }
        let files = [
            "accounts": accounts, "places": "city,land\n" + (0..<4).map { "c\($0),\($0 < 2 ? "north" : "south")\n" }.joined(),
        ]
        var paths = ["calls": try await PrivateModeTests.snapshot.value]
        for (name, text) in files {
            let path = Bench.folder + "/private-\(name).csv"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
            paths[name] = path + ".duckdb"
        }
        return paths
    }

    static func check(_ sql: String) async throws(SandboxError) -> CheckedQuery {
        try await Bench.engine.check(sql: sql, mode: .private, tables: tables)
    }

    private func run(_ sql: String) async throws -> RunResult {
        let query = try await Self.check(sql)
        return try await Bench.engine.run(
            query, snapshots: try await Self.snapshots.value, privacy: PrivacyRequest(epsilonThousandths: 100_000))
    }

    private func expectNear(_ cell: JSONValue, _ value: Double, within: Double) throws {
        #expect(abs(try #require(cell.doubleValue) - value) <= within)
    }

    @Test func `an open table may be joined, and its columns named`() async throws {
        let result = try await run("SELECT land, count(DISTINCT client) FROM calls JOIN places USING (city) GROUP BY land ORDER BY land")
        #expect(result.rows.map { $0[0] } == ["north", "south"])
        for row in result.rows { try expectNear(row[1], 200, within: 3) }
        #expect(result.privacy?.tables == ["calls"])
    }

    @Test func `tables of one owner may be joined by the unit, and each one's budget is spent`() async throws {
        let query = try await Self.check(
            "SELECT plan, count(*) AS n, avg(balance) FROM calls JOIN accounts ON calls.client = accounts.client GROUP BY plan ORDER BY plan")
        #expect(query.privacyTables == ["calls", "accounts"])
        #expect(query.maximumRows == 50)
        let result = try await Bench.engine.run(
            query, snapshots: try await Self.snapshots.value, privacy: PrivacyRequest(epsilonThousandths: 100_000))
        #expect(result.rows.map { $0[0] } == ["even", "odd"])
        try expectNear(result.rows[0][1], 200, within: 8)
        try expectNear(result.rows[1][1], 400, within: 8)
        try expectNear(result.rows[0][2], 49.25, within: 1)
        // The strictest of both policies.
        #expect(result.privacy?.groupsPerUnit == 2 && result.privacy?.rowsPerUnit == 4 && result.privacy?.deltaExponent == 8)
    }

    @Test func `what a unit has done at all may be a condition`() async throws {
        let result = try await run(
            "SELECT count(*) FROM (SELECT client, count(*) AS calls FROM calls WHERE city LIKE 'c%' GROUP BY client) AS q WHERE calls > 1")
        try expectNear(result.rows[0][0], 200, within: 8)
    }

    @Test(arguments: [
        "SELECT count(*) FROM calls JOIN staff USING (city)",
        "SELECT count(*) FROM places",
        "SELECT day, count(*) FROM calls GROUP BY ROLLUP (day)",
        "SELECT avg(balance) - (SELECT avg(balance) FROM accounts WHERE plan = 'odd') FROM accounts",
    ])
    func `what one release of one kind of unit does not cover is refused`(sql: String) async {
        let refusal = await Bench.refusal { () async throws(SandboxError) in try await Self.check(sql) }
        #expect([.modeNotOffered, .syntaxNotAllowed].contains(refusal?.code), "\(refusal?.description ?? "")")
    }

    // MARK: Ranges

    @Test func `ranges carry through arithmetic`() throws {
        func column(_ name: String) -> Sandbox.Expression { Sandbox.Expression(.column(ColumnPath(table: 0, column: name == "x" ? 0 : 1))) }
        func call(_ sign: String, _ parts: Sandbox.Expression...) -> Sandbox.Expression {
            Sandbox.Expression(.call(FunctionCall(name: sign, arguments: parts, isOperator: true)))
        }
        func number(_ value: Int64) -> Sandbox.Expression { Sandbox.Expression(.constant(.integer(value))) }
        func range(_ expression: Sandbox.Expression) -> [Double]? {
            ValueRange.of(expression) { path in path.column == 0 ? ValueRange(-2, 5, digits: 0) : ValueRange(0.5, 3, digits: 2) }
                .map { [$0.lower, $0.upper] }
        }
        let (x, y) = (column("x"), column("y"))
        #expect(range(call("+", x, y)) == [-1.5, 8])
        #expect(range(call("-", x, y)) == [-5, 4.5])
        #expect(range(call("*", x, y)) == [-6, 15])
        #expect(range(call("*", x, x)) == [-10, 25])
        #expect(range(call("/", x, y)) == [-4, 10])
        #expect(range(call("/", y, x)) == nil)
        #expect(range(call("-", x)) == [-5, 2])
        #expect(range(call("%", x, number(3))) == nil)
        let choice = Sandbox.Expression(.choice([CaseBranch(condition: Sandbox.Expression(.constant(.boolean(true))), result: x)], otherwise: number(9)))
        #expect(range(choice) == [-2, 9])
        #expect(range(Sandbox.Expression(.cast(y, CastType(id: "BIGINT")))) == [0, 3])
        #expect(ValueRange(.nan, 1, digits: nil) == nil && ValueRange(2, 1, digits: nil) == nil && ValueRange(0, .infinity, digits: nil) == nil)
    }

    @Test func `a grid holds every value of its range, and steps are exact where they can be`() throws {
        func grid(_ lower: Double, _ upper: Double, _ digits: Int?) throws -> ValueGrid {
            try #require(ValueRange(lower, upper, digits: digits).flatMap { ValueGrid($0) })
        }
        let cents = try grid(0, 99.5, 2)
        #expect(cents.digits == 2 && cents.lower == 0 && cents.upper == 9950 && cents.value(125) == 1.25)
        let whole = try grid(-10, 50, 0)
        #expect(whole.digits == 0 && whole.middle == 20 && whole.reach == 50 && whole.centredReach == 30)
        let free = try grid(-2.5, 2.5, nil)
        #expect(free.digits == 7 && free.upper == 25_000_000)
        let huge = try grid(0, 1e20, 0)
        #expect(huge.digits < 0 && Double(huge.upper) <= ValueGrid.maximumSteps && huge.value(Double(huge.upper)) >= 1e20 * 0.999_999)
        let nothing = try grid(0, 0, 0)
        #expect(nothing.reach == 1 && nothing.upper == 0)
        #expect(ValueRange(0, 1e39, digits: nil).flatMap { ValueGrid($0) } == nil)
    }

    @Test func `values of any kind are clamped to their range in the engine`() throws {
        let grid = try #require(ValueRange(-2.5, 2.5, digits: nil).flatMap { ValueGrid($0) })
        let rows = try Bench.direct(
            "SELECT \(grid.steps("v")) FROM (VALUES (1.25::DOUBLE), ('NaN'), ('inf'), ('-inf'), (1e308), (-1e308), (NULL), (0)) AS t(v)",
            snapshots: [:])
        #expect(rows == [["12500000"], ["25000000"], ["25000000"], ["-25000000"], ["25000000"], ["-25000000"], ["NULL"], ["0"]])
    }
}
