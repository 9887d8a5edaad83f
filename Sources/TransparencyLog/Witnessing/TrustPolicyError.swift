/// Why a trust policy file was refused.
public struct TrustPolicyError: Error, Hashable, CustomStringConvertible {
    /// Counted from 1.
    public let line: Int
    public let reason: String

    public var description: String { "line \(line) of the trust policy: \(reason)" }
}
