/// A command line that was understood. Options and arguments are asked for by the names they were declared with.
public struct ParsedArguments: Sendable {
    /// The command's words, for example `["hexi", "product", "list"]`.
    public internal(set) var path: [String]
    var options: [CommandOption]
    var arguments: [CommandArgument]
    var flags: Set<String> = []
    var optionValues: [String: [String]] = [:]
    var argumentValues: [String: [String]] = [:]

    /// Whether a flag was given.
    public func flag(_ name: String) -> Bool {
        assert(options.contains { $0.name == name && $0.valueName == nil }, "--\(name) is not a declared flag")
        return flags.contains(name)
    }

    /// An option's value, or its default; the last one of a repeated option.
    public func value(_ name: String) -> String? { values(name).last }

    /// All values of an option in their order, or its default alone.
    public func values(_ name: String) -> [String] {
        let option = options.first { $0.name == name && $0.valueName != nil }
        assert(option != nil, "--\(name) is not a declared option with a value")
        return optionValues[name] ?? option?.defaultValue.map { [$0] } ?? []
    }

    /// The value of an option that must be given.
    public func required(_ name: String) throws(UsageError) -> String {
        guard let value = value(name) else {
            throw .missingOption("--\(name)", valueName: options.first { $0.name == name }?.valueName ?? "VALUE")
        }
        return value
    }

    /// An option's value as a whole number; `nil` where neither value nor default is there.
    public func integer(
        _ name: String, in range: ClosedRange<Int> = Int.min...Int.max
    ) throws(UsageError) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            let bounds = range == Int.min...Int.max ? "" : " from \(range.lowerBound) to \(range.upperBound)"
            throw .badValue(of: "--\(name)", value: text, reason: "give a whole number\(bounds)")
        }
        return number
    }

    /// An argument's text; `nil` where an optional one is absent.
    public func argument(_ name: String) -> String? { argumentList(name).first }

    /// All texts of a repeated argument.
    public func argumentList(_ name: String) -> [String] {
        assert(arguments.contains { $0.name == name }, "<\(name)> is not a declared argument")
        return argumentValues[name] ?? []
    }

    /// An argument that is declared as required.
    public func requiredArgument(_ name: String) throws(UsageError) -> String {
        guard let text = argument(name) else { throw .missingArgument(name) }
        return text
    }
}
