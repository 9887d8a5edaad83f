import Glibc

/// The discrete Gaussian distribution: each whole number x with a probability proportional to exp(−x² / (2·σ²)).
public struct DiscreteGaussian: Sendable, Hashable {
    /// σ² is `numerator` / `denominator`, in lowest terms.
    public let numerator: UInt128
    public let denominator: UInt128
    /// ⌊σ⌋ + 1, the scale of the Laplace noise from which samples are chosen.
    private let proposal: DiscreteLaplace

    /// Squares of 256·σ²·denominator must fit 128 bits.
    static let maximumPart: UInt128 = 1 << 54

    /// - Throws: `parameterOutOfRange` where σ² is 0, infinite, or a part of it beyond 2^54 in lowest terms.
    public init(variance numerator: UInt128, over denominator: UInt128 = 1) throws(NoiseError) {
        guard numerator > 0, denominator > 0 else { throw .parameterOutOfRange("a Gaussian variance must be above 0") }
        let divisor = greatestCommonDivisor(numerator, denominator)
        self.numerator = numerator / divisor
        self.denominator = denominator / divisor
        guard self.numerator <= Self.maximumPart, self.denominator <= Self.maximumPart else {
            throw .parameterOutOfRange("a Gaussian variance of \(numerator)/\(denominator) is beyond exact arithmetic")
        }
        proposal = try DiscreteLaplace(scale: Self.root(self.numerator / self.denominator) + 1)
    }

    /// Canonne, Kamath and Steinke 2020, algorithm 3: a sample y of Laplace noise of scale t is taken with probability
    /// exp(−(|y| − σ²/t)² / (2σ²)), which is (|y|·t·d − n)² / (2·n·d·t²) for σ² = n/d.
    public func sample(using bits: inout some RandomBits) throws(NoiseError) -> Int128 {
        let scale = proposal.numerator
        let below = 2 * numerator * denominator * scale * scale
        while true {
            let candidate = try proposal.sample(using: &bits)
            let (reach, isFar) = candidate.magnitude.multipliedReportingOverflow(by: scale * denominator)
            let distance = reach > numerator ? reach - numerator : numerator - reach
            let (square, isFarther) = distance.multipliedReportingOverflow(by: distance)
            guard !isFar, !isFarther else { throw .overflow }
            if ExactCoin.exponential(square, over: below, using: &bits) { return candidate }
        }
    }

    /// For reports and thresholds, never for sampling.
    public var standardDeviation: Double { (Double(numerator) / Double(denominator)).squareRoot() }

    /// An h with P(|X| > h) ≤ `chance`, at most one above the smallest: P(X ≥ m) ≤ P(N(0, σ²) ≥ m − 1) for whole m ≥ 1 (Canonne,
    /// Kamath and Steinke 2020, proposition 25), so the normal distribution's quantile, rounded up, will do.
    ///
    /// - Parameter chance: above 0 and below 1.
    public func halfWidth(exceededWithChance chance: Double) -> Double {
        var (low, high) = (0.0, 40.0)
        while high - low > 1e-9 {
            let middle = (low + high) / 2
            if erfc(middle / 2.0.squareRoot()) > chance { low = middle } else { high = middle }
        }
        return (high * standardDeviation).rounded(.up)
    }

    /// A whole number m ≥ 1 with P(X ≥ m) ≤ `chance`, by the same proposition and P(N(0, σ²) ≥ x) ≤ exp(−x² / (2σ²)).
    ///
    /// - Parameter chance: above 0 and below 1.
    func tailStart(chance: Double) -> Double {
        1 + (standardDeviation * (-2 * log(chance)).squareRoot() * (1 + 1e-9)).rounded(.up)
    }

    /// The square root, rounded down, of a number below 2^56.
    private static func root(_ square: UInt128) -> UInt128 {
        var (low, high): (UInt128, UInt128) = (0, 1 << 28)
        while high - low > 1 {
            let middle = (low + high) / 2
            if middle * middle <= square { low = middle } else { high = middle }
        }
        return low
    }
}
