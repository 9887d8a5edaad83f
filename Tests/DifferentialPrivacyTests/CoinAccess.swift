@testable import DifferentialPrivacy

/// True with probability exp(−`numerator` / `denominator`).
func exponentialCoin(_ numerator: UInt64, _ denominator: UInt64, _ bits: inout FixedBits) throws -> Bool {
    ExactCoin.exponential(UInt128(numerator), over: UInt128(denominator), using: &bits)
}

/// A whole number below `bound`.
func uniform(_ bound: UInt128, _ bits: inout some RandomBits) -> UInt128 { ExactCoin.uniform(below: bound, using: &bits) }
