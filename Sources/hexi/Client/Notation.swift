import CommandLineInterface
import Encoding
import Exchange

/// The small notations of the command line, read strictly: what is mistyped is refused with what would be right.
enum Notation {
    static func identifier(_ text: String, _ kind: IdentifierKind, of name: String) throws(UsageError) -> Identifier {
        do { return try Identifier(text, kind: kind) } catch {
            throw .badValue(of: name, value: text, reason: error.description)
        }
    }

    /// `PRODUCT` or `PRODUCT@VERSION`.
    static func product(_ text: String, of name: String) throws(UsageError) -> (product: Identifier, version: Int64?) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let product = try identifier(String(parts[0]), .product, of: name)
        guard parts.count == 2 else { return (product, nil) }
        guard let version = Int64(parts[1]), (1...1_000_000).contains(version) else {
            throw .badValue(of: name, value: text, reason: "the version after @ must be a whole number from 1")
        }
        return (product, version)
    }

    /// `NAME=VALUE`, both not empty unless the value may be.
    static func pair(_ text: String, of name: String, form: String, allowsEmptyValue: Bool = false) throws(UsageError) -> (
        name: String, value: String
    ) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, allowsEmptyValue || !parts[1].isEmpty else {
            throw .badValue(of: name, value: text, reason: "write it as \(form)")
        }
        return (parts[0], parts[1])
    }

    /// Texts by language from repeated `en=…`.
    static func languageMap(_ texts: [String], of name: String) throws(UsageError) -> [String: String] {
        var map: [String: String] = [:]
        for text in texts {
            let (language, value) = try pair(text, of: name, form: "en=TEXT or zh=TEXT")
            guard map.updateValue(value, forKey: language) == nil else {
                throw .badValue(of: name, value: text, reason: "the language \(language) is given twice")
            }
        }
        return map
    }

    /// A day, `2026-12-31`, or an instant, `2026-12-31T08:00:00.000Z`. All times are UTC.
    ///
    /// - Parameter isEnd: whether a day means its last millisecond instead of its first.
    static func time(_ text: String, of name: String, isEnd: Bool) throws(UsageError) -> Timestamp {
        if let time = Timestamp(text) { return time }
        if text.utf8.count == 10, let day = Timestamp("\(text)T00:00:00.000Z") {
            return isEnd ? day.advanced(byMilliseconds: 86_400_000 - 1) : day
        }
        throw .badValue(
            of: name, value: text, reason: "give a day such as 2026-12-31 or a UTC time such as 2026-12-31T08:00:00.000Z")
    }

    /// An amount of money such as `20` or `12.34`, in minor units of a currency with two decimal places.
    static func amount(_ text: String, of name: String) throws(UsageError) -> Int64 {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : "00"
        let isPlain = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard isPlain, (1...2).contains(fraction.utf8.count), parts[0].utf8.count <= 10,
            let whole = Int64(parts[0]), let minor = Int64(fraction)
        else {
            throw .badValue(of: name, value: text, reason: "give an amount such as 20 or 12.34")
        }
        return whole * 100 + (fraction.utf8.count == 1 ? minor * 10 : minor)
    }

    /// The value of a run's parameter, read by the type that the query declares for it.
    static func parameterValue(_ text: String, _ type: ParameterType, of name: String) throws(UsageError) -> JSONValue {
        switch type {
        case .integer:
            guard let number = Int64(text) else { throw .badValue(of: name, value: text, reason: "give a whole number") }
            return .integer(number)
        case .boolean:
            guard text == "true" || text == "false" else {
                throw .badValue(of: name, value: text, reason: "give true or false")
            }
            return .bool(text == "true")
        case .decimal, .text, .date, .timestamp: return .string(text)
        }
    }
}
