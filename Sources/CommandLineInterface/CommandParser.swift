/// Reads a command line against the declarations.
///
/// Long options are `--name`, `--name VALUE` or `--name=VALUE`; short ones `-n`, `-n VALUE`, and several flags together
/// (`-qv`). Options and arguments may be mixed. After `--` everything is an argument. A value that begins with two
/// dashes must be joined with `=`, so that a forgotten value does not swallow the next option.
struct CommandParser {
    enum Outcome {
        case run(Command, ParsedArguments)
        /// Help was asked for.
        case help(path: [Command])
        case version
    }

    private(set) var path: [Command]
    private var rest: ArraySlice<String>
    private var parsed: ParsedArguments
    private var texts: [String] = []
    private var wantsHelp = false
    private var wantsVersion = false

    /// - Parameter arguments: without the program's own name.
    init(_ root: Command, _ arguments: [String]) {
        path = [root]
        rest = arguments[...]
        parsed = ParsedArguments(path: [root.name], options: [], arguments: [])
    }

    private var command: Command { path[path.count - 1] }
    private var options: [CommandOption] {
        path.flatMap(\.options) + [.help] + (path.count == 1 ? [.version] : [])
    }

    /// Reads everything. `path` afterwards tells how far the command was recognised, also where this throws.
    mutating func parse() throws(UsageError) -> Outcome {
        while let word = rest.popFirst() {
            if word == "--" {
                for text in rest { try take(text) }
                rest = []
            } else if word.hasPrefix("--") {
                try parseLong(word)
            } else if word.hasPrefix("-") && word.count > 1 && !isNegativeNumber(word) {
                try parseShort(word)
            } else {
                try take(word)
            }
            if wantsHelp { return .help(path: path) }
            if wantsVersion { return .version }
        }
        guard command.action != nil else { throw .missingCommand }
        parsed.options = options
        parsed.arguments = command.arguments
        try assignArguments()
        try checkOptions()
        return .run(command, parsed)
    }

    private func isNegativeNumber(_ word: String) -> Bool {
        Double(word) != nil && !options.contains { $0.short == word.dropFirst().first }
    }

    /// A word that is no option: a subcommand while there are any, else an argument.
    private mutating func take(_ word: String) throws(UsageError) {
        guard command.action == nil else {
            texts.append(word)
            return
        }
        if let next = command.subcommand(word) {
            path.append(next)
            parsed.path.append(next.name)
        } else if word == "help" && path.count == 1 {
            // "hexi help product list" is "hexi product list --help".
            for name in rest {
                guard let next = command.subcommand(name) else { break }
                path.append(next)
            }
            wantsHelp = true
        } else {
            throw .unknownCommand(word, suggestion: Suggestion.nearest(to: word, among: command.subcommands.map(\.name)))
        }
    }

    private mutating func parseLong(_ word: String) throws(UsageError) {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let option = options.first(where: { $0.name == name }) else {
            let nearest = Suggestion.nearest(to: name, among: options.map(\.name))
            throw .unknownOption("--\(name)", suggestion: nearest.map { "--\($0)" })
        }
        if option.valueName == nil {
            guard parts.count == 1 else { throw .unexpectedValue(option: "--\(name)") }
            set(option)
        } else if parts.count == 2 {
            try set(option, String(parts[1]))
        } else {
            try setFromNext(option, shown: "--\(name)")
        }
    }

    private mutating func parseShort(_ word: String) throws(UsageError) {
        let letters = Array(word.dropFirst())
        for (index, letter) in letters.enumerated() {
            guard let option = options.first(where: { $0.short == letter }) else {
                throw .unknownOption("-\(letter)", suggestion: nil)
            }
            if option.valueName == nil {
                set(option)
            } else {
                // What follows the letter in the same word is its value: -n5.
                let joined = String(letters[(index + 1)...])
                if joined.isEmpty { return try setFromNext(option, shown: "-\(letter)") }
                return try set(option, joined)
            }
        }
    }

    private mutating func set(_ option: CommandOption) {
        parsed.flags.insert(option.name)
        wantsHelp = wantsHelp || option.name == CommandOption.help.name
        wantsVersion = wantsVersion || (path.count == 1 && option.name == CommandOption.version.name)
    }

    private mutating func setFromNext(_ option: CommandOption, shown: String) throws(UsageError) {
        guard let value = rest.first, !value.hasPrefix("--") else {
            throw .missingValue(option: shown, valueName: option.valueName ?? "VALUE")
        }
        rest = rest.dropFirst()
        try set(option, value)
    }

    private mutating func set(_ option: CommandOption, _ value: String) throws(UsageError) {
        let shown = "--\(option.name)"
        guard option.isRepeated || parsed.optionValues[option.name] == nil else { throw .repeatedOption(shown) }
        guard option.choices.isEmpty || option.choices.contains(value) else {
            let nearest = Suggestion.nearest(to: value, among: option.choices)
            let choices = option.choices.joined(separator: ", ")
            throw .badValue(
                of: shown, value: value, reason: "give one of \(choices)\(nearest.map { "; did you mean \($0)?" } ?? "")")
        }
        parsed.optionValues[option.name, default: []].append(value)
    }

    private mutating func assignArguments() throws(UsageError) {
        var remaining = texts[...]
        for argument in command.arguments {
            if argument.isRepeated {
                parsed.argumentValues[argument.name] = Array(remaining)
                remaining = []
            } else if let text = remaining.popFirst() {
                parsed.argumentValues[argument.name] = [text]
            }
            if argument.isRequired && (parsed.argumentValues[argument.name] ?? []).isEmpty {
                throw .missingArgument(argument.name)
            }
        }
        if let text = remaining.first { throw .unexpectedArgument(text) }
    }

    private func checkOptions() throws(UsageError) {
        for option in options where option.isRequired && parsed.optionValues[option.name] == nil {
            throw .missingOption("--\(option.name)", valueName: option.valueName ?? "VALUE")
        }
    }
}
