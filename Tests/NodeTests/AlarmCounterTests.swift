import Encoding
import Exchange
import Testing

@testable import Node

@Suite struct AlarmCounterTests {
    private static let account = AlarmCounter.Account(alarm: .bulkRelease, key: "key")
    private static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_795_250_000_000 + milliseconds) }

    @Test func fiveHundredAreNoAlarmAndFiveHundredAndOneAre() {
        var counter = AlarmCounter()
        #expect(counter.add(Self.account, 499, at: Self.time(0), threshold: 500) == nil)
        #expect(counter.add(Self.account, 1, at: Self.time(1000), threshold: 500) == nil)
        let finding = counter.add(Self.account, 1, at: Self.time(2000), threshold: 500)
        #expect(finding == AlarmCounter.Finding(count: 501, from: Self.time(0), until: Self.time(2000)))
        var atOnce = AlarmCounter()
        #expect(atOnce.add(Self.account, 501, at: Self.time(0), threshold: 500)?.count == 501)
    }

    @Test func anHourSlidesAlong() {
        var counter = AlarmCounter()
        #expect(counter.add(Self.account, 300, at: Self.time(0), threshold: 500) == nil)
        // The first 300 are an hour old, and out.
        #expect(counter.add(Self.account, 300, at: Self.time(3_600_000), threshold: 500) == nil)
        #expect(counter.add(Self.account, 200, at: Self.time(7_199_999), threshold: 500) == nil)
        #expect(counter.add(Self.account, 1, at: Self.time(7_199_999), threshold: 500)?.count == 501)
    }

    @Test func oneHourBringsOneAlarmForAnAccount() {
        var counter = AlarmCounter()
        #expect(counter.add(Self.account, 501, at: Self.time(0), threshold: 500) != nil)
        #expect(counter.add(Self.account, 501, at: Self.time(1000), threshold: 500) == nil)
        #expect(counter.add(Self.account, 1, at: Self.time(3_599_999), threshold: 500) == nil)
        #expect(counter.add(Self.account, 501, at: Self.time(3_600_000), threshold: 500)?.count == 1003)
    }

    @Test func accountsAndKindsAreCountedApart() {
        var counter = AlarmCounter()
        for key in ["a", "b", "c"] {
            for alarm in Alarm.allCases {
                #expect(counter.add(.init(alarm: alarm, key: key), 500, at: Self.time(0), threshold: 500) == nil)
            }
        }
        #expect(counter.add(.init(alarm: .bulkRelease, key: "b"), 1, at: Self.time(0), threshold: 500)?.count == 501)
    }

    @Test func whatWasRaisedBeforeARestartIsNotRaisedAgain() {
        var counter = AlarmCounter()
        #expect(counter.add(Self.account, 600, at: Self.time(0), threshold: nil) == nil)
        counter.wasRaised(Self.account, at: Self.time(0))
        #expect(counter.add(Self.account, 1, at: Self.time(1), threshold: 500) == nil)
        #expect(counter.add(Self.account, 501, at: Self.time(3_600_001), threshold: 500)?.count == 501)
    }

    /// Against a plain count of everything, over random histories.
    @Test func theCountIsThatOfThePlainSum() {
        var generator = FixedRandom(seed: 77)
        for _ in 0..<200 {
            var counter = AlarmCounter()
            var history: [(time: Int64, count: Int64)] = []
            var now: Int64 = 0
            var raised: Int64?
            for _ in 0..<60 {
                // Whole seconds, as the counter keeps what falls into one together.
                now += Int64.random(in: 1...600, using: &generator) * 1000
                let count = Int64.random(in: 1...300, using: &generator)
                history.append((now, count))
                let sum = history.filter { $0.time > now - AlarmCounter.window }.reduce(0) { $0 + $1.count }
                let isDue = sum > 500 && raised.map { now - $0 >= AlarmCounter.window } ?? true
                if isDue { raised = now }
                let finding = counter.add(Self.account, count, at: Self.time(now), threshold: 500)
                #expect((finding != nil) == isDue && finding?.count == (isDue ? sum : nil))
            }
        }
    }

    @Test func aFloodOrAClockThatGoesBackDoesNotBreakTheCount() {
        var counter = AlarmCounter()
        #expect(counter.add(Self.account, .max, at: Self.time(5000), threshold: 500) != nil)
        for step in 0..<100 { _ = counter.add(Self.account, .max, at: Self.time(Int64(-step * 1000)), threshold: 500) }
        #expect(counter.add(Self.account, 0, at: Self.time(0), threshold: 0) == nil)
        #expect(counter.add(Self.account, -5, at: Self.time(0), threshold: 0) == nil)
        counter.clean(at: Self.time(10_000_000))
        #expect(counter.add(Self.account, 500, at: Self.time(10_000_000), threshold: 500) == nil)
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct FixedRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
