/// Which noise is added.
public enum NoiseMechanism: String, Sendable, Hashable, CaseIterable {
    /// Discrete Laplace noise: ε-differentially private by itself.
    case laplace
    /// Discrete Gaussian noise, made to ρ = ε²/2 of zero-concentrated differential privacy.
    case gaussian
}
