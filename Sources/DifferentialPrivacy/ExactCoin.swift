/// Exact random choices with rational probabilities: integers only, from the bits to the answer.
///
/// A choice takes as many bits as chance will have it, so its time is random; it never depends on data.
enum ExactCoin {
    /// A whole number from 0 to `bound` − 1, each with the same chance (by rejection).
    static func uniform(below bound: UInt128, using bits: inout some RandomBits) -> UInt128 {
        guard bound > 1 else { return 0 }
        let width = UInt128.bitWidth - (bound - 1).leadingZeroBitCount
        let mask = UInt128.max >> UInt128(UInt128.bitWidth - width)
        while true {
            var value = UInt128(bits.next())
            if width > 64 { value |= UInt128(bits.next()) << 64 }
            value &= mask
            if value < bound { return value }
        }
    }

    /// True with probability `numerator` / `denominator`; the denominator is not 0.
    static func flip(_ numerator: UInt128, of denominator: UInt128, using bits: inout some RandomBits) -> Bool {
        uniform(below: denominator, using: &bits) < numerator
    }

    /// True with probability exp(−`numerator` / `denominator`); the denominator is not 0.
    ///
    /// Canonne, Kamath and Steinke 2020, algorithm 1. A coin of probability γ/K is tossed as two, γ and 1/K, so that no product
    /// needs to be held.
    static func exponential(_ numerator: UInt128, over denominator: UInt128, using bits: inout some RandomBits) -> Bool {
        var (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
        while whole > 0 {
            guard fraction(1, of: 1, using: &bits) else { return false }
            whole -= 1
        }
        return fraction(rest, of: denominator, using: &bits)
    }

    /// True with probability exp(−γ), γ = `numerator` / `denominator` from 0 to 1: how often in a row coins of γ, γ/2, γ/3, … come
    /// up is an even number so often.
    private static func fraction(_ numerator: UInt128, of denominator: UInt128, using bits: inout some RandomBits) -> Bool {
        var tosses: UInt128 = 1
        while flip(numerator, of: denominator, using: &bits), flip(1, of: tosses, using: &bits) { tosses += 1 }
        return !tosses.isMultiple(of: 2)
    }
}
