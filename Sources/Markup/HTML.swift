import CommandLineInterface

/// Writes HTML that is well-formed XML as well, so that any XML parser can check it.
public enum HTML {
    /// The most characters (Unicode scalars) of one value that are shown, unless more are asked for.
    public static let maximumTextCount = 400

    /// Text from outside as content or as an attribute's value: marks and control characters that could change what is
    /// read are replaced, and it is cut to a length that fits a page.
    public static func escape(_ text: String, maximumCount: Int = maximumTextCount) -> String {
        var result = ""
        // Cut before anything looks at each character: a value may be tens of thousands long.
        let isLong = text.unicodeScalars.count > maximumCount
        let shown = isLong ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(maximumCount))) : text
        for scalar in TextWidth.printable(shown).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            // Not characters in XML 1.0 (section 2.2), and white space that only looks like none.
            case "\u{FFFE}", "\u{FFFF}", "\u{61C}", "\u{200B}"..."\u{200D}", "\u{FEFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return isLong ? result + "…" : result
    }

    /// A value that somebody else chose. It is kept apart from the direction of writing around it.
    public static func value(_ text: String, maximumCount: Int = maximumTextCount) -> String {
        "<bdi>\(escape(text, maximumCount: maximumCount))</bdi>"
    }

    /// An element around markup.
    public static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: String) -> String {
        "<\(name)\(written(attributes))>\(content)</\(name)>"
    }

    /// An element without content.
    public static func empty(_ name: String, _ attributes: [(String, String)]) -> String { "<\(name)\(written(attributes))/>" }

    private static func written(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0.0)=\"\(escape($0.1))\"" }.joined()
    }
}
