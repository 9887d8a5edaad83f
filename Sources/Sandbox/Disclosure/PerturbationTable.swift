import Glibc

/// The chances with which a count is changed by how much: for each count the distribution of greatest entropy whose mean is 0,
/// whose changes are at most D in size, and whose variance is given (Marley & Leaver, "A method for confidentialising user-defined
/// tables: statistical properties and a risk-utility analysis", ISI 2011; Giessing, "Computational issues in the design of
/// transition probabilities and disclosure risk estimation for additive noise", PSD 2016).
///
/// A count never falls below the smallest group: so near it there are fewer ways down and the variance is less; at it, none.
struct PerturbationTable: Sendable {
    /// The smallest count that is shown; 1 or more.
    let minimum: Int
    /// D.
    let largest: Int
    /// For each distance above the minimum, 0 to D, the chances of the changes −min(distance, D) to D.
    let chances: [[Double]]

    /// A standard deviation of half of D, away from the minimum.
    init(minimum: Int, largest: Int) {
        self.minimum = max(minimum, 1)
        let largest = min(max(largest, 0), 1000)
        self.largest = largest
        chances = (0...largest).map { distance in
            // With few ways down, a mean of 0 allows a variance of distance · D at most.
            let variance = min(Double(largest * largest) / 4, Double(distance * largest) / 2)
            return Self.distribution(from: -distance, to: largest, variance: variance)
        }
    }

    /// The count as it is shown.
    /// - Parameter key: uniformly distributed; its upper bits are used.
    func changed(_ count: Int, key: UInt64) -> Int {
        guard count > 0, largest > 0 else { return count }
        // Counts of values may be smaller than the group; they stay at least 1.
        let distance = min(count >= minimum ? count - minimum : count - 1, largest)
        let place = Double(key >> 11) / Double(UInt64(1) << 53)
        var sum = 0.0
        for (index, chance) in chances[distance].enumerated() {
            sum += chance
            if place < sum { return count - distance + index }
        }
        return count
    }

    /// Chances of the whole numbers from a to b, proportional to exp(λ·v + μ·v²), with mean 0 and the variance given.
    static func distribution(from lower: Int, to upper: Int, variance: Double) -> [Double] {
        let values = (lower...upper).map(Double.init)
        guard lower < 0, variance > 0 else { return values.map { $0 == 0 ? 1 : 0 } }
        // For every μ there is one λ that makes the mean 0, and the variance then grows with μ.
        var (low, high) = (-64.0, 64.0)
        var chances: [Double] = []
        for _ in 0..<64 {
            let middle = (low + high) / 2
            chances = centred(values, middle)
            let found = zip(values, chances).reduce(0) { $0 + $1.0 * $1.0 * $1.1 }
            if found < variance { low = middle } else { high = middle }
        }
        return chances
    }

    private static func centred(_ values: [Double], _ square: Double) -> [Double] {
        let reach = (values.map { abs($0) }.max() ?? 1) * abs(square) + 64
        var (low, high) = (-2 * reach, 2 * reach)
        var chances: [Double] = []
        for _ in 0..<64 {
            let middle = (low + high) / 2
            let exponents = values.map { middle * $0 + square * $0 * $0 }
            // The greatest exponent is taken off, so that nothing overflows.
            let top = exponents.max() ?? 0
            let weights = exponents.map { exp($0 - top) }
            let sum = weights.reduce(0, +)
            chances = weights.map { $0 / sum }
            if zip(values, chances).reduce(0, { $0 + $1.0 * $1.1 }) < 0 { low = middle } else { high = middle }
        }
        return chances
    }
}
