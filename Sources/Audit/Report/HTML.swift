import CommandLineInterface

/// Writes HTML that is well-formed XML as well, so that any XML parser can check it.
enum HTML {
    /// The most characters of one value that are shown.
    static let maximumTextCount = 400

    /// Text from outside as content or as an attribute's value: marks and control characters that could change what is
    /// read are replaced, and it is cut to a length that fits a page.
    static func escape(_ text: String) -> String {
        var result = ""
        // Cut before anything looks at each character: a value may be tens of thousands long.
        let isLong = text.unicodeScalars.count > maximumTextCount
        let shown = isLong ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(maximumTextCount))) : text
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
    static func value(_ text: String) -> String { "<bdi>\(escape(text))</bdi>" }

    /// An element around markup.
    static func element(_ name: String, _ attributes: [(String, String)] = [], _ content: String) -> String {
        "<\(name)\(written(attributes))>\(content)</\(name)>"
    }

    /// An element without content.
    static func empty(_ name: String, _ attributes: [(String, String)]) -> String { "<\(name)\(written(attributes))/>" }

    private static func written(_ attributes: [(String, String)]) -> String {
        attributes.map { " \($0.0)=\"\(escape($0.1))\"" }.joined()
    }
}

/// The languages of a report.
public enum ReportLanguage: String, Sendable, CaseIterable {
    case zh, en, both
}

/// A text of the report itself, in both languages.
struct Phrase {
    var zh: String
    var en: String

    init(_ zh: String, _ en: String) {
        self.zh = zh
        self.en = en
    }

    func html(_ language: ReportLanguage) -> String {
        let zh = HTML.element("span", [("lang", "zh")], HTML.escape(self.zh))
        let en = HTML.element("span", [("lang", "en")], HTML.escape(self.en))
        return switch language {
        case .zh: zh
        case .en: en
        case .both: zh == en ? en : "\(zh) \(en)"
        }
    }

    /// Without markup, for the document's title.
    func plain(_ language: ReportLanguage) -> String {
        switch language {
        case .zh: zh
        case .en: en
        case .both: "\(zh) · \(en)"
        }
    }
}
