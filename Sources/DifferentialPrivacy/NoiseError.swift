/// Why noise cannot be made. None of these depends on data: they follow from the parameters, or from bits that come up once in
/// more ages than the universe has.
public enum NoiseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A scale, variance or share that is zero, or too large for exact arithmetic.
    case parameterOutOfRange(String)
    /// A sample, or a sum with it, does not fit 127 bits.
    case overflow

    public var description: String {
        switch self {
        case .parameterOutOfRange(let what): what
        case .overflow: "a noisy number does not fit 127 bits"
        }
    }
}
