import Exchange

/// What somebody may have meant by a text that is no identifier.
public enum IdentifierHint {
    /// The most identifiers that are suggested.
    private static let maximumCount = 3

    /// The identifier that the text becomes when its letters are written as identifiers write them. Where that gives none,
    /// those that it becomes when its check character is replaced or two neighbours are swapped back; only who typed it
    /// can tell which. Empty where none of these gives one.
    public static func candidates(for text: String) -> [Identifier] {
        guard text.utf8.count <= 128, let slash = text.firstIndex(of: "/") else { return [] }
        let prefix = text[...slash].lowercased()
        let suffix = Array(text[text.index(after: slash)...].uppercased().utf8)
        guard suffix.count == 28 else { return [] }
        let plain = suffix.prefix(1) + suffix.dropFirst().dropLast().map(crockford) + suffix.suffix(1)
        if let identifier = identifier(prefix, Array(plain)) { return [identifier] }
        guard let check = ISO7064Mod37_36.checkCharacter(for: plain.dropLast()) else { return [] }
        var found = [identifier(prefix, Array(plain.dropLast()) + [check])]
        for index in 1..<27 where plain[index] != plain[index + 1] {
            var swapped = Array(plain)
            swapped.swapAt(index, index + 1)
            found.append(identifier(prefix, swapped))
        }
        return Array(found.compactMap { $0 }.prefix(maximumCount))
    }

    /// A question to put behind what is wrong; empty where there is nothing to suggest.
    ///
    /// - Parameter kind: what the identifier must name, if only one kind will do.
    public static func question(about text: String, kind: IdentifierKind? = nil) -> String {
        let found = candidates(for: text).filter { kind == nil || $0.kind == kind }.map(\.text)
        return found.isEmpty ? "" : "; did you mean \(found.joined(separator: ", or "))?"
    }

    /// Crockford's base 32 leaves out the letters that look like digits.
    private static func crockford(_ character: UInt8) -> UInt8 {
        switch character {
        case UInt8(ascii: "O"): UInt8(ascii: "0")
        case UInt8(ascii: "I"), UInt8(ascii: "L"): UInt8(ascii: "1")
        default: character
        }
    }

    private static func identifier(_ prefix: String, _ suffix: [UInt8]) -> Identifier? {
        try? Identifier(prefix + String(decoding: suffix, as: UTF8.self))
    }
}
