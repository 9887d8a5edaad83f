import DifferentialPrivacy

/// What a run in private mode is allowed to spend.
public struct PrivacyRequest: Sendable, Hashable {
    /// In thousandths, 1 to 100,000. The whole run spends it: all its numbers and the choice of the groups that are shown.
    public var epsilonThousandths: Int64
    public var mechanism: NoiseMechanism

    public init(epsilonThousandths: Int64, mechanism: NoiseMechanism = .laplace) {
        self.epsilonThousandths = epsilonThousandths
        self.mechanism = mechanism
    }
}
