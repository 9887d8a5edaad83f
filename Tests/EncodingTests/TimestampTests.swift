import Testing

@testable import Encoding

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_164_800_123, "2024-02-29T00:00:00.123Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_732_177_800_000, "2024-11-21T08:30:00.000Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"), (13_574_563_200_000, "2400-02-29T00:00:00.000Z"),
    ] as [(Int64, String)])
    func knownInstantsHaveTheirText(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2024-11-21", "2024-11-21T08:30:00Z", "2024-11-21T08:30:00.00Z", "2024-11-21T08:30:00.0000Z", "2024-11-21t08:30:00.000Z",
        "2024-11-21T08:30:00.000z", "2024-11-21 08:30:00.000Z", "2024-11-21T08:30:00.000+00", "2024-11-21T08:30:00,000Z",
        "2024-00-21T08:30:00.000Z", "2024-13-21T08:30:00.000Z", "2024-11-00T08:30:00.000Z", "2024-11-31T08:30:00.000Z",
        "2023-02-29T08:30:00.000Z", "2100-02-29T08:30:00.000Z", "1900-02-29T08:30:00.000Z", "2024-11-21T24:00:00.000Z",
        "2024-11-21T08:60:00.000Z", "2024-11-21T08:30:60.000Z", "0000-01-01T00:00:00.000Z", "-024-11-21T08:30:00.000Z",
        "２０24-11-21T08:30.000Z", "2024-11-21T08:30:00.00 Z", "2024-11-21T08:30:00.000Z ", " 2024-11-21T08:30:00.00Z",
    ])
    func anyOtherTextIsRefused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func everyInstantReadsBack() {
        var generator = FixedGenerator(seed: 5)
        let range = Timestamp.earliest...Timestamp.latest
        var previous: (Timestamp, String)?
        for _ in 0..<20_000 {
            let instant = Timestamp(milliseconds: Int64.random(in: range, using: &generator))
            let text = instant.description
            #expect(Timestamp(text) == instant)
            // The text sorts as the instant does.
            if let previous { #expect((previous.0 < instant) == (previous.1 < text)) }
            previous = (instant, text)
        }
    }

    @Test func eachDayOfFourCenturiesFollowsTheOneBefore() {
        var expected = (year: 1900, month: 1, day: 1)
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var instant = Timestamp("1900-01-01T12:00:00.000Z")
        while expected.year < 2301, let current = instant {
            let digits = current.description.utf8.prefix(10).map { Int($0) - 48 }
            #expect(digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3] == expected.year)
            #expect(digits[5] * 10 + digits[6] == expected.month)
            #expect(digits[8] * 10 + digits[9] == expected.day)
            let isLeap = expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0)
            let length = expected.month == 2 && isLeap ? 29 : lengths[expected.month - 1]
            expected.day += 1
            if expected.day > length { expected = (expected.year, expected.month + 1, 1) }
            if expected.month > 12 { expected = (expected.year + 1, 1, 1) }
            instant = current.advanced(byMilliseconds: 86_400_000)
        }
        #expect(expected.year == 2301)
    }

    @Test func instantsOutsideTheRangeAreShownAsItsEndsAndArithmeticSaturates() {
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).description == "0001-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: .max).advanced(byMilliseconds: 1).milliseconds == .max)
        #expect(Timestamp(milliseconds: .min).advanced(byMilliseconds: -1).milliseconds == .min)
        #expect(Timestamp(milliseconds: 5).advanced(byMilliseconds: -6).milliseconds == -1)
    }
}
