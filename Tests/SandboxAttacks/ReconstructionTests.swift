import Encoding
import Foundation
import Sandbox
import SandboxTestKit
import Testing

/// Attacks by many answers, each allowed: every secret is solved for at once, from sums over many random subsets.
///
/// Sources: Dinur and Nissim, "Revealing Information while Preserving Privacy" (PODS 2003); Dwork, McSherry, Talwar, "The Price of
/// Privacy and the Limits of LP Decoding" (2007); Cohen and Nissim, "Linear Program Reconstruction in Practice" (2018); Garfinkel,
/// Abowd, Martindale, "Understanding Database Reconstruction Attacks on Public Data" (2018).
@Suite(.enabled(if: Flights.isThere)) struct ReconstructionTests {
    /// A subset that the language can express: a public number, scrambled. One approved text, and as many subsets as there
    /// are values of its parameters.
    struct Subset: Sendable {
        var factor: Int64
        var limit: Int64
        static let modulus: Int64 = 10_007

        var values: [String: JSONValue] { ["a": .integer(factor), "c": .integer(limit)] }
        func contains(_ flight: Int64) -> Bool { flight * factor % Self.modulus < limit }

        static func random(_ count: Int, seed: UInt64) -> [Subset] {
            var generator = SeededGenerator(state: seed)
            return (0..<count).map { _ in
                Subset(factor: Int64.random(in: 2...10_000, using: &generator), limit: Int64.random(in: 4500...6500, using: &generator))
            }
        }
    }

    static let sql = "SELECT sum(arr_delay) AS s FROM flights WHERE \(AttackedFlights.wanted) AND (flight * $a) % \(Subset.modulus) < $c"
    static let parameters = [QueryParameter(name: "a", type: .integer), QueryParameter(name: "c", type: .integer)]

    /// What the attacker makes of the sums that he is given.
    static func estimates(_ subsets: [Subset], _ sums: [Double?], noise: Double) async throws -> (found: Double, guessing: Double) {
        let secrets = try await AttackedFlights.secrets.value
        let truth = secrets.map(\.delay)
        let mean = truth.reduce(0, +) / Double(truth.count)
        let spread = truth.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(truth.count)
        var system = LeastSquares(coefficients: [], values: [])
        for (subset, sum) in zip(subsets, sums) {
            guard let sum else { continue }
            system.coefficients.append(secrets.map { subset.contains($0.flight) ? 1 : 0 })
            system.values.append(sum)
        }
        let solution = system.solution(prior: mean, weight: max(noise * noise / spread, 1e-9))
        return (AttackedFlights.success(solution, truth), AttackedFlights.guessing(truth))
    }

    /// `nil` where the run was refused.
    static func sums(_ subsets: [Subset], _ query: CheckedQuery, privacy: PrivacyRequest? = nil) async throws -> [Double?] {
        let paths = try await Flights.snapshots.value.paths
        return try await withThrowingTaskGroup(of: (Int, Double?).self) { group in
            for (index, subset) in subsets.enumerated() {
                group.addTask {
                    do throws(SandboxError) {
                        let result = try await Bench.engine.run(query, values: subset.values, snapshots: paths, privacy: privacy)
                        return (index, result.rows.first?.first.flatMap(number))
                    } catch {
                        guard case .refused = error else { throw error }
                        return (index, nil)
                    }
                }
            }
            var all = [Double?](repeating: nil, count: subsets.count)
            for try await (index, sum) in group { all[index] = sum }
            return all
        }
    }

    static func number(_ cell: JSONValue) -> Double? { cell.doubleValue ?? cell.stringValue.flatMap(Double.init) }

    private func query(_ policies: [TablePolicy], mode: QueryMode = .aggregate) async throws -> CheckedQuery {
        try await Bench.engine.check(sql: Self.sql, mode: mode, tables: policies, parameters: Self.parameters)
    }

    /// What plain aggregates do not promise (Policies/README.md), told in figures: exact answers without end give everything away.
    @Test func `exact sums without a budget are solved for every flight, which is measured here and promised nowhere`() async throws {
        let subsets = Subset.random(90, seed: 3)
        let sums = try await Self.sums(subsets, try await query(try await AttackedFlights.policies()))
        let (found, guessing) = try await Self.estimates(subsets, sums, noise: 0)
        print("reconstruction from \(sums.count { $0 != nil }) exact sums: \(AttackedFlights.percent(found)) of the delays to within 5 minutes; guessing: \(AttackedFlights.percent(guessing))")
        #expect(found > 0.9)
        #expect(guessing < 0.5)
    }

    @Test func `rounding to two digits hardly hinders the attacker, which is measured here and promised nowhere`() async throws {
        let subsets = Subset.random(90, seed: 5)
        let sums = try await Self.sums(subsets, try await query(try await AttackedFlights.policies { $0.significantDigits = 2 }))
        let (found, guessing) = try await Self.estimates(subsets, sums, noise: 5)
        print("reconstruction from \(sums.count { $0 != nil }) sums of two digits: \(AttackedFlights.percent(found)); guessing: \(AttackedFlights.percent(guessing))")
        #expect(sums.allSatisfy { $0 == nil || Self.hasTwoDigits($0 ?? 0) })
    }

    private static func hasTwoDigits(_ number: Double) -> Bool {
        guard number != 0 else { return true }
        let scale = pow(10, floor(log10(abs(number))) - 1)
        return abs((number / scale).rounded() - number / scale) < 1e-6
    }
}
