import Glibc

/// Colours for people at a terminal, and nothing at all elsewhere (ECMA-48, "select graphic rendition"; no-color.org).
public struct TextStyle: Sendable, Hashable {
    public let isOn: Bool

    public init(isOn: Bool) { self.isOn = isOn }

    public func error(_ text: String) -> String { wrapped(text, "1;31") }
    public func mark(_ text: String) -> String { wrapped(text, "1;32") }
    public func strong(_ text: String) -> String { wrapped(text, "1") }
    public func faint(_ text: String) -> String { wrapped(text, "2") }

    private func wrapped(_ text: String, _ code: String) -> String {
        isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension Console {
    /// Colours only where standard output is a terminal that knows them and nobody asked for none (`NO_COLOR`).
    public var style: TextStyle {
        func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
        return TextStyle(isOn: outputWidth != nil && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb")
    }
}
