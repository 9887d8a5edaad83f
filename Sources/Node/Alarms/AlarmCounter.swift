import Encoding
import Exchange

/// Counts what may become an alarm, for each account in an hour that slides along, and says when there is too much of it.
///
/// Counts of one second are kept together, so that a flood takes no more memory than an hour has seconds.
struct AlarmCounter: Sendable {
    /// An hour, in milliseconds.
    static let window: Int64 = 3_600_000

    struct Account: Hashable, Sendable {
        var alarm: Alarm
        /// A key identifier; empty for all that cannot be told apart.
        var key: String
    }

    /// Too much was counted.
    struct Finding: Sendable, Hashable {
        var count: Int64
        var from: Timestamp
        var until: Timestamp
    }

    private struct Tally {
        var items: [(time: Int64, count: Int64)] = []
        var head = 0
        var sum: Int64 = 0
        var raised: Int64?

        mutating func forget(before time: Int64) {
            while head < items.count, items[head].time <= time {
                sum -= items[head].count
                head += 1
            }
            if head > 64, head * 2 > items.count {
                items.removeFirst(head)
                head = 0
            }
        }
    }

    private var tallies: [Account: Tally] = [:]

    /// Counts something, and says if the account is now above the threshold. It says so once in an hour.
    ///
    /// - Parameter threshold: the most that is no alarm; `nil` only counts.
    mutating func add(_ account: Account, _ count: Int64, at time: Timestamp, threshold: Int64?) -> Finding? {
        guard count > 0 else { return nil }
        var tally = tallies[account] ?? Tally()
        defer { tallies[account] = tally }
        // Clocks go back, counts do not.
        let now = max(time.milliseconds, tally.items.last?.time ?? .min)
        tally.forget(before: now - Self.window)
        let added = min(count, 1_000_000_000)
        if let last = tally.items.last, tally.items.count > tally.head, now / 1000 == last.time / 1000 {
            tally.items[tally.items.count - 1] = (now, last.count + added)
        } else {
            tally.items.append((now, added))
        }
        tally.sum += added
        guard let threshold, tally.sum > threshold else { return nil }
        if let raised = tally.raised, now - raised < Self.window { return nil }
        tally.raised = now
        return Finding(
            count: tally.sum, from: Timestamp(milliseconds: tally.items[tally.head].time), until: Timestamp(milliseconds: now))
    }

    /// Takes note of an alarm that was raised before a restart.
    mutating func wasRaised(_ account: Account, at time: Timestamp) {
        var tally = tallies[account] ?? Tally()
        tally.raised = max(tally.raised ?? .min, time.milliseconds)
        tallies[account] = tally
    }

    /// Drops the accounts of which nothing of the last hour is known.
    mutating func clean(at time: Timestamp) {
        let limit = time.milliseconds - Self.window
        tallies = tallies.filter { _, tally in
            (tally.items.last.map { $0.time > limit } ?? false) || (tally.raised.map { $0 > limit } ?? false)
        }
    }
}
