import DifferentialPrivacy
import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// Private mode with the engine. At ε = 100 the noise is all but gone, so that answers can be compared with exact ones.
@Suite struct PrivateModeTests {
    static let policy = PrivacyPolicy(
        maximumGroupsPerUnit: 3, maximumRowsPerUnit: 4, bounds: ["fee": 0...50, "score": -2.5...2.5], maximumRows: 100, deltaExponent: 6)

    static let table = TablePolicy(
        name: "calls",
        columns: [
            .init(name: "client", type: "VARCHAR", role: .privacyUnit), .init(name: "city", type: "VARCHAR", role: .dimension),
            .init(name: "day", type: "DATE", role: .dimension), .init(name: "fee", type: "BIGINT", role: .measure),
            .init(name: "score", type: "DOUBLE", role: .measure), .init(name: "weight", type: "DOUBLE", role: .measure),
            .init(name: "note", type: "VARCHAR", role: .hidden),
        ],
        aggregate: AggregatePolicy(minimumGroupSize: 5, maximumRows: 100), privacy: policy)

    /// 400 clients of one or two calls in cities c0 … c3, a city "few" with four clients, and one client ("whale") with 600 calls
    /// in every one of 40 cities, whose values are far out of bounds.
    static let snapshot = Task { () async throws -> String in
        var text = "client,city,day,fee,score,weight,note\n"
        for client in 0..<400 {
            for call in 0...(client % 2) {
                let score = client % 5 == 0 ? "NA" : String(Double(client % 11) / 4 - 1.25)
                text += "k\(client),c\(client % 4),2024-01-0\(call + 1),\(client % 50),\(score),1.5,n\n"
            }
        }
        for client in 0..<4 { text += "f\(client),few,2024-01-01,10,1,1.5,n\n" }
        for call in 0..<600 { text += "whale,w\(call % 40),2024-01-01,1000000000,1e50,1.5,n\n" }
        let path = Bench.folder + "/calls.csv"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        return path + ".duckdb"
    }

    static func check(_ sql: String, tables: [TablePolicy] = [table]) async throws(SandboxError) -> CheckedQuery {
        try await Bench.engine.check(sql: sql, mode: .private, tables: tables)
    }

    static func run(
        _ sql: String, epsilon: Int64 = 100_000, mechanism: NoiseMechanism = .laplace
    ) async throws -> RunResult {
        let query = try await check(sql)
        return try await Bench.engine.run(
            query, snapshots: ["calls": try await snapshot.value],
            privacy: PrivacyRequest(epsilonThousandths: epsilon, mechanism: mechanism))
    }

    @Test func `counts, sums, means and distinct units come out with their error`() async throws {
        let result = try await Self.run(
            "SELECT city, count(*) AS n, count(score), count(DISTINCT client), sum(fee), avg(score) FROM calls WHERE city LIKE 'c%' "
                + "GROUP BY city ORDER BY city")
        #expect(result.rows.map { $0[0] } == ["c0", "c1", "c2", "c3"])
        for (index, row) in result.rows.enumerated() {
            let clients = (0..<400).filter { $0 % 4 == index }
            let calls = clients.flatMap { Array(repeating: $0, count: $0 % 2 + 1) }
            let scores = calls.filter { $0 % 5 != 0 }.map { Double($0 % 11) / 4 - 1.25 }
            let exact = [
                Double(calls.count), Double(scores.count), 100, Double(calls.map { $0 % 50 }.reduce(0, +)),
                scores.reduce(0, +) / Double(scores.count),
            ]
            for (column, value) in exact.enumerated() {
                let noisy = try #require(row[column + 1].doubleValue)
                let width = try #require(result.errors[index][column + 1].doubleValue)
                // Twice the bar: 1 − 10⁻⁴ and more.
                #expect(abs(noisy - value) <= 3 * width + 1e-6, "\(column): \(noisy) instead of \(value), ± \(width)")
                #expect(width < value.magnitude * 0.2 + 1)
            }
            #expect(result.errors[index][0] == .null)
        }
        #expect(result.privacy?.unit == "calls.client")
        #expect(result.privacy?.epsilonThousandths == 100_000)
        #expect(result.privacy?.rhoMillionths == 5_000_000_000)
        let document = try JSONValue.parse(result.resultBytes)
        #expect(document.objectValue?["privacy"]?.objectValue?["delta"] == "5e-10")
        #expect(document.objectValue?["errors"]?.arrayValue?.count == 4)
    }

