/// The languages of a page for people.
public enum PageLanguage: String, Sendable, CaseIterable {
    case zh, en, both
}

/// A text of the programs' own, in both languages.
public struct Phrase: Sendable, Hashable {
    public var zh: String
    public var en: String

    public init(_ zh: String, _ en: String) {
        self.zh = zh
        self.en = en
    }

    /// As markup, each language marked as what it is.
    public func html(_ language: PageLanguage) -> String {
        let zh = HTML.element("span", [("lang", "zh")], HTML.escape(self.zh))
        let en = HTML.element("span", [("lang", "en")], HTML.escape(self.en))
        return switch language {
        case .zh: zh
        case .en: en
        case .both: zh == en ? en : "\(zh) \(en)"
        }
    }

    /// Without markup, for the document's title.
    public func plain(_ language: PageLanguage) -> String {
        switch language {
        case .zh: zh
        case .en: en
        case .both: "\(zh) · \(en)"
        }
    }
}
