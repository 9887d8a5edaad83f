import Glibc

/// Accounting for reports, in floating point. What is spent is decided by whole numbers elsewhere.
public enum ConcentratedPrivacy {
    /// ρ of noise that is ε-differentially private, or Gaussian noise made for ε: ε²/2 (Bun and Steinke 2016, proposition 1.4).
    public static func rho(epsilon: Double) -> Double { epsilon * epsilon / 2 }

    /// The ε for which ρ-zCDP implies (ε, δ)-differential privacy: ρ + 2·√(ρ·ln(1/δ)) (Bun and Steinke 2016, proposition 1.3).
    ///
    /// - Parameter delta: above 0 and below 1.
    public static func epsilon(rho: Double, delta: Double) -> Double { rho + 2 * (rho * -log(delta)).squareRoot() }
}