    @Test func `a unit counts in few groups, with few rows, and with clamped values`() async throws {
        let plan = try PrivatePlan((try await Self.check("SELECT city, count(*), sum(fee), avg(score) FROM calls GROUP BY city")).template, tables: [Self.table])
        let measured = try await Self.measure(plan, smallest: false)
        let whales = measured.groups.filter { $0.names[0]?.hasPrefix("w") == true }
        // Of 40 cities with 15 calls each: three, each with four rows' worth, of at most 50 and 2.5.
        #expect(whales.count == 3)
        let (rows, fee) = (plan.measures.firstIndex(of: .rows) ?? 0, plan.measures.firstIndex(of: .sum(0)) ?? 0)
        let score = plan.measures.firstIndex(of: .centredSum(1)) ?? 0
        let present = plan.measures.firstIndex(of: .present(1)) ?? 0
        for whale in whales {
            #expect(whale.numbers[rows] == 4 && whale.numbers[fee] == 200 && whale.numbers[present] == 4)
            #expect(whale.numbers[score] == 4 * Int128(plan.values[1].grid?.upper ?? 0))
        }
    }

    /// The raw cells of a plan, also the small ones, which a run never sees.
    static func measure(_ plan: PrivatePlan, smallest: Bool, table: String? = nil) async throws -> SandboxEngine.Measurement {
        let path: String
        if let table { path = table } else { path = try await snapshot.value }
        var script = EngineScript(limits: RunLimits())
        try script.addTable(0, file: "/data/0.duckdb", policy: Self.table, [])
        script.lock()
        return try await Bench.engine.measure(
            plan, script: script, mounts: [Mount(source: path, target: "/data/0.duckdb")], limits: RunLimits(),
            smallestGroup: smallest ? PrivatePlan.smallestGroup : 1)
    }

    @Test func `a small group never leaves the engine, and is shown by no chance`() async throws {
        let query = try await Self.check("SELECT city, count(*) FROM calls GROUP BY city")
        let plan = try PrivatePlan(query.template, tables: [Self.table])
        let measured = try await Self.measure(plan, smallest: true)
        #expect(Set(measured.groups.map(\.names)) == [["c0"], ["c1"], ["c2"], ["c3"]])
        let result = try await Self.run("SELECT city, count(*) FROM calls GROUP BY city ORDER BY 1")
        #expect(result.rows.map { $0[0] } == ["c0", "c1", "c2", "c3"])
        #expect(result.suppressedGroups == 0)
    }

    @Test func `a result without groups that are large enough is empty, and no refusal`() async throws {
        let result = try await Self.run("SELECT city, count(*) FROM calls WHERE city LIKE 'few' GROUP BY city")
        #expect(result.rows.isEmpty)
        let total = try await Self.run("SELECT count(*), sum(fee), avg(fee) FROM calls WHERE city = 'nowhere'")
        #expect(total.rows.count == 1)
        #expect(try #require(total.rows[0][0].doubleValue).magnitude < 10)
    }

    @Test func `output, HAVING, ORDER BY and LIMIT see noisy numbers only`() async throws {
        let result = try await Self.run(
            "SELECT upper(city) AS place, count(*) * 2 AS twice, count(*) AS n FROM calls GROUP BY city HAVING count(*) > 120 "
                + "ORDER BY n DESC LIMIT 2")
        // Odd clients call twice: c1 and c3 have 200 calls, c0 and c2 100.
        #expect(Set(result.rows.map { $0[0] }) == ["C1", "C3"])
        for (row, errors) in zip(result.rows, result.errors) {
            #expect(row[1].integerValue == (row[2].integerValue ?? 0) * 2)
            // An expression of aggregates states no error, an aggregate does.
            #expect(errors[1] == .null && errors[2] != .null)
        }
    }

