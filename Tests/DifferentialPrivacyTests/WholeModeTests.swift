import DifferentialPrivacy
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// The whole of private mode on neighbouring tables: the engine measures each once, and noise is drawn many times.
@Suite struct WholeModeTests {
    static let columns: [ColumnDefinition] = [
        .init(name: "client", type: "VARCHAR", role: .privacyUnit), .init(name: "city", type: "VARCHAR", role: .dimension),
        .init(name: "fee", type: "BIGINT", role: .measure),
    ]

    static func table(groups: Int, rows: Int) -> TablePolicy {
        TablePolicy(
            name: "calls", columns: columns,
            privacy: PrivacyPolicy(
                maximumGroupsPerUnit: groups, maximumRowsPerUnit: rows, bounds: ["fee": -10...50], maximumRows: 100, deltaExponent: 6))
    }

    /// 90 clients, a third of them in each city and some in several; "whale" has ten calls of an enormous fee in each of ten.
    static let clients = (0..<90).map { "k\($0)" } + ["whale"]
    static let snapshot = Task { () async throws -> String in
        var generator = FixedBits(1)
        var text = "client,city,fee\n"
        for client in 0..<90 {
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let city = Int.random(in: 0..<4, using: &generator) == 0 ? Int.random(in: 0..<10, using: &generator) : client % 3
                text += "k\(client),c\(city),\(Int.random(in: -100...100, using: &generator))\n"
            }
        }
        for call in 0..<100 { text += "whale,c\(call % 10),999999999\n" }
        let path = Bench.folder + "/neighbours.csv"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        return path + ".duckdb"
    }

    /// What the engine measures, also of small groups, without this client.
    static func measure(_ plan: PrivatePlan, without client: String?, key: UInt64 = 5, smallest: Int = 1) async throws -> [MeasuredGroup] {
        var script = EngineScript(limits: RunLimits())
        let restrictions = client.map { out in [RowRestriction(column: "client", values: clients.filter { $0 != out })] } ?? []
        try script.addTable(0, file: "/data/0.duckdb", policy: table(groups: 1, rows: 1), restrictions)
        script.lock()
        let mount = Mount(source: try await snapshot.value, target: "/data/0.duckdb")
        return try await Bench.engine.measure(plan, script: script, mounts: [mount], limits: RunLimits(), smallestGroup: smallest, key: key).groups
    }

    static func plan(_ sql: String, groups: Int, rows: Int) async throws -> PrivatePlan {
        let policy = table(groups: groups, rows: rows)
        let query = try await Bench.engine.check(sql: sql, mode: .private, tables: [policy])
        return try PrivatePlan(query.template, tables: [policy])
    }

    // MARK: Sensitivity

    @Test(arguments: [(1, 1), (2, 3), (4, 2)]) func `no client changes more than the noise is made for`(groups: Int, rows: Int) async throws {
        let plan = try await Self.plan(
            "SELECT city, count(*), sum(fee), avg(fee * 2 + 1), count(DISTINCT client), count(CASE WHEN fee > 0 THEN 1 END) FROM calls GROUP BY city",
            groups: groups, rows: rows)
        let all = try await Self.measure(plan, without: nil)
        var reached = Array(repeating: UInt128(0), count: plan.measures.count)
        for client in ["whale"] + (0..<12).map({ "k\($0 * 7)" }) {
            let rest = try await Self.measure(plan, without: client)
            let before = Dictionary(uniqueKeysWithValues: all.map { ($0.names, $0.numbers) })
            let after = Dictionary(uniqueKeysWithValues: rest.map { ($0.names, $0.numbers) })
            let nothing = Array(repeating: Int128(0), count: plan.measures.count)
            var changed = 0
            for names in Set(before.keys).union(after.keys) {
                let (one, other) = (before[names] ?? nothing, after[names] ?? nothing)
                if one != other { changed += 1 }
                for (measure, limit) in plan.sensitivities.enumerated() {
                    let difference = (one[measure] - other[measure]).magnitude
                    #expect(difference <= limit, "\(client) changes \(plan.measures[measure]) of \(names) by \(difference)")
                    reached[measure] = max(reached[measure], difference)
                }
            }
            #expect(changed <= groups, "\(client) changes \(changed) groups")
        }
        // The whale uses all that it may: the bounds are not looser than they must be.
        #expect(reached == plan.sensitivities)
    }

    // MARK: ε

    /// What an attacker who knows both tables makes of one answer: how much likelier it is on one of them, in thousandths; one
    /// number apart for "the group is not shown".
    private func looks(_ plan: PrivatePlan, _ group: [MeasuredGroup], epsilon: Int64, one: [Int128], other: [Int128], seed: UInt64) throws -> [Int] {
        let release = try PrivateRelease(plan, request: PrivacyRequest(epsilonThousandths: epsilon))
        let scales = release.schedule.noises.map { noise -> Double in
            if case .laplace(let distribution) = noise { distribution.scale } else { .nan }
        }
        var bits = FixedBits(seed)
        return try (0..<40_000).map { _ in
            guard let shown = try release.release(group, using: &bits).first else { return .min }
            let noisy = shown.answers.compactMap { $0.text.flatMap { Double($0) } }
            let gain = noisy.indices.map { index in
                (abs(noisy[index] - Double(other[index])) - abs(noisy[index] - Double(one[index]))) / scales[index]
            }
            return Int((gain.reduce(0, +) * 1000).rounded())
        }
    }

    @Test(arguments: [
        "SELECT count(*), sum(fee) FROM calls", "SELECT count(DISTINCT client), count(*) FROM calls WHERE city = 'c1' GROUP BY city",
    ])
    func `a whole answer keeps its ε on neighbouring tables`(sql: String) async throws {
        let plan = try await Self.plan(sql, groups: 1, rows: 1)
        let with = try await Self.measure(plan, without: nil, smallest: PrivatePlan.smallestGroup)
        let without = try await Self.measure(plan, without: "whale", smallest: PrivatePlan.smallestGroup)
        let (one, other) = (try #require(with.first?.numbers), try #require(without.first?.numbers))
        #expect(one != other)
        func measured(_ epsilon: Int64) throws -> Double {
            EmpiricalEpsilon.lowerBound(
                try looks(plan, with, epsilon: epsilon, one: one, other: other, seed: 21),
                try looks(plan, without, epsilon: epsilon, one: one, other: other, seed: 22))
        }
        #expect(try measured(2000) <= 2)
        // The same with half the noise is found to spend more.
        #expect(try measured(4000) > 2)
    }

    // MARK: Error bars

    @Test(arguments: [NoiseMechanism.laplace, .gaussian]) func `the stated errors cover at their rate`(mechanism: NoiseMechanism) async throws {
        let plan = try await Self.plan("SELECT count(*), sum(fee), avg(fee) FROM calls", groups: 2, rows: 3)
        let measured = try await Self.measure(plan, without: nil)
        let numbers = try #require(measured.first?.numbers)
        func exact(_ measure: PrivatePlan.Measure) throws -> Double { Double(numbers[try #require(plan.measures.firstIndex(of: measure))]) }
        let middle = Double(plan.values[0].grid?.middle ?? 0)
        let truth = [try exact(.rows), try exact(.sum(0)), middle + (try exact(.centredSum(0))) / (try exact(.present(0)))]
        let release = try PrivateRelease(plan, request: PrivacyRequest(epsilonThousandths: 700, mechanism: mechanism))
        var bits = FixedBits(31)
        var covered = [0, 0, 0]
        for _ in 0..<10_000 {
            let answers = try #require(try release.release(measured, using: &bits).first).answers
            for (index, answer) in answers.enumerated() {
                let value = try #require(answer.text.flatMap { Double($0) })
                if abs(value - truth[index]) <= (answer.halfWidth ?? 0) + 1e-9 { covered[index] += 1 }
            }
        }
        for count in covered { #expect(count >= 9400) }
        // The bars of counts and sums are no wider than they must be; the mean's holds two bars at once.
        for count in covered.prefix(2) { #expect(count <= 9650) }
    }
}
