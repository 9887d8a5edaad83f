import Encoding
import SandboxTestKit
import Testing

@testable import Sandbox

/// Attacks by several queries, each allowed on its own, on a product that holds answers against each other.
@Suite struct DifferencingTests {
    /// 60 persons with three visits each; person 0 is the only one of code 7.
    private static let made = Task { () async throws -> (TablePolicy, [String: String]) in
        var text = "person,ward,code,day,cost\n"
        for person in 0..<60 {
            for day in 0..<3 {
                text += "p\(person),w\(person % 3),\(person == 0 ? 7 : person % 5),\(day),\(100 + person * 3 + day)\n"
            }
        }
        let policy = TablePolicy(
            name: "visits",
            columns: [
                .init(name: "person", type: "VARCHAR", role: .privacyUnit), .init(name: "ward", type: "VARCHAR", role: .dimension),
                .init(name: "code", type: "BIGINT", role: .dimension), .init(name: "day", type: "BIGINT", role: .dimension),
                .init(name: "cost", type: "BIGINT", role: .measure),
            ], aggregate: AggregatePolicy(minimumGroupSize: 5, maximumRows: 100, isDifferencingChecked: true))
        return (policy, ["visits": try await DisclosureBench.imported(text)])
    }

    /// Whether the last query may be answered after the others, in the order in which they are asked.
    private static func isAnswered(_ queries: [String], isChecked: Bool = true) async throws -> Bool {
        var (policy, paths) = try await made.value
        policy.aggregate?.isDifferencingChecked = isChecked
        var earlier: [EarlierRun] = []
        for (index, sql) in queries.enumerated() {
            let query = try await Bench.check(sql, tables: [policy])
            do throws(SandboxError) {
                _ = try await Bench.engine.run(query, snapshots: paths, earlier: earlier)
            } catch {
                guard case .refused(let refusal) = error, refusal.code == .differencing, index == queries.count - 1 else { throw error }
                return false
            }
            earlier.append(EarlierRun(query: query))
        }
        return true
    }

    /// Each ends in a query whose answer, with the earlier ones, would be the answer about person 0 alone.
    private static let attacks: [[String]] = [
        // An individual tracker (Denning & Schlörer 1980): all, and all but one.
        ["SELECT sum(cost) FROM visits", "SELECT sum(cost) FROM visits WHERE code <> 7"],
        ["SELECT sum(cost) FROM visits WHERE code <> 7", "SELECT sum(cost) FROM visits"],
        ["SELECT ward, sum(cost) FROM visits GROUP BY ward", "SELECT sum(cost) FROM visits WHERE ward = 'w0' AND code <> 7"],
        ["SELECT sum(cost) FROM visits WHERE ward = 'w0' AND code <> 7", "SELECT ward, sum(cost) FROM visits GROUP BY ward"],
        // The total is that of the groups together.
        ["SELECT ward, sum(cost) FROM visits GROUP BY ward", "SELECT sum(cost) FROM visits WHERE code <> 7"],
        ["SELECT code, sum(cost) FROM visits GROUP BY code", "SELECT sum(cost) FROM visits"],
        // Only one visit of the person is left out: the same persons, other rows.
        ["SELECT sum(cost) FROM visits", "SELECT sum(cost) FROM visits WHERE NOT (code = 7 AND day = 1)"],
        // As many visits, but others.
        ["SELECT sum(cost) FROM visits WHERE NOT (code = 7 AND day = 1)", "SELECT sum(cost) FROM visits WHERE NOT (code = 7 AND day = 2)"],
        ["SELECT sum(cost) FROM visits WHERE NOT (code = 7 AND day = 1)", "SELECT sum(2 * cost) FROM visits WHERE NOT (code = 7 AND day = 2)"],
        // The general tracker: q(C) = q(C or T) + q(C or not T) − q(all).
        [
            "SELECT sum(cost) FROM visits", "SELECT sum(cost) FROM visits WHERE code = 7 OR ward = 'w1'",
            "SELECT sum(cost) FROM visits WHERE code = 7 OR ward <> 'w1'",
        ],
        [
            "SELECT sum(cost) FROM visits WHERE code = 7 OR ward = 'w1'", "SELECT sum(cost) FROM visits WHERE code = 7 OR ward <> 'w1'",
            "SELECT day, sum(cost) FROM visits GROUP BY day",
        ],
        // The double tracker: T within U, with q(C) = q(U) + q(C or T) − q(T) − q(not (C and T) and U).
        [
            "SELECT sum(cost) FROM visits WHERE ward IN ('w0', 'w1')", "SELECT sum(cost) FROM visits WHERE ward = 'w1'",
            "SELECT sum(cost) FROM visits WHERE code = 7 OR ward = 'w1'",
        ],
    ]

