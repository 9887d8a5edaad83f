import Encoding
import Sandbox
import SandboxTestKit
import Testing

/// The same reconstruction against differentially private answers, until the budget ends.
///
/// Sources: as ReconstructionTests; Dwork and Roth, "The Algorithmic Foundations of Differential Privacy" (2014), section 8.1
/// (what reconstruction needs); Kasiviswanathan, Rudelson, Smith, Ullman (2010) on its limits.
@Suite(.enabled(if: Flights.isThere)) struct BudgetTests {
    static let policy = PrivacyPolicy(
        maximumGroupsPerUnit: 1, maximumRowsPerUnit: 3, bounds: ["arr_delay": -60...300], maximumRows: 10, deltaExponent: 6)

    /// - Returns: the share of delays found, and that of the best guess for all.
    private func attack(runs: Int, epsilonThousandths: Int64, seed: UInt64) async throws -> (found: Double, guessing: Double) {
        let query = try await Bench.engine.check(
            sql: ReconstructionTests.sql, mode: .private, tables: try await AttackedFlights.policies(privacy: Self.policy),
            parameters: ReconstructionTests.parameters)
        let subsets = ReconstructionTests.Subset.random(runs, seed: seed)
        let request = PrivacyRequest(epsilonThousandths: epsilonThousandths)
        let sums = try await ReconstructionTests.sums(subsets, query, privacy: request)
        // Laplace noise of scale (rows of a unit times the largest bound) / epsilon; the attacker knows it.
        let noise = 2.0.squareRoot() * 3 * 300 / (Double(epsilonThousandths) / 1000)
        return try await ReconstructionTests.estimates(subsets, sums, noise: noise)
    }

    @Test func `within a budget of one, reconstruction finds no more than guessing`() async throws {
        let (found, guessing) = try await attack(runs: 40, epsilonThousandths: 25, seed: 11)
        print("reconstruction from 40 private sums that spend ε = 1 together: \(AttackedFlights.percent(found)); guessing: \(AttackedFlights.percent(guessing))")
        // 67 secrets: a fifth more than guessing would be three standard deviations.
        #expect(found <= guessing + 0.2)
    }

    @Test func `without a budget the same attack wins, so it is the budget that protects`() async throws {
        let (found, guessing) = try await attack(runs: 90, epsilonThousandths: 100_000, seed: 13)
        print("reconstruction from 90 private sums of ε = 100 each, which no budget allows: \(AttackedFlights.percent(found)); guessing: \(AttackedFlights.percent(guessing))")
        #expect(found > guessing + 0.2)
    }
}
