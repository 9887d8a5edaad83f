/// Writes the help of a command.
enum HelpText {
    /// - Parameter path: the program, its command, and so on down to the one to explain; not empty.
    static func text(path: [Command], width: Int) -> String {
        guard let command = path.last else { return "" }
        let name = path.map(\.name).joined(separator: " ")
        var sections = ["\(name): \(command.about)", usage(path: path)]
        if let discussion = command.discussion {
            sections.append(
                discussion.split(separator: "\n\n").map { TextWidth.wrap(String($0), width: width).joined(separator: "\n") }
                    .joined(separator: "\n\n"))
        }
        func section(_ title: String, _ lines: [(String, String)]) {
            if !lines.isEmpty { sections.append(title + "\n" + columns(lines, width: width)) }
        }
        section("Commands:", command.subcommands.map { ($0.name, $0.about) })
        section("Arguments:", command.arguments.map { ("<\($0.name)>", $0.about) })
        let own = command.options + [.help] + (path.count == 1 ? [.version] : [])
        section("Options:", own.map { (names($0), about($0)) })
        section("Options of every command:", path.dropLast().flatMap(\.options).map { (names($0), about($0)) })
        if !command.examples.isEmpty {
            let title = command.examples.count == 1 ? "Example:" : "Examples:"
            sections.append(([title] + command.examples.map { "  " + $0 }).joined(separator: "\n"))
        }
        if path.count == 1 {
            section("Exit codes:", ExitCode.allCases.map { (String($0.rawValue), $0.meaning) })
        }
        if !command.subcommands.isEmpty { sections.append("\(name) <command> --help explains a command.") }
        return sections.joined(separator: "\n\n") + "\n"
    }

    static func usage(path: [Command]) -> String {
        guard let command = path.last else { return "" }
        var words = path.map(\.name)
        for option in path.flatMap(\.options) where option.isRequired {
            words.append("--\(option.name) \(option.valueName ?? "VALUE")\(option.isRepeated ? " ..." : "")")
        }
        words.append("[options]")
        if command.action == nil { words.append("<command>") }
        words += command.arguments.map(\.usage)
        return "Usage: " + words.joined(separator: " ")
    }

    private static func names(_ option: CommandOption) -> String {
        let short = option.short.map { "-\($0), " } ?? "    "
        return short + "--\(option.name)" + (option.valueName.map { " \($0)" } ?? "")
    }

    private static func about(_ option: CommandOption) -> String {
        var notes: [String] = []
        if !option.choices.isEmpty { notes.append("one of \(option.choices.joined(separator: ", "))") }
        if option.isRequired { notes.append("required") }
        if option.isRepeated { notes.append("may be repeated") }
        if let value = option.defaultValue { notes.append("default: \(value)") }
        return option.about + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
    }

    /// Two columns; the second is wrapped, and begins below where the first is too wide for its place.
    private static func columns(_ lines: [(String, String)], width: Int) -> String {
        let widest = lines.map { TextWidth.of($0.0) }.max() ?? 0
        let indent = min(widest, 30) + 4
        return lines.map { name, about in
            let wrapped = TextWidth.wrap(about, width: max(width - indent, 20))
            let margin = String(repeating: " ", count: indent)
            let first = "  " + name
            let fits = TextWidth.of(first) + 2 <= indent
            let head = fits ? first + String(repeating: " ", count: indent - TextWidth.of(first)) : first + "\n" + margin
            return head + wrapped.joined(separator: "\n" + margin)
        }.joined(separator: "\n")
    }
}
