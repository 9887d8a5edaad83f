import Glibc

/// The discrete Laplace distribution: each whole number x with a probability proportional to exp(−|x| / scale).
public struct DiscreteLaplace: Sendable, Hashable {
    /// The scale is `numerator` / `denominator`, in lowest terms.
    public let numerator: UInt128
    public let denominator: UInt128

    static let maximumNumerator: UInt128 = 1 << 96

    /// - Throws: `parameterOutOfRange` where the scale is 0, infinite or its numerator beyond 2^96 in lowest terms.
    public init(scale numerator: UInt128, over denominator: UInt128 = 1) throws(NoiseError) {
        guard numerator > 0, denominator > 0 else { throw .parameterOutOfRange("a Laplace scale must be above 0") }
        let divisor = greatestCommonDivisor(numerator, denominator)
        self.numerator = numerator / divisor
        self.denominator = denominator / divisor
        guard self.numerator <= Self.maximumNumerator, self.denominator <= Self.maximumNumerator else {
            throw .parameterOutOfRange("a Laplace scale of \(numerator)/\(denominator) is beyond exact arithmetic")
        }
    }

    /// Canonne, Kamath and Steinke 2020, algorithm 2.
    public func sample(using bits: inout some RandomBits) throws(NoiseError) -> Int128 {
        while true {
            let remainder = ExactCoin.uniform(below: numerator, using: &bits)
            guard ExactCoin.exponential(remainder, over: numerator, using: &bits) else { continue }
            var quotient: UInt128 = 0
            while ExactCoin.exponential(1, over: 1, using: &bits) { quotient += 1 }
            let (product, isTooLarge) = numerator.multipliedReportingOverflow(by: quotient)
            let (sum, isStillTooLarge) = product.addingReportingOverflow(remainder)
            guard !isTooLarge, !isStillTooLarge, let magnitude = Int128(exactly: sum / denominator) else { throw .overflow }
            let isNegative = ExactCoin.flip(1, of: 2, using: &bits)
            // Zero has one sign only, or it would come up twice as often.
            if isNegative && magnitude == 0 { continue }
            return isNegative ? -magnitude : magnitude
        }
    }

    /// For reports and thresholds, never for sampling.
    public var scale: Double { Double(numerator) / Double(denominator) }

    /// The smallest h with P(|X| > h) ≤ `chance`: P(|X| > h) = 2·exp(−(h + 1)/b) / (1 + exp(−1/b)).
    ///
    /// - Parameter chance: above 0 and below 1.
    public func halfWidth(exceededWithChance chance: Double) -> Double {
        let bound = scale * log(2 / (chance * (1 + exp(-1 / scale))))
        return max(0, (bound * (1 + 1e-12)).rounded(.up) - 1)
    }

    /// A whole number m ≥ 1 with P(X ≥ m) ≤ `chance`: P(X ≥ m) = exp(−m/b) / (1 + exp(−1/b)) < exp(−m/b). The margin is far
    /// above what floating point may be wrong by.
    ///
    /// - Parameter chance: above 0 and below 1.
    func tailStart(chance: Double) -> Double { max(1, (scale * -log(chance) * (1 + 1e-9)).rounded(.up)) }
}

/// Of two numbers of which the second is not 0.
func greatestCommonDivisor(_ one: UInt128, _ other: UInt128) -> UInt128 {
    var (one, other) = (one, other)
    while other != 0 { (one, other) = (other, one % other) }
    return one
}
