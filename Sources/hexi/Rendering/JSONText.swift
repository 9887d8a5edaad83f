import CommandLineInterface
import Encoding
import Exchange

// What the node answers is shown, not decided upon: an absent member shows as nothing. Where a command acts on an answer
// it reads it with a `JSONCursor` instead, which refuses what is not there.
extension JSONValue {
    /// A member as text made harmless for a terminal; empty where it is absent.
    func text(_ name: String) -> String { self[name]?.shown ?? "" }

    /// A number's member; 0 where it is absent.
    func number(_ name: String) -> Int64 { self[name]?.integerValue ?? 0 }

    func list(_ name: String) -> [JSONValue] { self[name]?.arrayValue ?? [] }

    /// The member's strings joined by a comma.
    func joined(_ name: String) -> String { list(name).map(\.shown).joined(separator: ", ") }

    /// A value as a person reads it in a table.
    var shown: String {
        switch self {
        case .null: ""
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): String(describing: value)
        case .string(let value): TextWidth.printable(value)
        case .array, .object: TextWidth.printable(serializedString())
        }
    }

    /// The text of a language map in the user's language, else in English, else in any.
    var localised: String {
        guard let members = objectValue?.members, let first = members.first else { return shown }
        for language in Language.preferred {
            if let text = members.first(where: { $0.name == language || $0.name.hasPrefix("\(language)-") }) {
                return text.value.shown
            }
        }
        return first.value.shown
    }
}

/// The language to show texts in, where they come in several.
enum Language {
    static let preferred: [String] = {
        for name in ["HEXI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"] {
            guard let value = Profile.environment(name) else { continue }
            let language = String(value.lowercased().prefix { $0.isLetter })
            if language.count == 2 { return [language, "en"] }
        }
        return ["en"]
    }()
}

extension Optional where Wrapped == JSONValue {
    var localised: String { self?.localised ?? "" }
}
