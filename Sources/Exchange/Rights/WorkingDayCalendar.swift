import Encoding

/// Which days are working days: Monday to Friday, but for the holidays, and with the days that are worked in their stead
/// (调休).
public struct WorkingDayCalendar: Sendable, Hashable, Codable {
    /// Days off, wherever in the week they fall; in ascending order, each once.
    public private(set) var holidays: [CalendarDay]
    /// Days worked, also on a weekend; in ascending order, each once. None of them is a holiday.
    public private(set) var workdays: [CalendarDay]
    /// The offset from UTC by which days begin and end, in minutes, -840 to 840. China's is 480.
    public private(set) var utcOffsetMinutes: Int64

    /// How many holidays, and how many days worked instead, a calendar may name: some twenty years of them.
    public static let maximumCount = 1000
    static let offsetRange: ClosedRange<Int64> = -840...840

    /// A calendar without holidays, at China's offset.
    public init() {
        (holidays, workdays, utcOffsetMinutes) = ([], [], 480)
    }

    /// `nil` if a day is both a holiday and worked, if there are too many, or if the offset is none on Earth.
    public init?(holidays: [CalendarDay], workdays: [CalendarDay], utcOffsetMinutes: Int64) {
        let (off, worked) = (Set(holidays), Set(workdays))
        guard off.isDisjoint(with: worked), off.count <= Self.maximumCount, worked.count <= Self.maximumCount,
            Self.offsetRange.contains(utcOffsetMinutes)
        else { return nil }
        self.holidays = off.sorted()
        self.workdays = worked.sorted()
        self.utcOffsetMinutes = utcOffsetMinutes
    }

    public func isWorkingDay(_ day: CalendarDay) -> Bool {
        if Self.contains(workdays, day) { return true }
        return day.weekday <= 5 && !Self.contains(holidays, day)
    }

    /// The end of a period of working days that begins on the day after an instant's day: midnight after the last of them.
    /// Of no days, the instant itself.
    ///
    /// - Parameter workingDays: 0 to 1000; more is counted as 1000.
    public func end(of workingDays: Int64, after time: Timestamp) -> Timestamp {
        var left = min(workingDays, 1000)
        guard left > 0 else { return time }
        var day = CalendarDay(time, utcOffsetMinutes: utcOffsetMinutes)
        // At least every seventh day is a working day but for a bounded number of holidays, so this ends; the last day of
        // year 9999, after which there is none, ends it too.
        while left > 0 {
            let next = day.advanced(byDays: 1)
            if next == day { break }
            day = next
            if isWorkingDay(day) { left -= 1 }
        }
        return day.advanced(byDays: 1).start(utcOffsetMinutes: utcOffsetMinutes)
    }

    private static func contains(_ days: [CalendarDay], _ day: CalendarDay) -> Bool {
        var (low, high) = (0, days.count)
        while low < high {
            let middle = (low + high) / 2
            if days[middle] == day { return true }
            if days[middle] < day { low = middle + 1 } else { high = middle }
        }
        return false
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        try cursor.allowMembers(["holidays", "workdays", "utcOffsetMinutes"])
        let holidays = try cursor.optionalMember("holidays")?.days() ?? []
        let workdays = try cursor.optionalMember("workdays")?.days() ?? []
        if let both = workdays.first(where: { Self.contains(holidays, $0) }) {
            throw cursor.mismatch("names \(both) among the holidays and among the working days")
        }
        self.holidays = holidays
        self.workdays = workdays
        utcOffsetMinutes = try cursor.optionalMember("utcOffsetMinutes")?.integer(in: Self.offsetRange) ?? 480
    }

    public var json: JSONValue {
        [
            "holidays": .array(holidays.map { .string($0.description) }),
            "workdays": .array(workdays.map { .string($0.description) }), "utcOffsetMinutes": .integer(utcOffsetMinutes),
        ]
    }
}

extension JSONCursor {
    /// Days in ascending order, none twice.
    fileprivate func days() throws(JSONMismatch) -> [CalendarDay] {
        var days: [CalendarDay] = []
        for element in try array(maximumCount: WorkingDayCalendar.maximumCount) {
            let day = try element.day()
            if let last = days.last, last >= day { throw element.mismatch("must come after \(last): days stand in order, each once") }
            days.append(day)
        }
        return days
    }
}
