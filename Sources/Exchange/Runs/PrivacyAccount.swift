// The arithmetic of privacy budgets: whole numbers only, so that every auditor comes to the same figure, and every rounding is
// against whoever spends.
//
// Units: ε in thousandths; ρ (zero-concentrated differential privacy, Bun and Steinke 2016) in millionths.
//
// Two accounts are kept of the same runs, and a run fits if either allows it. The first adds up ε (basic composition of pure
// differential privacy); it is the better one for few runs. The second adds up ρ and turns the sum into (ε, δ) once; it grows
// with the square root of the number of runs. That the budget may follow whichever is kinder is sound although a buyer chooses
// each run by the answers before it: a history that ends within the first has a privacy loss of at most ε for certain, and one
// that ends beyond it has kept within the second at every step, where the loss exceeds ε with probability δ at most.

/// Which noise a run in private mode uses.
public enum PrivacyMechanism: String, Sendable, Hashable, CaseIterable, Codable {
    /// Discrete Laplace noise: ε-differentially private by itself.
    case laplace
    /// Discrete Gaussian noise: less of it for many numbers at once, but private only in the sense of ρ.
    case gaussian
}

/// What one run in private mode spends.
public struct PrivacyCost: Sendable, Hashable, Codable {
    /// In thousandths, 1 to 100,000.
    public let epsilon: Int64
    public let mechanism: PrivacyMechanism

    /// `nil` where ε is not from 1 to 100,000 thousandths.
    public init?(epsilon: Int64, mechanism: PrivacyMechanism = .laplace) {
        guard PrivacyBudget.epsilonRange.contains(epsilon) else { return nil }
        self.epsilon = epsilon
        self.mechanism = mechanism
    }

    /// In millionths, rounded up. An ε-differentially private mechanism is ε²/2-zCDP (Bun and Steinke 2016, proposition 1.4), and
    /// Gaussian noise is made to the same ρ.
    public var rho: Int64 { (epsilon * epsilon + 1) / 2 }
}

/// How much one buyer may learn of each privacy unit of a product in one period.
public struct PrivacyBudget: Sendable, Hashable, Codable {
    static let epsilonRange: ClosedRange<Int64> = 1...100_000
    /// Runs in one period. Half of δ belongs to the conversion from ρ, half to these runs in equal shares, for the choice of the
    /// groups that are shown: 10^-n / 2,000 for each.
    public static let maximumRuns: Int64 = 1000

    /// In thousandths.
    public let epsilon: Int64
    /// δ = 10 to the power of minus this.
    public let deltaExponent: Int64
    /// In millionths: the most that may be spent so that all runs together are (ε, δ / 2)-differentially private, rounded down.
    public let rho: Int64

    /// - Parameters:
    ///   - epsilon: in thousandths, 1 to 100,000.
    ///   - deltaExponent: 4 to 15.
    /// - Returns: `nil` where a number is out of its range.
    public init?(epsilon: Int64, deltaExponent: Int64) {
        guard Self.epsilonRange.contains(epsilon), (4...15).contains(deltaExponent) else { return nil }
        self.epsilon = epsilon
        self.deltaExponent = deltaExponent
        rho = Self.largestRho(epsilon: epsilon, deltaExponent: deltaExponent)
    }

    /// ρ-zCDP implies (ρ + 2·√(ρ·L), δ')-differential privacy with L = ln(1/δ') (Bun and Steinke 2016, proposition 1.3). That is
    /// at most ε just if ρ ≤ ε and 4·ρ·L ≤ (ε − ρ)², which grows in ρ on the left and falls on the right.
    private static func largestRho(epsilon: Int64, deltaExponent: Int64) -> Int64 {
        let target = UInt128(epsilon) * 1000
        let logarithm = negatedLogarithm(deltaExponent)
        func fits(_ rho: UInt128) -> Bool { 4 * rho * logarithm <= 1000 * (target - rho) * (target - rho) }
        // `low` fits: 0 does. `high` does not: with ρ = ε the right side is 0.
        var (low, high): (UInt128, UInt128) = (0, target)
        while high - low > 1 {
            let middle = (low + high) / 2
            if fits(middle) { low = middle } else { high = middle }
        }
        return Int64(low)
    }

