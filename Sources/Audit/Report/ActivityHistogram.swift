import Encoding
import Exchange

/// What entries are about, as the chart tells them apart.
enum ActivityFamily: Int, CaseIterable {
    case identity, products, contracts, queries, runsCompleted, runsRefused, other

    init(_ type: EventType) {
        let family = type.rawValue.prefix { $0 != "." }
        switch (type, family) {
        case (.runCompleted, _): self = .runsCompleted
        case (.runRefused, _): self = .runsRefused
        case (_, "participant"), (_, "delegation"): self = .identity
        case (_, "product"): self = .products
        case (_, "contract"): self = .contracts
        case (_, "query"): self = .queries
        default: self = .other
        }
    }
}

/// Counts entries over time in at most ``maximumBars`` bars, however long the ledger lasts: when it outgrows them, the
/// bars are made wider and joined.
struct ActivityHistogram {
    static let maximumBars: Int64 = 96
    private static let hour: Int64 = 3_600_000
    /// An hour, three, six, twelve, a day, a week; then each twice the one before.
    private static let widths = [hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour, 168 * hour]

    typealias Counts = [UInt64]

    /// Milliseconds in a bar.
    private(set) var width = hour
    /// By the bar's number, counted from 1970.
    private(set) var bars: [Int64: Counts] = [:]
    private(set) var first: Int64 = 0
    private(set) var last: Int64 = 0

    mutating func add(_ family: ActivityFamily, at time: Timestamp) {
        var bar = Self.number(of: time.milliseconds, width)
        if bars.isEmpty { (first, last) = (bar, bar) }
        while max(last, bar) - min(first, bar) >= Self.maximumBars {
            widen()
            bar = Self.number(of: time.milliseconds, width)
        }
        (first, last) = (min(first, bar), max(last, bar))
        bars[bar, default: Counts(repeating: 0, count: ActivityFamily.allCases.count)][family.rawValue] += 1
    }

    /// Every bar from the first to the last, with when it begins.
    var columns: [(start: Timestamp, counts: Counts)] {
        guard !bars.isEmpty else { return [] }
        let none = Counts(repeating: 0, count: ActivityFamily.allCases.count)
        return (first...last).map { (Timestamp(milliseconds: $0 * width), bars[$0] ?? none) }
    }

    private mutating func widen() {
        let wider = Self.widths.first { $0 > width } ?? width * 2
        var joined: [Int64: Counts] = [:]
        for (bar, counts) in bars {
            let number = Self.number(of: bar * width, wider)
            joined[number] = joined[number].map { zip($0, counts).map(+) } ?? counts
        }
        (first, last) = (Self.number(of: first * width, wider), Self.number(of: last * width, wider))
        (bars, width) = (joined, wider)
    }

    /// Rounded down, also before 1970. Times of entries lie within the years 1 to 9999, so no product leaves 64 bits.
    private static func number(of milliseconds: Int64, _ width: Int64) -> Int64 {
        let (quotient, rest) = milliseconds.quotientAndRemainder(dividingBy: width)
        return rest < 0 ? quotient - 1 : quotient
    }
}