    @Test(arguments: attacks.indices)
    func noTwoOrThreeAnswersTellOfOnePerson(attack: Int) async throws {
        #expect(try await !Self.isAnswered(Self.attacks[attack]))
        // The check is what stops it.
        #expect(try await Self.isAnswered(Self.attacks[attack], isChecked: false))
    }

    /// None of these tells of fewer than five persons.
    private static let harmless: [[String]] = [
        ["SELECT ward, sum(cost) FROM visits GROUP BY ward", "SELECT ward, avg(cost), count(*) FROM visits GROUP BY ward"],
        ["SELECT ward, sum(cost) FROM visits GROUP BY ward", "SELECT day, count(*) FROM visits GROUP BY day"],
        ["SELECT sum(cost) FROM visits", "SELECT ward, sum(cost) FROM visits GROUP BY ward", "SELECT ward, day, sum(cost) FROM visits GROUP BY ward, day"],
        ["SELECT sum(cost) FROM visits WHERE ward = 'w1'", "SELECT sum(cost) FROM visits WHERE ward = 'w2'", "SELECT sum(cost) FROM visits"],
        ["SELECT sum(cost) FROM visits WHERE code = 1", "SELECT sum(cost) FROM visits WHERE code IN (1, 2)"],
        ["SELECT sum(cost) FROM visits", "SELECT sum(cost) FROM visits"],
    ]

    @Test(arguments: harmless.indices)
    func questionsThatDifferByEnoughAreAnswered(number: Int) async throws {
        #expect(try await Self.isAnswered(Self.harmless[number]))
    }

    @Test func theRefusalDoesNotTellWhichAnswerOrWhom() async throws {
        let (policy, paths) = try await Self.made.value
        let first = try await Bench.check("SELECT sum(cost) FROM visits", tables: [policy])
        let second = try await Bench.check("SELECT sum(cost) FROM visits WHERE code <> $code", tables: [policy], parameters: [.init(name: "code", type: .integer)])
        let refusal = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.engine.run(second, values: ["code": 7], snapshots: paths, earlier: [EarlierRun(query: first)])
        }
        #expect(refusal?.code == .differencing)
        #expect(refusal?.description.contains("7") == false && refusal?.piece.isEmpty == true)
        // The same template with another value is another question.
        let other = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.engine.run(
                second, values: ["code": 7], snapshots: paths, earlier: [EarlierRun(query: second, values: ["code": 99])])
        }
        #expect(other?.code == .differencing)
    }

    @Test func anEarlierRunSawOnlyTheRowsItWasAllowed() async throws {
        let (policy, paths) = try await Self.made.value
        let query = try await Bench.check("SELECT sum(cost) FROM visits", tables: [policy])
        let part = [RowRestriction(column: "code", values: ["0", "1", "2", "3", "4"])]
        let refusal = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.engine.run(query, snapshots: paths, earlier: [EarlierRun(query: query, restrictions: ["visits": part])])
        }
        #expect(refusal?.code == .differencing)
        let fewer = [RowRestriction(column: "ward", values: ["w1"])]
        _ = try await Bench.engine.run(query, snapshots: paths, earlier: [EarlierRun(query: query, restrictions: ["visits": fewer])])
    }

    @Test func namesAreReplacedOnlyWhereTheyAreNames() {
        let sql = #"SELECT t0."d0", 'd0', d0.main.data, hexi_shown_1.a0, "hexi_shown_1", d01x FROM d0.main.data AS d0x"#
        #expect(
            TableRenaming.renamed(sql, catalogs: [0: 12, 1: 0], shown: "then_")
                == #"SELECT t0."d0", 'd0', d12.main.data, then_1.a0, "hexi_shown_1", d01x FROM d12.main.data AS d0x"#)
        #expect(BaseTables.aliases(in: "FROM d0.main.data AS t0 INNER JOIN d1.main.data AS t1 ON t0.\"a\" = t1.\"AS (x\" WHERE (SELECT 1 FROM d2.main.data AS t2)").map(\.alias) == ["t0", "t1"])
        #expect(BaseTables.aliases(in: "FROM d0.main.data AS t0, d0.main.data AS t1").isEmpty)
    }
}
