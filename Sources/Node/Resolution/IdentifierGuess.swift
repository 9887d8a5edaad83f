import Exchange

/// What somebody may have meant who mistyped an identifier.
///
/// The check character (ISO 7064 MOD 37,36) tells that a text is wrong, and which corrections could be right: of all the
/// ways to change one character only about one in thirty-seven fits. Which of those exist is for the caller to find out.
enum IdentifierGuess {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// ISO 7064's own alphabet, for the check character.
    private static let checkAlphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let kinds = Array(IdentifierKind.allCases.map(\.rawValue).joined().utf8)
    /// Kind, digest and check character.
    private static let length = 28

    /// Every identifier of the space that is one slip away from a text: a character that was taken for another, two
    /// neighbours swapped, one left out or typed twice; beside that, look-alikes and lower case anywhere.
    ///
    /// - Parameters:
    ///   - prefix: the space's own.
    ///   - suffix: as it was typed, of whatever length and content.
    static func candidates(prefix: String, suffix: String) -> [Identifier] {
        let typed = Array(suffix.utf8.prefix(64))
        guard (length - 1...length + 1).contains(typed.count) else { return [] }
        var found: Set<Identifier> = []
        // The check character may be a letter that looks like a digit. It is the last but one where another follows it or has
        // changed places with it, and nowhere where it was left out.
        for tail in 0...2 { collect(folded(typed, tail: tail), prefix, &found) }
        return found.sorted()
    }

    private static func collect(_ text: [UInt8], _ prefix: String, _ found: inout Set<Identifier>) {
        func consider(_ bytes: [UInt8]) {
            guard bytes.count == length else { return }
            if let identifier = try? Identifier("\(prefix)/\(String(decoding: bytes, as: UTF8.self))") { found.insert(identifier) }
        }
        consider(text)
        for index in text.indices {
            for character in choices(index, text.count) {
                var changed = text
                changed[index] = character
                consider(changed)
                if text.count < length {
                    var longer = text
                    longer.insert(character, at: index)
                    consider(longer)
                }
            }
            if text.count > length {
                var shorter = text
                shorter.remove(at: index)
                consider(shorter)
            }
            if index + 1 < text.count {
                var swapped = text
                swapped.swapAt(index, index + 1)
                consider(swapped)
            }
        }
        if text.count < length { for character in checkAlphabet { consider(text + [character]) } }
    }

    private static func choices(_ index: Int, _ count: Int) -> [UInt8] {
        index == 0 ? kinds : index == count - 1 ? checkAlphabet : alphabet
    }

    /// Upper case, and in the digest the letters that Crockford's base 32 leaves out because they look like digits. The
    /// last `tail` characters are not taken for the digest's.
    private static func folded(_ typed: [UInt8], tail: Int) -> [UInt8] {
        typed.enumerated().map { index, byte in
            let upper = (0x61...0x7A).contains(byte) ? byte - 32 : byte
            guard index > 0, index < typed.count - tail else { return upper }
            switch upper {
            case UInt8(ascii: "O"): return UInt8(ascii: "0")
            case UInt8(ascii: "I"), UInt8(ascii: "L"): return UInt8(ascii: "1")
            case UInt8(ascii: "U"): return UInt8(ascii: "V")
            default: return upper
            }
        }
    }
}
