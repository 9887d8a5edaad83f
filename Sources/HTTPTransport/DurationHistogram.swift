/// Counts durations in buckets whose width is at most 1/64 of their value, from nanoseconds to hours, in fixed memory.
struct DurationHistogram: Sendable {
    private static let bits = 6
    private var counts = [Int](repeating: 0, count: 64 << bits)
    private(set) var count = 0
    /// The longest, in nanoseconds.
    private(set) var maximum: Int64 = 0

    mutating func add(nanoseconds: Int64) {
        let value = UInt64(max(0, nanoseconds))
        counts[Self.bucket(value)] += 1
        count += 1
        maximum = max(maximum, nanoseconds)
    }

    mutating func merge(_ other: DurationHistogram) {
        for (index, value) in other.counts.enumerated() { counts[index] += value }
        count += other.count
        maximum = max(maximum, other.maximum)
    }

    /// The duration, in milliseconds, that the given share (0 to 1) of all do not exceed, to within a bucket's width.
    func quantile(_ share: Double) -> Double {
        guard count > 0 else { return 0 }
        let wanted = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for (index, value) in counts.enumerated() {
            seen += value
            if seen >= wanted { return min(Double(Self.upperEnd(index)), Double(maximum)) / 1_000_000 }
        }
        return Double(maximum) / 1_000_000
    }

    /// Values below 64 have buckets of their own; above, each doubling has 64 buckets.
    private static func bucket(_ value: UInt64) -> Int {
        if value < 64 { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount - bits
        return exponent << bits + Int(value >> UInt64(exponent))
    }

    private static func upperEnd(_ bucket: Int) -> UInt64 {
        if bucket < 128 { return UInt64(bucket) }
        let exponent = bucket >> bits - 1
        let mantissa = UInt64(bucket - exponent << bits)
        return (mantissa + 1) << UInt64(exponent) - 1
    }
}
