/// Amounts of money for people.
public enum MoneyText {
    /// An amount in a currency's minor unit, for example 1234 fen as `12.34 CNY`.
    ///
    /// - Parameter digits: how many decimal digits the minor unit has; 2 for the yuan.
    public static func format(_ amount: Int64, currency: String = "CNY", digits: Int = 2) -> String {
        let text = String(amount.magnitude)
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        let fraction = digits > 0 ? "." + padded.suffix(digits) : ""
        return "\(amount < 0 ? "-" : "")\(padded.dropLast(digits))\(fraction) \(currency)"
    }
}

/// Sizes in bytes for people, in powers of 1,024 (IEC 80000-13).
public enum ByteText {
    private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    public static func format(_ count: UInt64) -> String {
        if count < 1024 { return "\(count) B" }
        var value = Double(count)
        var unit = 0
        // 1,023.95 would be shown as 1024.0: it belongs to the next unit.
        while value >= 1023.95 && unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return "\(DecimalText.format(value, digits: 1)) \(units[unit])"
    }
}

/// Lengths of time for people.
public enum DurationText {
    public static func format(_ duration: Duration) -> String {
        let parts = duration.components
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
        switch abs(seconds) {
        case 0: return "0 s"
        case ..<0.000_999_5: return "\(DecimalText.format(seconds * 1e6, digits: 0)) µs"
        case ..<0.999_5: return "\(DecimalText.format(seconds * 1e3, digits: seconds.magnitude < 0.01 ? 2 : 0)) ms"
        case ..<59.95: return "\(DecimalText.format(seconds, digits: 1)) s"
        case ..<3_599.5:
            let whole = Int(seconds.rounded())
            return "\(whole / 60) min \(abs(whole % 60)) s"
        default:
            let minutes = parts.seconds / 60 + (parts.seconds % 60 >= 30 ? 1 : 0)
            return "\(minutes / 60) h \(abs(minutes % 60)) min"
        }
    }
}

/// Numbers with a fixed count of decimal digits, without the locale.
public enum DecimalText {
    /// - Parameter digits: 0 to 9.
    public static func format(_ value: Double, digits: Int) -> String {
        let digits = min(max(digits, 0), 9)
        let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
        guard value.isFinite, abs(value) * scale < 9e15 else { return "\(value)" }
        let scaled = Int64((value * scale).rounded())
        let number = MoneyText.format(scaled, currency: "", digits: digits)
        return String(number.dropLast())
    }

    /// A whole number with thousands separators: 1,234,567.
    public static func grouped(_ value: some BinaryInteger) -> String {
        let digits = String(value.magnitude)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return (value < 0 ? "-" : "") + result
    }
}
