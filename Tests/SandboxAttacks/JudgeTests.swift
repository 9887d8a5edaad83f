import Sandbox
import SandboxTestKit
import Testing

/// The judge must be able to condemn, and must not condemn an honest statistic.
@Suite struct JudgeTests {
    /// The judge asks for five people where the policy promises two: so it sees a policy that promises too little.
    @Test(arguments: [
        "SELECT ward, count(*) FROM visits GROUP BY ward",
        "SELECT count(*), avg(cost) FROM visits WHERE region = 'north'",
        "SELECT region, avg(dose) FROM visits GROUP BY region ORDER BY 2",
        "SELECT ward, stddev(price) FROM visits GROUP BY ward",
    ])
    func `a threshold lower than promised is condemned`(sql: String) async throws {
        let outcome = try await SQLAttackTests.outcome(SQLAttack(sql), tables: AttackedHospital.tables(minimum: 2), minimum: 5)
        guard case .answered(let leaks) = outcome else {
            Issue.record("expected an answer, got \(outcome)")
            return
        }
        #expect(!leaks.isEmpty)
    }

    @Test(arguments: [
        "SELECT ward, count(*), sum(cost), avg(dose) FROM visits WHERE ward <> 'C' GROUP BY ward ORDER BY ward",
        "SELECT day, count(*), stddev(price) FROM visits WHERE day < DATE '2020-02-01' GROUP BY day",
        "SELECT count(*), count(cost), count(*) - count(cost), sum(urgent::INTEGER) FROM visits",
    ])
    func `an honest statistic over enough people passes on the bare engine and in the sandbox`(sql: String) async throws {
        #expect(try await Judge().leaks { try await BareEngine.answers([sql], on: $0)[0] } == [])
        let outcome = try await SQLAttackTests.outcome(SQLAttack(sql), tables: AttackedHospital.tables())
        #expect(outcome == .answered([]))
    }

    /// The same attacks without a sandbox: many must succeed, or they are no attacks. (Others reach for what
    /// another engine has, or for what only a checker of another making would let through.)
    @Test func `many attacks succeed against the bare engine`() async throws {
        let attacks = AttackFamily.all.flatMap(\.attacks).filter { $0.isJudged && $0.parameters.isEmpty }
        var answers: [AttackedHospital.Neighbour: [Answer]] = [:]
        for neighbour in AttackedHospital.Neighbour.all { answers[neighbour] = try await BareEngine.answers(attacks.map(\.sql), on: neighbour) }
        var won = 0
        for index in attacks.indices {
            let leaks = try await Judge().leaks { answers[$0]?[index] ?? Answer(verdict: "none") }
            won += leaks.isEmpty ? 0 : 1
        }
        print("without a sandbox \(won) of \(attacks.count) attacks on data tell about fewer than \(AttackedHospital.minimum) people")
        #expect(won * 5 >= attacks.count * 2)
    }

    @Test func `a suppressed group that can be had by subtraction is found`() async throws {
        func answer(_ neighbour: AttackedHospital.Neighbour) -> Answer {
            func sum(_ range: ClosedRange<Int>) -> String {
                String(range.reduce(0) { $0 + (neighbour == .without("p\($1)") ? 0 : neighbour == .altered("p\($1)") ? $1 * 1000 : $1 * $1) })
            }
            return Answer(verdict: "answered", rows: [["A", sum(1...4)], ["B", sum(5...7)], ["total", sum(1...8)]])
        }
        let leaks = try await Judge().leaks { answer($0) }
        #expect(leaks.contains { $0.persons == ["p8"] })
        #expect(leaks.allSatisfy { $0.fact.contains("rows") })
    }
}
