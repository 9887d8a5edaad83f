import Encoding

/// A day of the Gregorian calendar in years 1 to 9999, written `2026-10-01` (RFC 3339 section 5.6, full-date).
public struct CalendarDay: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int64

    static let milliseconds: Int64 = 86_400_000
    private static let range = number(of: "0001-01-01")...number(of: "9999-12-31")

    private static func number(of text: String) -> Int64 {
        (Timestamp("\(text)T00:00:00.000Z")?.milliseconds ?? 0) / milliseconds
    }

    private init(unchecked number: Int64) { self.number = number }

    /// The day with a number, or the nearest end of the range.
    public init(clamping number: Int64) {
        self.init(unchecked: min(max(number, Self.range.lowerBound), Self.range.upperBound))
    }

    /// Reads the one text form; `nil` for anything else, also for days that do not exist.
    public init?(_ text: String) {
        guard text.utf8.count == 10, let midnight = Timestamp("\(text)T00:00:00.000Z") else { return nil }
        self.init(unchecked: midnight.milliseconds / Self.milliseconds)
    }

    /// The day that the clocks of an offset from UTC, in minutes, show at an instant.
    public init(_ time: Timestamp, utcOffsetMinutes: Int64) {
        let local = time.advanced(byMilliseconds: Self.milliseconds(ofOffset: utcOffsetMinutes)).milliseconds
        let remainder = local % Self.milliseconds
        self.init(clamping: local / Self.milliseconds - (remainder < 0 ? 1 : 0))
    }

    public var description: String {
        String(Timestamp(milliseconds: number * Self.milliseconds).description.prefix(10))
    }

    public static func < (left: CalendarDay, right: CalendarDay) -> Bool { left.number < right.number }

    /// Monday is 1, Sunday 7 (ISO 8601). The first day of 1970 was a Thursday.
    public var weekday: Int64 { ((number + 3) % 7 + 7) % 7 + 1 }

    /// The instant at which the day begins on the clocks of an offset from UTC.
    public func start(utcOffsetMinutes: Int64) -> Timestamp {
        Timestamp(milliseconds: number * Self.milliseconds).advanced(
            byMilliseconds: -Self.milliseconds(ofOffset: utcOffsetMinutes))
    }

    /// No clock on Earth is further from UTC than fourteen hours.
    private static func milliseconds(ofOffset minutes: Int64) -> Int64 { min(max(minutes, -840), 840) * 60_000 }

    /// The day some days later, or the nearest end of the range.
    public func advanced(byDays count: Int64) -> CalendarDay {
        let (sum, overflow) = number.addingReportingOverflow(count)
        return CalendarDay(clamping: overflow ? (count > 0 ? .max : .min) : sum)
    }

    /// The same day of the month some months later; the month's last day where it has no such day.
    ///
    /// - Parameter count: 0 to 120,000; results past year 9999 are its last day.
    public func advanced(byMonths count: Int64) -> CalendarDay {
        let parts = description.split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 3 else { return self }
        let months = parts[0] * 12 + parts[1] - 1 + min(max(count, 0), 120_000)
        let (year, month) = (months / 12, months % 12 + 1)
        guard year <= 9999 else { return CalendarDay(clamping: .max) }
        // Every month has a 28th day, so one of these exists.
        for day in stride(from: parts[2], through: 1, by: -1) {
            let text = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
            if let found = CalendarDay(text) { return found }
        }
        return self
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    // A day in stored state is its text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let day = CalendarDay(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a day is written like 2026-10-01")
        }
        self = day
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Timestamp {
    /// The same time of day some calendar months later, on the clocks of an offset from UTC.
    func advanced(byMonths count: Int64, utcOffsetMinutes: Int64) -> Timestamp {
        let day = CalendarDay(self, utcOffsetMinutes: utcOffsetMinutes)
        let sinceMidnight = milliseconds - day.start(utcOffsetMinutes: utcOffsetMinutes).milliseconds
        let later = day.advanced(byMonths: count).start(utcOffsetMinutes: utcOffsetMinutes)
        return later.advanced(byMilliseconds: sinceMidnight)
    }
}

extension JSONCursor {
    func day() throws(JSONMismatch) -> CalendarDay {
        let text = try string(maximumCount: 16)
        guard let day = CalendarDay(text) else { throw mismatch("must be a day of the calendar such as 2026-10-01") }
        return day
    }
}