    /// ln(1/δ') for δ' = 10^-n / 2, in billionths, rounded up.
    static func negatedLogarithm(_ deltaExponent: Int64) -> UInt128 {
        let ofTen: UInt128 = 2_302_585_093
        let ofTwo: UInt128 = 693_147_181
        return UInt128(max(deltaExponent, 0)) * ofTen + ofTwo
    }
}

/// What a buyer has spent of one product in one period.
public struct PrivacyAccount: Sendable, Hashable, Codable {
    public private(set) var runs: Int64 = 0
    /// In thousandths; means a guarantee only while `isPure`.
    public private(set) var epsilon: Int64 = 0
    /// In millionths.
    public private(set) var rho: Int64 = 0
    /// Whether every run so far used Laplace noise.
    public private(set) var isPure = true

    public init() {}

    /// Adds a completed run. Sums that would not fit stay at the largest number, which no budget allows.
    public mutating func add(_ cost: PrivacyCost) {
        runs = Self.sum(runs, 1)
        epsilon = Self.sum(epsilon, cost.epsilon)
        rho = Self.sum(rho, cost.rho)
        if cost.mechanism != .laplace { isPure = false }
    }

    /// Adds what was spent at another time, of the same product by the same buyer.
    public mutating func add(_ other: PrivacyAccount) {
        runs = Self.sum(runs, other.runs)
        epsilon = Self.sum(epsilon, other.epsilon)
        rho = Self.sum(rho, other.rho)
        isPure = isPure && other.isPure
    }

    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (result, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : result
    }

    /// Whether what is spent, and this run too, is within the budget.
    public func fits(_ cost: PrivacyCost, in budget: PrivacyBudget) -> Bool {
        var after = self
        after.add(cost)
        return after.isWithin(budget)
    }

    public func isWithin(_ budget: PrivacyBudget) -> Bool {
        runs <= PrivacyBudget.maximumRuns && (isPure && epsilon <= budget.epsilon || rho <= budget.rho)
    }

    /// The largest ε, in thousandths, of one more run; 0 where none fits.
    public func remainingEpsilon(in budget: PrivacyBudget, mechanism: PrivacyMechanism = .laplace) -> Int64 {
        var (low, high): (Int64, Int64) = (0, 100_001)
        while high - low > 1 {
            let middle = (low + high) / 2
            if let cost = PrivacyCost(epsilon: middle, mechanism: mechanism), fits(cost, in: budget) { low = middle } else { high = middle }
        }
        return low
    }

    /// The ε, in thousandths and rounded up, for which all runs so far are (ε, 10^-n)-differentially private.
    ///
    /// - Parameter deltaExponent: n, 4 to 15.
    public func spentEpsilon(deltaExponent: Int64) -> Int64 {
        // In millionths: ρ + 2·√(ρ·L) = ρ + √(4·ρ·L·10^6), with L in billionths.
        let square = 4 * UInt128(max(rho, 0)) * PrivacyBudget.negatedLogarithm(min(deltaExponent, 15))
        let millionths = UInt128(max(rho, 0)) + Self.root((square + 999) / 1000)
        let converted = Int64(clamping: (millionths + 999) / 1000)
        return isPure ? min(epsilon, converted) : converted
    }

    /// The square root, rounded up.
    private static func root(_ square: UInt128) -> UInt128 {
        var (low, high): (UInt128, UInt128) = (0, 1 << 56)
        // The square of `high` is at least as large: 4·2^63·36·10^9 / 1000 < 2^112.
        while low < high {
            let middle = (low + high) / 2
            if middle * middle >= square { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