    @Test func `noise is there, and as large as ε asks`() async throws {
        var counts: Set<Int64> = []
        for _ in 0..<3 {
            let result = try await Self.run("SELECT count(*) FROM calls", epsilon: 10)
            counts.insert(try #require(result.rows[0][0].integerValue))
            // Four rows of a unit at ε = 0.01: b = 400, and 95 % within 1198.
            #expect(result.errors[0][0] == .number(1198))
        }
        #expect(counts.count > 1)
        let gaussian = try await Self.run("SELECT count(*) FROM calls", epsilon: 10, mechanism: .gaussian)
        #expect(gaussian.errors[0][0] == .number(784))  // 1.96 · 400
        #expect(gaussian.privacy?.mechanism == .gaussian)
    }

    @Test(arguments: [
        ("SELECT min(fee) FROM calls", QueryRefusal.Code.functionNotAllowed), ("SELECT stddev(fee) FROM calls", .functionNotAllowed),
        ("SELECT count(DISTINCT city) FROM calls", .selectiveAggregate), ("SELECT corr(fee, score) FROM calls", .functionNotAllowed),
        ("SELECT sum(weight) FROM calls", .columnRole), ("SELECT avg(fee + weight) FROM calls", .columnRole),
        ("SELECT client, count(*) FROM calls GROUP BY client", .columnRole), ("SELECT fee FROM calls", .notAggregated),
        ("SELECT note FROM calls", .columnUnknown), ("SELECT sum(fee) FROM calls LIMIT 1000", .tooManyRows),
    ])
    func `what private mode cannot answer is refused`(sql: String, code: QueryRefusal.Code) async {
        let refusal = await Bench.refusal { () async throws(SandboxError) in try await Self.check(sql) }
        #expect(refusal?.code == code, "\(refusal?.description ?? "")")
    }

    @Test func `a product that does not offer private mode is not asked`() async {
        var table = Self.table
        table.privacy = nil
        let refusal = await Bench.refusal { [table] () async throws(SandboxError) in try await Self.check("SELECT count(*) FROM calls", tables: [table]) }
        #expect(refusal?.code == .modeNotOffered)
        var open = Self.table
        open.columns[0].role = .dimension
        open.aggregate = AggregatePolicy(minimumGroupSize: 1, maximumRows: 100)
        let nobody = await Bench.refusal { [open] () async throws(SandboxError) in try await Self.check("SELECT count(*) FROM calls", tables: [open]) }
        #expect(nobody?.code == .modeNotOffered)
    }

    @Test func `a run must say what it spends`() async throws {
        let query = try await Self.check("SELECT count(*) FROM calls")
        let path = try await Self.snapshot.value
        for request in [nil, PrivacyRequest(epsilonThousandths: 0), PrivacyRequest(epsilonThousandths: .max)] {
            let refusal = await Bench.refusal { () async throws(SandboxError) in
                try await Bench.engine.run(query, snapshots: ["calls": path], privacy: request)
            }
            #expect(refusal?.code == .parameterValue)
        }
        #expect(query.privacyTables == ["calls"])
        #expect(!query.isExact)
    }

    @Test func `other bounds make another policy hash`() async throws {
        var other = Self.table
        other.privacy?.bounds["fee"] = 0...51
        let sql = "SELECT sum(fee) FROM calls"
        let (one, two) = (try await Self.check(sql), try await Self.check(sql, tables: [other]))
        #expect(one.policyHash != two.policyHash)
        let again = try await Self.check(sql)
        #expect(one.policyHash == again.policyHash)
    }
}
