import ExchangeTestKit
import Testing

@testable import Exchange

@Suite struct PrivacyAccountTests {
    /// ε in thousandths, n, and the largest ρ in millionths: (√(L + ε) − √L)² with L = ln(2·10^n), computed with 60 digits.
    static let budgets: [(Int64, Int64, Int64)] = [
        (1, 4, 0), (1, 15, 0), (100, 6, 171), (777, 5, 11_986), (1000, 4, 24_044), (1000, 6, 16_661), (1000, 9, 11_408),
        (2000, 6, 64_547), (3000, 8, 109_294), (5000, 6, 369_466), (8000, 10, 580_258), (10_000, 6, 1_303_247),
        (100_000, 4, 53_824_316), (100_000, 15, 32_413_410),
    ]

    @Test(arguments: budgets) func `the budget's ρ is the exact one, rounded down`(epsilon: Int64, exponent: Int64, rho: Int64) throws {
        #expect(try #require(PrivacyBudget(epsilon: epsilon, deltaExponent: exponent)).rho == rho)
    }

    @Test func `a run's ρ is half of ε squared, rounded up`() throws {
        for (epsilon, rho) in [(1, 1), (2, 2), (3, 5), (100, 5000), (1000, 500_000), (1001, 501_001), (100_000, 5_000_000_000)] {
            #expect(try #require(PrivacyCost(epsilon: Int64(epsilon))).rho == Int64(rho))
        }
        for wrong: Int64 in [.min, -1, 0, 100_001, .max] {
            #expect(PrivacyCost(epsilon: wrong) == nil)
            #expect(PrivacyBudget(epsilon: wrong, deltaExponent: 6) == nil)
        }
        for wrong: Int64 in [.min, 3, 16, .max] { #expect(PrivacyBudget(epsilon: 1000, deltaExponent: wrong) == nil) }
    }

    @Test func `few runs may add up to ε, and not a thousandth more`() throws {
        let budget = try #require(PrivacyBudget(epsilon: 1000, deltaExponent: 6))
        var account = PrivacyAccount()
        let third = try #require(PrivacyCost(epsilon: 333))
        for _ in 0..<3 {
            #expect(account.fits(third, in: budget))
            account.add(third)
        }
        #expect(account.remainingEpsilon(in: budget) == 1)
        #expect(!account.fits(try #require(PrivacyCost(epsilon: 2)), in: budget))
        #expect(account.fits(try #require(PrivacyCost(epsilon: 1)), in: budget))
        #expect(account.spentEpsilon(deltaExponent: 6) == 999)
    }

    @Test func `many small runs are limited by ρ, which allows more of them`() throws {
        let budget = try #require(PrivacyBudget(epsilon: 1000, deltaExponent: 6))
        let cost = try #require(PrivacyCost(epsilon: 10))
        var account = PrivacyAccount()
        while account.fits(cost, in: budget) { account.add(cost) }
        // 16,661 / 50, where sums of ε alone would allow 100.
        #expect(account.runs == 333)
        #expect(account.spentEpsilon(deltaExponent: 6) <= 1000)
        #expect(account.remainingEpsilon(in: budget) == 4)  // 16,661 − 16,650 = 11 ≥ 4²/2
    }

    @Test func `one Gaussian run leaves the rest of the period to ρ`() throws {
        let budget = try #require(PrivacyBudget(epsilon: 1000, deltaExponent: 6))
        var account = PrivacyAccount()
        #expect(account.remainingEpsilon(in: budget) == 1000)
        // √(2 · 16,661) = 182.5
        #expect(account.remainingEpsilon(in: budget, mechanism: .gaussian) == 182)
        account.add(try #require(PrivacyCost(epsilon: 100, mechanism: .gaussian)))
        #expect(!account.isPure)
        #expect(account.remainingEpsilon(in: budget) == 152)  // √(2 · 11,661) = 152.7
    }

    @Test func `no period has more than a thousand runs, since each takes a share of δ`() throws {
        let budget = try #require(PrivacyBudget(epsilon: 100_000, deltaExponent: 6))
        let cost = try #require(PrivacyCost(epsilon: 1))
        var account = PrivacyAccount()
        for _ in 0..<1000 { account.add(cost) }
        #expect(account.isWithin(budget))
        #expect(!account.fits(cost, in: budget))
        #expect(account.remainingEpsilon(in: budget) == 0)
    }

    @Test func `random histories never spend more than the budget, by either account`() throws {
        var generator = FixedGenerator(seed: 51)
        for _ in 0..<200 {
            let budget = try #require(
                PrivacyBudget(epsilon: .random(in: 1...20_000, using: &generator), deltaExponent: .random(in: 4...15, using: &generator)))
            var account = PrivacyAccount()
            var costs: [PrivacyCost] = []
            for _ in 0..<60 {
                let mechanism: PrivacyMechanism = Int.random(in: 0..<8, using: &generator) == 0 ? .gaussian : .laplace
                guard let cost = PrivacyCost(epsilon: .random(in: 1...3000, using: &generator), mechanism: mechanism),
                    account.fits(cost, in: budget)
                else { continue }
                account.add(cost)
                costs.append(cost)
            }
            let byEpsilon = costs.allSatisfy { $0.mechanism == .laplace } && costs.map(\.epsilon).reduce(0, +) <= budget.epsilon
            #expect(byEpsilon || 2 * budget.rho >= costs.map { $0.epsilon * $0.epsilon }.reduce(0, +))
            #expect(account.spentEpsilon(deltaExponent: budget.deltaExponent) <= budget.epsilon)
            let rest = account.remainingEpsilon(in: budget)
            if rest > 0 { #expect(account.fits(try #require(PrivacyCost(epsilon: rest)), in: budget)) }
            if let more = PrivacyCost(epsilon: rest + 1) { #expect(!account.fits(more, in: budget)) }
        }
    }

    @Test func `sums beyond all numbers stop at the largest`() throws {
        var account = PrivacyAccount()
        let cost = try #require(PrivacyCost(epsilon: 100_000))
        for _ in 0..<1001 { account.add(cost) }
        #expect(account.spentEpsilon(deltaExponent: 15) > 100_000)
        #expect(account.spentEpsilon(deltaExponent: .max) <= account.epsilon)
    }
}
