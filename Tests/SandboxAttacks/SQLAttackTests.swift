import Encoding
import Foundation
import Sandbox
import SandboxTestKit
import Testing

/// Every attack of every family, against the sandbox as it is.
@Suite struct SQLAttackTests {
    /// What came of an attack.
    enum Outcome: Sendable, Hashable {
        case refused(String)
        case stopped(String)
        case answered([Judge.Leak])
    }

    /// Small enough that a query which tries to exhaust the machine is stopped soon, large enough for a busy one.
    static let limits = RunLimits(wallClockSeconds: 20, cpuSeconds: 20)

    static func outcome(
        _ attack: SQLAttack, tables: [TablePolicy], minimum: Int = AttackedHospital.minimum
    ) async throws -> Outcome {
        let query: CheckedQuery
        do {
            query = try await Bench.engine.check(sql: attack.sql, mode: attack.mode, tables: tables, parameters: attack.parameters)
        } catch .refused(let refusal) {
            #expect(!refusal.message.isEmpty)
            return .refused(refusal.code.rawValue)
        } catch {
            // A check has no data before it, so whatever stops it tells nothing.
            return .stopped("\(error)")
        }
        guard attack.isJudged else {
            let answer = try await Answer(query, values: attack.values, on: .asItIs, limits: limits)
            return answer.verdict == "answered" ? .answered([]) : .stopped(answer.verdict)
        }
        return .answered(try await Judge(minimum: minimum).leaks { try await Answer(query, values: attack.values, on: $0) })
    }

    @Test(arguments: AttackFamily.all.flatMap(\.attacks))
    func `no attack tells anything about few people, and none reaches the engine`(attack: SQLAttack) async throws {
        switch try await Self.outcome(attack, tables: AttackedHospital.tables()) {
        case .refused: break
        case .stopped(let reason):
            #expect(!attack.isJudged, "\(reason)")
        case .answered(let found):
            let leaks = found.filter { attack.expectation != .noValue || !$0.isPresence }
            #expect(attack.expectation != .refusal, "it was not refused")
            #expect(leaks.isEmpty, "\(leaks.prefix(3))")
        }
    }

    @Test func `the table in README counts every family`() throws {
        let readme = try String(contentsOfFile: Bench.root + "/Tests/SandboxAttacks/README.md", encoding: .utf8)
        let all = AttackFamily.all.reduce(0) { $0 + $1.attacks.count }
        for (name, count) in AttackFamily.all.map({ ($0.name, $0.attacks.count) }) + [("all", all)] {
            #expect(readme.contains("\n| \(name) | \(count) |"), "\(name) has \(count) attacks")
        }
    }

    @Test func `there are at least three hundred different attacks`() {
        let texts = AttackFamily.all.flatMap { $0.attacks.map { "\($0.mode) \($0.sql) \($0.values)" } }
        #expect(texts.count >= 300)
        let doubles = Dictionary(grouping: texts) { $0 }.filter { $0.value.count > 1 }.keys.map { String($0.prefix(90)) }
        #expect(doubles.isEmpty)
    }
}
