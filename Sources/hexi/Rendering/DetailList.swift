import CommandLineInterface

/// One thing shown in full: a name and a value on each line, aligned.
struct DetailList {
    private var lines: [(name: String, value: String)] = []

    /// Adds a line, unless the value is empty. The value must be harmless for a terminal.
    mutating func add(_ name: String, _ value: String) {
        if !value.isEmpty { lines.append((name, value)) }
    }

    func render() -> String {
        let width = lines.map { TextWidth.of($0.name) }.max() ?? 0
        return lines.map { name, value in
            name + String(repeating: " ", count: width - TextWidth.of(name) + 2) + value
        }.joined(separator: "\n")
    }
}
