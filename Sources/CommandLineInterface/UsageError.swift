/// What was wrong with a command line.
public enum UsageError: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownCommand(String, suggestion: String?)
    case missingCommand
    case unknownOption(String, suggestion: String?)
    case missingValue(option: String, valueName: String)
    case unexpectedValue(option: String)
    case repeatedOption(String)
    case missingOption(String, valueName: String)
    case missingArgument(String)
    case unexpectedArgument(String)
    /// A value that the option or argument does not take; `reason` says what would be right.
    case badValue(of: String, value: String, reason: String)

    public var description: String {
        switch self {
        case .unknownCommand(let name, let suggestion): "there is no command \"\(name)\"\(Self.hint(suggestion))"
        case .missingCommand: "a command is missing"
        case .unknownOption(let name, let suggestion): "there is no option \(name)\(Self.hint(suggestion))"
        case .missingValue(let option, let valueName): "\(option) needs a value: \(option) \(valueName)"
        case .unexpectedValue(let option): "\(option) takes no value"
        case .repeatedOption(let option): "\(option) may be given only once"
        case .missingOption(let option, let valueName): "\(option) \(valueName) is required"
        case .missingArgument(let name): "the argument <\(name)> is missing"
        case .unexpectedArgument(let text): "unexpected argument \"\(text)\""
        case .badValue(let name, let value, let reason): "\"\(value)\" is not a value for \(name): \(reason)"
        }
    }

    private static func hint(_ suggestion: String?) -> String { suggestion.map { "; did you mean \($0)?" } ?? "" }
}

/// Finds the word that was probably meant.
enum Suggestion {
    /// The nearest candidate, if it is near: one that begins with the text, or at most a third of its letters away.
    static func nearest(to text: String, among candidates: [String]) -> String? {
        guard !text.isEmpty else { return nil }
        if text.count >= 2, let begun = candidates.first(where: { $0.hasPrefix(text) }) { return begun }
        let scored = candidates.map { (candidate: $0, distance: distance(Array(text), Array($0))) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, min(text.count, best.candidate.count) / 3) ? best.candidate : nil
    }

    /// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var rows = [Array(0...right.count)]
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a == b ? 0 : 1))
                if i > 0, j > 0, a == right[j - 1], left[i - 1] == b { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
