/// The noise of one number.
public enum Noise: Sendable, Hashable {
    case laplace(DiscreteLaplace)
    /// The number is first rounded down to multiples of the step, in which the noise is made. A step above 1 is taken only where a
    /// finer one could not be computed exactly; it is far below σ then.
    case gaussian(DiscreteGaussian, step: UInt128)

    /// The number that may be seen.
    public func added(to exact: Int128, using bits: inout some RandomBits) throws(NoiseError) -> Int128 {
        switch self {
        case .laplace(let distribution):
            let (sum, isTooLarge) = exact.addingReportingOverflow(try distribution.sample(using: &bits))
            guard !isTooLarge else { throw .overflow }
            return sum
        case .gaussian(let distribution, let step):
            guard let step = Int128(exactly: step), step > 0 else { throw .overflow }
            let (quotient, remainder) = exact.quotientAndRemainder(dividingBy: step)
            let floor = remainder < 0 ? quotient - 1 : quotient
            let (sum, isTooLarge) = floor.addingReportingOverflow(try distribution.sample(using: &bits))
            let (product, isStillTooLarge) = sum.multipliedReportingOverflow(by: step)
            guard !isTooLarge, !isStillTooLarge else { throw .overflow }
            return product
        }
    }

    /// By how much the noisy number differs from the exact one at most, but for this chance.
    ///
    /// - Parameter chance: above 0 and below 1.
    public func halfWidth(exceededWithChance chance: Double) -> Double {
        switch self {
        case .laplace(let distribution): distribution.halfWidth(exceededWithChance: chance)
        case .gaussian(let distribution, let step):
            distribution.halfWidth(exceededWithChance: chance) * Double(step) + Double(step - 1)
        }
    }

    /// A whole number that the noise reaches with at most this chance. For counts, whose step is 1.
    func tailStart(chance: Double) -> Double {
        switch self {
        case .laplace(let distribution): distribution.tailStart(chance: chance)
        case .gaussian(let distribution, let step): distribution.tailStart(chance: chance) * Double(step)
        }
    }
}
