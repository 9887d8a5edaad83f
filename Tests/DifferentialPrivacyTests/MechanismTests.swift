import Glibc
import Testing

@testable import DifferentialPrivacy

/// The noise of counts, sums, means, distinct counts and the choice of groups, measured on neighbouring tables. Each test also
/// shows that it would find noise half as large.
@Suite struct MechanismTests {
    static let trials = 40_000
    static let epsilon = 1.0

    /// What one mechanism answers on two neighbouring tables.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var sensitivities: [UInt128]
        /// The exact numbers of each table.
        var one: [Int128]
        var other: [Int128]
        /// One whole number out of the noisy ones: what an attacker looks at.
        var look: @Sendable ([Int128]) -> Int

        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "count of rows, of which a unit has three", sensitivities: [3], one: [40], other: [37]) { Int($0[0]) },
        Case(name: "distinct units", sensitivities: [1], one: [12], other: [11]) { Int($0[0]) },
        Case(name: "sum of values from −5 to 20", sensitivities: [20], one: [300], other: [280]) { Int($0[0]) },
        Case(name: "mean, by centred sum and count", sensitivities: [1, 25], one: [40, 125], other: [39, 100]) { noisy in
            // The two noisy numbers move against each other; coarse steps keep the answers countable.
            Int((Double(noisy[0]) + Double(noisy[1]) / 25).rounded())
        },
        Case(name: "three numbers at once", sensitivities: [1, 2, 10], one: [9, 20, 40], other: [8, 18, 30]) { noisy in
            Int((Double(noisy[0]) + Double(noisy[1]) / 2 + Double(noisy[2]) / 10).rounded())
        },
    ]

    private func answers(_ mechanism: NoiseMechanism, _ test: Case, _ exact: [Int128], epsilon: Double, seed: UInt64) throws -> [Int] {
        let schedule = try NoiseSchedule(
            mechanism: mechanism, epsilonThousandths: Int64(epsilon * 1000), groupsPerUnit: 1, sensitivities: test.sensitivities)
        var bits = FixedBits(seed)
        return try (0..<Self.trials).map { _ in
            test.look(try zip(schedule.noises, exact).map { noise, number in try noise.added(to: number, using: &bits) })
        }
    }

    @Test(arguments: cases) func `Laplace noise keeps its ε on neighbouring tables`(test: Case) throws {
        func measured(_ epsilon: Double) throws -> Double {
            EmpiricalEpsilon.lowerBound(
                try answers(.laplace, test, test.one, epsilon: epsilon, seed: 1),
                try answers(.laplace, test, test.other, epsilon: epsilon, seed: 2))
        }
        #expect(try measured(Self.epsilon) <= Self.epsilon)
        // Noise half as large is found: it spends twice the ε.
        #expect(try measured(2 * Self.epsilon) > Self.epsilon)
    }

    /// What ρ-zCDP says of (ε, δ) at δ = 1/1000, where samples can see it.
    @Test(arguments: cases) func `Gaussian noise keeps its ρ on neighbouring tables`(test: Case) throws {
        let promised = 1.1
        let delta = 1e-3
        func measured(_ epsilon: Double) throws -> Double {
            EmpiricalEpsilon.lowerBound(
                try answers(.gaussian, test, test.one, epsilon: epsilon, seed: 3),
                try answers(.gaussian, test, test.other, epsilon: epsilon, seed: 4), delta: delta)
        }
        // ε = 0.4 makes ρ = 0.08, for which the exact ε at this δ is 1.08 (and the general bound 1.57).
        #expect(Self.gaussianEpsilon(rho: 0.08, delta: delta) < promised)
        #expect(try measured(0.4) <= promised)
        #expect(try measured(0.8) > promised)
    }

    /// The least ε of Gaussian noise of this ρ at δ: Φ(√(ρ/2) − ε/√(2ρ)) − e^ε·Φ(−√(ρ/2) − ε/√(2ρ)) ≤ δ (Balle and Wang 2018,
    /// theorem 5, with Δ/σ = √(2ρ)).
    private static func gaussianEpsilon(rho: Double, delta: Double) -> Double {
        func normal(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }
        var (low, high) = (0.0, 50.0)
        for _ in 0..<60 {
            let epsilon = (low + high) / 2
            let (shift, step) = ((rho / 2).squareRoot(), epsilon / (2 * rho).squareRoot())
            let reached = normal(shift - step) - exp(epsilon) * normal(-shift - step)
            if reached > delta { low = epsilon } else { high = epsilon }
        }
        return high
    }

    @Test(arguments: NoiseMechanism.allCases, [1, 4]) func `a group of one unit shows with probability δ at most`(
        mechanism: NoiseMechanism, groups: Int
    ) throws {
        let delta = 0.02
        let schedule = try NoiseSchedule(mechanism: mechanism, epsilonThousandths: 1000, groupsPerUnit: groups, sensitivities: [1])
        let threshold = try schedule.selectionThreshold(measure: 0, delta: delta, smallest: 1)
        var bits = FixedBits(9)
        func shown(_ threshold: Int128) throws -> Int {
            try (0..<Self.trials).count { _ in
                // The unit's groups exist in one table only; one of them showing is enough.
                try (0..<groups).count { _ in try schedule.noises[0].added(to: 1, using: &bits) >= threshold } > 0
            }
        }
        #expect(Statistics.bounds(hits: try shown(threshold), trials: Self.trials, error: 1e-7).lowerBound <= delta)
        // At half the distance it is found.
        #expect(Statistics.bounds(hits: try shown(1 + (threshold - 1) / 2), trials: Self.trials, error: 1e-7).lowerBound > delta)
    }

    @Test func `the threshold of Laplace noise is what its tail says`() throws {
        // ε = 1, one group: P(X ≥ m) = e^−m / (1 + e^−1) ≤ 10^−6 from m = 14 on (13.5), so 1 + 14; with five units as the least, 19.
        let schedule = try NoiseSchedule(mechanism: .laplace, epsilonThousandths: 1000, groupsPerUnit: 1, sensitivities: [1])
        #expect(try schedule.selectionThreshold(measure: 0, delta: 1e-6, smallest: 1) == 15)
        #expect(try schedule.selectionThreshold(measure: 0, delta: 1e-6, smallest: 5) == 19)
        for (measure, delta, smallest) in [(1, 0.1, 1), (-1, 0.1, 1), (0, 0, 1), (0, 1, 1), (0, .nan, 1), (0, 0.1, 0)] {
            #expect(throws: NoiseError.self) { try schedule.selectionThreshold(measure: measure, delta: delta, smallest: smallest) }
        }
    }

    @Test func `the scales follow from ε, the bounds and the number of measures`() throws {
        let laplace = try NoiseSchedule(mechanism: .laplace, epsilonThousandths: 500, groupsPerUnit: 3, sensitivities: [1, 40])
        #expect(laplace.noises == [.laplace(try DiscreteLaplace(scale: 12)), .laplace(try DiscreteLaplace(scale: 480))])
        let gaussian = try NoiseSchedule(mechanism: .gaussian, epsilonThousandths: 500, groupsPerUnit: 3, sensitivities: [1, 40])
        #expect(
            gaussian.noises == [
                .gaussian(try DiscreteGaussian(variance: 24), step: 1), .gaussian(try DiscreteGaussian(variance: 38_400), step: 1),
            ])
        for (epsilon, groups, sensitivities) in [
            (0, 1, [1]), (100_001, 1, [1]), (-1, 1, [1]), (1, 0, [1]), (1, 100_001, [1]), (1, 1, []), (1, 1, [0]), (1, 1, [1 << 71]),
            (1, 1, Array(repeating: 1, count: 65)),
        ] as [(Int64, Int, [UInt128])] {
            for mechanism in NoiseMechanism.allCases {
                #expect(throws: NoiseError.self) {
                    try NoiseSchedule(
                        mechanism: mechanism, epsilonThousandths: epsilon, groupsPerUnit: groups, sensitivities: sensitivities)
                }
            }
        }
    }

    @Test func `a sum too fine for exact Gaussian noise is made in steps, never with less noise`() throws {
        for sensitivity in [1 << 20, 1 << 40, (1 << 60) + 12_345, 1 << 70] as [UInt128] {
            for epsilon: Int64 in [1, 1000, 100_000] {
                let schedule = try NoiseSchedule(
                    mechanism: .gaussian, epsilonThousandths: epsilon, groupsPerUnit: 7, sensitivities: [sensitivity, 1])
                guard case .gaussian(let distribution, let step) = schedule.noises[0] else {
                    Issue.record("not Gaussian")
                    return
                }
                let needed = Double(sensitivity) * (14.0).squareRoot() * 1000 / Double(epsilon)
                let made = distribution.standardDeviation * Double(step)
                #expect(made >= needed * (1 - 1e-12))
                #expect(made <= needed * 1.000_1)
                #expect(step == 1 || Double(step) < made / 100_000)
                var bits = FixedBits(11)
                let noisy = try schedule.noises[0].added(to: -12_345_678_901, using: &bits)
                #expect(noisy.magnitude.isMultiple(of: step))
            }
        }
    }

    @Test(arguments: NoiseMechanism.allCases) func `error bars cover what they say`(mechanism: NoiseMechanism) throws {
        for (epsilon, sensitivity) in [(100, 1), (1000, 1), (5000, 1), (1000, 1 << 45), (300, 700)] as [(Int64, UInt128)] {
            let schedule = try NoiseSchedule(
                mechanism: mechanism, epsilonThousandths: epsilon, groupsPerUnit: 2, sensitivities: [sensitivity])
            let width = schedule.noises[0].halfWidth(exceededWithChance: 0.05)
            var bits = FixedBits(UInt64(epsilon))
            let inside = try (0..<10_000).count { _ in
                abs(Double(try schedule.noises[0].added(to: 1_000_003, using: &bits) - 1_000_003)) <= width
            }
            #expect(inside >= 9400)
            // And they are not wider than they must be: a bar of two thirds does not cover.
            if width > 6 {
                let less = try (0..<10_000).count { _ in
                    abs(Double(try schedule.noises[0].added(to: 1_000_003, using: &bits) - 1_000_003)) <= width * 2 / 3
                }
                #expect(less < 9000)
            }
        }
    }

    @Test func `numbers at the edge of 127 bits are refused, not wrapped`() throws {
        var bits = FixedBits(12)
        let noise = Noise.laplace(try DiscreteLaplace(scale: 1 << 90))
        var refused = 0
        for _ in 0..<20 {
            do { _ = try noise.added(to: .max, using: &bits) } catch { refused += 1 }
        }
        #expect(refused > 0)
        #expect(throws: NoiseError.overflow) {
            try Noise.gaussian(DiscreteGaussian(variance: 1), step: .max).added(to: 5, using: &bits)
        }
    }
}
