/// An instant in UTC with a resolution of one millisecond, written as RFC 3339 in exactly one form:
/// `2026-11-21T08:30:00.000Z`.
public struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The instant some milliseconds later (or earlier, if negative); saturates at the ends of the range.
    public func advanced(byMilliseconds count: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(count)
        return Timestamp(milliseconds: overflow ? (count > 0 ? .max : .min) : sum)
    }

    /// The last instant that the text form can show, 9999-12-31T23:59:59.999Z; the first is year 1.
    static let latest: Int64 = 253_402_300_799_999
    static let earliest: Int64 = -62_135_596_800_000

    /// The text form; instants outside years 1 to 9999 are shown as the nearest end of that range.
    public var description: String {
        let clamped = min(max(milliseconds, Self.earliest), Self.latest)
        let millisecond = ((clamped % 1000) + 1000) % 1000
        let seconds = (clamped - millisecond) / 1000
        let secondOfDay = ((seconds % 86_400) + 86_400) % 86_400
        let (year, month, day) = Self.civil(fromDays: (seconds - secondOfDay) / 86_400)
        return String(unsafeUninitializedCapacity: Self.form.count) { output in
            _ = output.initialize(fromContentsOf: Self.form)
            func put(_ value: Int64, endingAt end: Int, _ width: Int) {
                var rest = value
                for position in (end - width..<end).reversed() {
                    output[position] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
            }
            put(year, endingAt: 4, 4)
            put(month, endingAt: 7, 2)
            put(day, endingAt: 10, 2)
            put(secondOfDay / 3600, endingAt: 13, 2)
            put(secondOfDay / 60 % 60, endingAt: 16, 2)
            put(secondOfDay % 60, endingAt: 19, 2)
            put(millisecond, endingAt: 23, 3)
            return Self.form.count
        }
    }

    /// The text form with every digit 0.
    private static let form = Array("0000-00-00T00:00:00.000Z".utf8)

    /// Reads the one text form; anything else (another offset, no fraction, a 60th second) gives `nil`.
    public init?(_ text: String) {
        var text = text
        guard let milliseconds = text.withUTF8({ Self.milliseconds($0) }) else { return nil }
        self.milliseconds = milliseconds
    }

    private static func milliseconds(_ characters: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard characters.count == form.count else { return nil }
        for index in 0..<form.count {
            if form[index] == 0x30 {
                guard (0x30...0x39).contains(characters[index]) else { return nil }
            } else if characters[index] != form[index] {
                return nil
            }
        }
        func number(_ range: Range<Int>) -> Int64 {
            var value: Int64 = 0
            for index in range { value = value * 10 + Int64(characters[index] - 0x30) }
            return value
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard year >= 1, (1...12).contains(month), day >= 1, day <= days(inMonth: month, of: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = days(fromCivil: year, month, day)
        return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1000 + number(20..<23)
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // The proleptic Gregorian calendar in 400-year eras that begin on 1 March, so that the leap day is the last.
    private static func days(fromCivil year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
