import DifferentialPrivacy
import Glibc
import Testing

/// The goodness-of-fit test finds samplers with the mistakes that such samplers have had.
@Suite struct MutationTests {
    private static let samples = SamplerTests.samples
    private var bits = FixedBits(77)

    private mutating func geometric(_ scale: UInt64) throws -> Int {
        var quotient = 0
        while true {
            let remainder = UInt64(uniform(UInt128(scale), &bits))
            guard try exponentialCoin(remainder, scale, &bits) else { continue }
            while try exponentialCoin(1, 1, &bits) { quotient += 1 }
            return Int(remainder) + Int(scale) * quotient
        }
    }

    private func fitsLaplace(_ noise: [Int], scale: Double) -> Bool {
        Statistics.fit(noise, mass: Statistics.laplaceMass(scale: scale), reach: Int(60 * scale) + 20) >= SamplerTests.threshold
    }

    @Test mutating func `the parts from which the mistaken samplers are built make a true one`() throws {
        var noise: [Int] = []
        while noise.count < Self.samples {
            let (magnitude, isNegative) = (try geometric(5), uniform(2, &bits) == 1)
            if !(isNegative && magnitude == 0) { noise.append(isNegative ? -magnitude : magnitude) }
        }
        #expect(fitsLaplace(noise, scale: 5))
    }

    @Test mutating func `a Laplace sampler whose zero has two signs is found`() throws {
        let noise = try (0..<Self.samples).map { _ in
            let (magnitude, isNegative) = (try geometric(5), uniform(2, &bits) == 1)
            return isNegative ? -magnitude : magnitude
        }
        #expect(!fitsLaplace(noise, scale: 5))
    }

    @Test mutating func `continuous Laplace noise that is cut to whole numbers is found`() {
        let noise = (0..<Self.samples).map { _ in
            let u = Double(bits.next() >> 11) * 0x1p-53 - 0.5
            return Int(-5 * (u < 0 ? -1 : 1) * log(1 - 2 * abs(u)))
        }
        #expect(!fitsLaplace(noise, scale: 5))
    }

    @Test mutating func `a Gaussian sampler that leaves out the shift of the accepted distance is found`() throws {
        // exp(−y² / 2σ²) instead of exp(−(|y| − σ²/t)² / 2σ²), on Laplace noise of scale 7 for σ = 6.
        let proposal = try DiscreteLaplace(scale: 7)
        var noise: [Int] = []
        while noise.count < Self.samples {
            let candidate = Int(try proposal.sample(using: &bits))
            if try exponentialCoin(UInt64(candidate * candidate), 72, &bits) { noise.append(candidate) }
        }
        let mass = Statistics.gaussianMass(variance: 36)
        #expect(Statistics.fit(noise, mass: mass, reach: 80) < SamplerTests.threshold)
    }

    @Test mutating func `normal noise rounded to whole numbers is found where it differs`() {
        // At σ² = 1/4 the rounded normal distribution and the discrete Gaussian are far apart.
        let noise = (0..<Self.samples).map { _ in
            let (u, v) = (Double(bits.next() >> 11) * 0x1p-53 + 0x1p-54, Double(bits.next() >> 11) * 0x1p-53)
            return Int(((-2 * log(u)).squareRoot() * cos(2 * .pi * v) * 0.5).rounded())
        }
        #expect(Statistics.fit(noise, mass: Statistics.gaussianMass(variance: 0.25), reach: 10) < SamplerTests.threshold)
    }
}
