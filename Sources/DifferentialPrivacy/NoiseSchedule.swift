import Glibc

/// How the noise of one query is made: several numbers for each group, of which one privacy unit can change each by so much in a
/// group, and in so many groups.
///
/// Two tables are neighbours if one has all rows of one privacy unit beside those of the other. What the query measures of them
/// differs then in at most `groupsPerUnit` groups, and there by at most the measure's sensitivity.
///
/// - Laplace: with ε/J for each of J measures, measure j differs by L0·s in the sum of all groups, so noise of scale L0·s·J/ε makes
///   it ε/J-differentially private, and all of them ε (Dwork, McSherry, Nissim and Smith 2006; composition).
/// - Gaussian: with ρ/J for each, ρ = ε²/2, it differs by √L0·s in the Euclidean norm, so σ² = L0·s²·J/ε² makes it ρ/J-zCDP (Canonne,
///   Kamath and Steinke 2020, theorem 4; Bun and Steinke 2016 for the sum).
public struct NoiseSchedule: Sendable, Hashable {
    public let mechanism: NoiseMechanism
    /// In thousandths, for everything together.
    public let epsilonThousandths: Int64
    /// L0.
    public let groupsPerUnit: Int
    /// One for each measure, in order.
    public let noises: [Noise]

    public static let epsilonRange: ClosedRange<Int64> = 1...100_000

    /// - Parameters:
    ///   - epsilonThousandths: 1 to 100,000.
    ///   - groupsPerUnit: 1 or more.
    ///   - sensitivities: for each measure, by how much one unit can change it in one group; 1 or more, at most 2^70.
    /// - Throws: `parameterOutOfRange`.
    public init(
        mechanism: NoiseMechanism, epsilonThousandths: Int64, groupsPerUnit: Int, sensitivities: [UInt128]
    ) throws(NoiseError) {
        guard Self.epsilonRange.contains(epsilonThousandths) else {
            throw .parameterOutOfRange("ε must be from 0.001 to 100, in thousandths")
        }
        guard (1...100_000).contains(groupsPerUnit), (1...64).contains(sensitivities.count) else {
            throw .parameterOutOfRange("a query measures 1 to 64 numbers, for 1 to 100,000 groups of one unit")
        }
        self.mechanism = mechanism
        self.epsilonThousandths = epsilonThousandths
        self.groupsPerUnit = groupsPerUnit
        let parts = UInt128(groupsPerUnit) * UInt128(sensitivities.count)
        var noises: [Noise] = []
        for sensitivity in sensitivities {
            guard sensitivity > 0, sensitivity <= 1 << 70 else {
                throw .parameterOutOfRange("one unit may change a number by 1 to 2^70 steps")
            }
            let epsilon = UInt128(epsilonThousandths)
            switch mechanism {
            case .laplace: noises.append(.laplace(try DiscreteLaplace(scale: parts * sensitivity * 1000, over: epsilon)))
            case .gaussian: noises.append(try Self.gaussian(parts: parts, sensitivity: sensitivity, epsilon: epsilon))
            }
        }
        self.noises = noises
    }

    /// σ² = parts·s²·10^6 / ε², with s counted in the finest step, a power of two, for which that can be sampled exactly. Rounding
    /// down to steps lets a difference of s grow to at most ⌈s / step⌉ steps.
    private static func gaussian(parts: UInt128, sensitivity: UInt128, epsilon: UInt128) throws(NoiseError) -> Noise {
        var step: UInt128 = 1
        while true {
            let reach = (sensitivity + step - 1) / step
            // Beyond 2^26 steps it cannot fit, and the square would not either.
            if reach <= 1 << 26 {
                let variance = parts * reach * reach * 1_000_000
                if let exact = try? DiscreteGaussian(variance: variance, over: epsilon * epsilon) { return .gaussian(exact, step: step) }
                let rounded = (variance + epsilon * epsilon - 1) / (epsilon * epsilon)
                if let larger = try? DiscreteGaussian(variance: rounded) { return .gaussian(larger, step: step) }
                if reach == 1 { throw .parameterOutOfRange("so small an ε for so many numbers is beyond exact arithmetic") }
            }
            step *= 2
        }
    }

    /// From which noisy count of units on a group is shown.
    ///
    /// A group of fewer than `smallest` units is never shown. Where one table has it with just `smallest` and its neighbour does not
    /// have it, it must not show but with small probability; there are at most L0 such groups, so each may with δ/L0. (The
    /// threshold of Korolova, Kenthapadi, Mishra and Ntoulas 2009; Desfontaines, Voss, Gipson and Mandayam 2022, section 2.)
    ///
    /// - Parameters:
    ///   - measure: which of the measures counts distinct units.
    ///   - delta: above 0 and below 1.
    ///   - smallest: 1 or more.
    /// - Throws: `parameterOutOfRange`.
    public func selectionThreshold(measure: Int, delta: Double, smallest: Int) throws(NoiseError) -> Int128 {
        guard noises.indices.contains(measure), delta > 0, delta < 1, smallest >= 1 else {
            throw .parameterOutOfRange("a threshold needs 0 < δ < 1")
        }
        let reach = noises[measure].tailStart(chance: delta / Double(groupsPerUnit))
        guard let margin = Int128(exactly: reach), let smallest = Int128(exactly: smallest), margin < 1 << 120 else {
            throw .parameterOutOfRange("the threshold is beyond exact arithmetic")
        }
        return smallest + margin
    }
}
