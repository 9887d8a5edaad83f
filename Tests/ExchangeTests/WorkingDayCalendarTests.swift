import Encoding
import Exchange
import ExchangeTestKit
import Testing

/// China's holidays as the State Council's general office published them for 2025 (12 November 2024) and 2026
/// (4 November 2025).
@Suite("Working days")
struct WorkingDayCalendarTests {
    private static func days(_ ranges: [(String, Int64)]) throws -> [CalendarDay] {
        try ranges.flatMap { text, count in
            let first = try #require(CalendarDay(text))
            return (0..<count).map { first.advanced(byDays: $0) }
        }
    }

    static func china() throws -> WorkingDayCalendar {
        let holidays = try days([
            ("2025-01-01", 1), ("2025-01-28", 8), ("2025-04-04", 3), ("2025-05-01", 5), ("2025-05-31", 3), ("2025-10-01", 8),
            ("2026-01-01", 3), ("2026-02-15", 9), ("2026-04-04", 3), ("2026-05-01", 5), ("2026-06-19", 3), ("2026-09-25", 3),
            ("2026-10-01", 7),
        ])
        let workdays = try days([
            ("2025-01-26", 1), ("2025-02-08", 1), ("2025-04-27", 1), ("2025-09-28", 1), ("2025-10-11", 1),
            ("2026-01-04", 1), ("2026-02-14", 1), ("2026-02-28", 1), ("2026-05-09", 1), ("2026-09-20", 1), ("2026-10-10", 1),
        ])
        return try #require(WorkingDayCalendar(holidays: holidays, workdays: workdays, utcOffsetMinutes: 480))
    }

    private static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test("of a year in China are as many as published", arguments: [2025, 2026])
    func published(year: Int) throws {
        let calendar = try Self.china()
        let first = try #require(CalendarDay("\(year)-01-01"))
        let count = (0..<365).filter { calendar.isWorkingDay(first.advanced(byDays: $0)) }.count
        #expect(count == 248)
    }

    @Test("of a notice leave out weekends and holidays, and count the days worked instead")
    func notices() throws {
        let calendar = try Self.china()
        let cases: [(String, Int64, String)] = [
            // An ordinary week: Monday to Friday of the week after.
            ("2026-03-13T01:00:00.000Z", 5, "2026-03-20T16:00:00.000Z"),
            // 24, 28, 29, 30 September; 8, 9, 10 (a Saturday that is worked), 12, 13, 14 October.
            ("2026-09-23T08:00:00.000Z", 10, "2026-10-14T16:00:00.000Z"),
            // Saturday 14 February is worked; then nine days of Spring Festival.
            ("2026-02-13T08:00:00.000Z", 3, "2026-02-25T16:00:00.000Z"),
            // It is Saturday already in China, so Sunday 26 April 2025 … Sunday 27 April is worked.
            ("2025-04-25T16:30:00.000Z", 1, "2025-04-27T16:00:00.000Z"),
            ("2025-04-25T15:30:00.000Z", 1, "2025-04-27T16:00:00.000Z"),
            ("2025-01-24T02:00:00.000Z", 2, "2025-01-27T16:00:00.000Z"),
        ]
        for (start, count, end) in cases {
            #expect(calendar.end(of: count, after: try Self.time(start)) == (try Self.time(end)), "\(count) days after \(start)")
        }
        let now = try Self.time("2026-10-02T03:04:05.678Z")
        #expect(calendar.end(of: 0, after: now) == now)
    }

    @Test("of no calendar are Monday to Friday, and days begin at the offset that it names")
    func plain() throws {
        let calendar = try #require(WorkingDayCalendar(holidays: [], workdays: [], utcOffsetMinutes: -300))
        #expect(calendar.end(of: 1, after: try Self.time("2026-11-20T12:00:00.000Z")) == (try Self.time("2026-11-24T05:00:00.000Z")))
        #expect(calendar.end(of: 1, after: try Self.time("2026-11-20T04:59:59.999Z")) == (try Self.time("2026-11-21T05:00:00.000Z")))
        #expect(WorkingDayCalendar().utcOffsetMinutes == 480)
    }

    @Test("are not both off and worked, and have an offset that there is")
    func contradictions() throws {
        let day = try #require(CalendarDay("2026-10-01"))
        #expect(WorkingDayCalendar(holidays: [day], workdays: [day], utcOffsetMinutes: 480) == nil)
        #expect(WorkingDayCalendar(holidays: [], workdays: [], utcOffsetMinutes: 841) == nil)
        let many = (0...Int64(WorkingDayCalendar.maximumCount)).map { day.advanced(byDays: $0) }
        #expect(WorkingDayCalendar(holidays: many, workdays: [], utcOffsetMinutes: 0) == nil)
    }

    @Test("end even where every day is off or time itself ends")
    func extremes() throws {
        let first = try #require(CalendarDay("2026-01-01"))
        let off = (0..<Int64(WorkingDayCalendar.maximumCount)).map { first.advanced(byDays: $0) }
        let calendar = try #require(WorkingDayCalendar(holidays: off, workdays: [], utcOffsetMinutes: 0))
        #expect(calendar.end(of: 1, after: first.start(utcOffsetMinutes: 0)) == (try Self.time("2028-09-28T00:00:00.000Z")))
        for milliseconds in [Int64.max, Int64.min, 253_402_300_799_999] {
            let time = Timestamp(milliseconds: milliseconds)
            _ = calendar.end(of: 365, after: time)
            _ = CalendarDay(time, utcOffsetMinutes: .max).advanced(byMonths: .max).advanced(byDays: .max).weekday
            _ = CalendarDay(time, utcOffsetMinutes: .min).advanced(byMonths: .min).advanced(byDays: .min).start(utcOffsetMinutes: .min)
        }
    }

    @Test("are days of the calendar, in one form, of the right day of the week")
    func days() throws {
        for text in ["2026-2-1", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-32", "26-01-01", "2026/01/01", "2026-01-01 ", ""] {
            #expect(CalendarDay(text) == nil, "\(text)")
        }
        let known: [(String, Int64)] = [
            ("1970-01-01", 4), ("2000-02-29", 2), ("2026-11-21", 6), ("1969-12-31", 3), ("1900-01-01", 1), ("0001-01-01", 1),
        ]
        for (text, weekday) in known {
            let day = try #require(CalendarDay(text))
            #expect(day.description == text && day.weekday == weekday, "\(text)")
        }
    }

    @Test("and months of a term end on the same day of the month, or on its last")
    func months() throws {
        let cases: [(String, Int64, String)] = [
            ("2026-01-31", 1, "2026-02-28"), ("2028-02-29", 12, "2029-02-28"), ("2026-11-21", 36, "2029-11-21"),
            ("2026-12-31", 2, "2027-02-28"), ("2026-05-15", 0, "2026-05-15"), ("9999-12-31", 1, "9999-12-31"),
        ]
        for (start, count, end) in cases {
            #expect(try #require(CalendarDay(start)).advanced(byMonths: count).description == end)
        }
    }
}
