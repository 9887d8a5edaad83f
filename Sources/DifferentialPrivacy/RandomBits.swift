/// Where random bits come from: the operating system's generator, or a fixed one in tests.
public protocol RandomBits {
    /// 64 bits, each 0 or 1 with the same chance and independent of all others.
    mutating func next() -> UInt64
}

extension SystemRandomNumberGenerator: RandomBits {}
