import DifferentialPrivacy
import Glibc
import Testing

/// Goodness of fit. No vectors of these samplers are published: what comes out depends on the order in which bits are read, which
/// the paper leaves open.
@Suite struct SamplerTests {
    static let samples = 100_000
    /// A true sampler fits as badly as this once in a million times; with fixed seeds, never or always.
    static let threshold = 1e-6

    @Test(arguments: [(1, 3), (1, 1), (7, 3), (10, 1), (40_000, 1000), (2500, 7)] as [(UInt128, UInt128)])
    func `discrete Laplace noise has its distribution`(numerator: UInt128, denominator: UInt128) throws {
        let distribution = try DiscreteLaplace(scale: numerator, over: denominator)
        var bits = FixedBits(UInt64(numerator) &* 31 &+ UInt64(denominator))
        let noise = try (0..<Self.samples).map { _ in Int(try distribution.sample(using: &bits)) }
        let reach = Int(60 * distribution.scale) + 20
        #expect(Statistics.fit(noise, mass: Statistics.laplaceMass(scale: distribution.scale), reach: reach) >= Self.threshold)
        // And no other: a scale of five per cent more is noticed.
        #expect(Statistics.fit(noise, mass: Statistics.laplaceMass(scale: distribution.scale * 1.05), reach: reach) < Self.threshold)
        let decay = exp(-1 / distribution.scale)
        try expectMoments(noise, variance: 2 * decay / ((1 - decay) * (1 - decay)))
    }

    @Test(arguments: [(1, 10), (1, 1), (9, 4), (37, 1), (123_456, 100), (250_000, 1)] as [(UInt128, UInt128)])
    func `discrete Gaussian noise has its distribution`(numerator: UInt128, denominator: UInt128) throws {
        let distribution = try DiscreteGaussian(variance: numerator, over: denominator)
        var bits = FixedBits(UInt64(numerator) &* 37 &+ UInt64(denominator))
        let noise = try (0..<Self.samples).map { _ in Int(try distribution.sample(using: &bits)) }
        let variance = Double(numerator) / Double(denominator)
        let mass = Statistics.gaussianMass(variance: variance)
        let reach = Int(12 * variance.squareRoot()) + 5
        #expect(Statistics.fit(noise, mass: mass, reach: reach) >= Self.threshold)
        #expect(Statistics.fit(noise, mass: Statistics.gaussianMass(variance: variance * 1.07), reach: reach) < Self.threshold)
        try expectMoments(noise, variance: (1...reach * 2).map { 2 * Double($0) * Double($0) * mass($0) }.reduce(0, +))
    }

    /// Mean zero, the variance, and as many above as below zero: each within five standard errors.
    private func expectMoments(_ noise: [Int], variance: Double) throws {
        let count = Double(noise.count)
        let mean = noise.reduce(0.0) { $0 + Double($1) } / count
        #expect(abs(mean) <= 5 * (variance / count).squareRoot())
        let squares = noise.map { Double($0) * Double($0) }
        let second = squares.reduce(0, +) / count
        let fourth = squares.map { $0 * $0 }.reduce(0, +) / count
        #expect(abs(second - variance) <= 5 * ((fourth - second * second) / count).squareRoot())
        let (above, below) = (noise.count { $0 > 0 }, noise.count { $0 < 0 })
        #expect(abs(Double(above - below)) <= 5 * Double(above + below).squareRoot())
    }

    @Test(arguments: [(0, 1), (1, 1000), (1, 3), (2, 3), (1, 1), (5, 2), (7, 1)] as [(UInt64, UInt64)])
    func `a coin of exp(−γ) comes up so often`(numerator: UInt64, denominator: UInt64) throws {
        // A Gaussian of tiny variance is 0 or ±1 by one such coin: what is seen of the coin from outside.
        var bits = FixedBits(numerator &* 41 &+ denominator)
        var ones = 0
        for _ in 0..<Self.samples where try exponentialCoin(numerator, denominator, &bits) { ones += 1 }
        let range = Statistics.bounds(hits: ones, trials: Self.samples, error: 1e-7)
        #expect(range.contains(exp(-Double(numerator) / Double(denominator))))
    }

    @Test func `numbers below a bound that is no power of two are all as frequent`() {
        var bits = FixedBits(5)
        let numbers = (0..<Self.samples).map { _ in Int(uniform(11, &bits)) }
        #expect(Statistics.fit(numbers, mass: { (0..<11).contains($0) ? 1.0 / 11 : 0 }, reach: 12) >= Self.threshold)
        // Taking the remainder instead would favour the small ones, most where the bound is near a power of two.
        let biased = (0..<Self.samples).map { _ in Int(bits.next() & 15) % 11 }
        #expect(Statistics.fit(biased, mass: { (0..<11).contains($0) ? 1.0 / 11 : 0 }, reach: 12) < Self.threshold)
    }

    @Test func `numbers beyond 64 bits use all their bits`() {
        var bits = FixedBits(6)
        let bound: UInt128 = 1 << 100 | 1
        var (highest, lowest, low): (UInt128, UInt128, UInt128) = (0, .max, 0)
        for _ in 0..<1000 {
            let number = uniform(bound, &bits)
            #expect(number < bound)
            (highest, lowest, low) = (max(highest, number), min(lowest, number), low | number)
        }
        #expect(highest > bound / 100 * 98 && lowest < bound / 50 && low == (1 << 100) - 1)
        // 2^127 − 1 and a candidate that is too large: it is drawn anew.
        var listed = ListedBits(words: [.max, .max, 7, 0])
        #expect(uniform(UInt128.max >> 1, &listed) == 7)
    }

    @Test func `scales and variances that cannot be computed exactly are refused`() {
        for (numerator, denominator) in [(0, 1), (1, 0), (0, 0), (1 << 97, 1), (.max, 1), (1, .max)] as [(UInt128, UInt128)] {
            #expect(throws: NoiseError.self) { try DiscreteLaplace(scale: numerator, over: denominator) }
            #expect(throws: NoiseError.self) { try DiscreteGaussian(variance: numerator, over: denominator) }
        }
        #expect(throws: NoiseError.self) { try DiscreteGaussian(variance: 1 << 55) }
        #expect(throws: Never.self) { try DiscreteGaussian(variance: 1 << 54) }
        #expect(throws: Never.self) { try DiscreteLaplace(scale: 1 << 96) }
        // In lowest terms it fits.
        #expect(throws: Never.self) { try DiscreteLaplace(scale: .max, over: .max) }
    }

    @Test func `the largest parameters do not overflow`() throws {
        var bits = FixedBits(8)
        let laplace = try DiscreteLaplace(scale: 1 << 96)
        let gaussian = try DiscreteGaussian(variance: 1 << 54)
        let tiny = try DiscreteGaussian(variance: 1, over: 1 << 54)
        var largest: Double = 0
        for _ in 0..<2000 {
            largest = max(largest, abs(Double(try laplace.sample(using: &bits))))
            #expect(abs(Double(try gaussian.sample(using: &bits))) < 10 * 0x1p27)
            #expect(try tiny.sample(using: &bits) == 0)
        }
        #expect(largest > 0x1p96 && largest < 0x1p102)
    }
}
