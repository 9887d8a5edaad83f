/// ISO/IEC 7064 MOD 37,36: a hybrid check system over the digits and the twenty-six letters, with one check
/// character. It catches every single substitution and nearly every swap of neighbours.
public enum ISO7064Mod37_36 {
    static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)

    /// The value of a character of the alphabet, 0 to 35.
    static func value(of character: UInt8) -> Int? {
        switch character {
        case 0x30...0x39: Int(character) - 0x30
        case 0x41...0x5A: Int(character) - 0x41 + 10
        default: nil
        }
    }

    /// The check character for a text, or `nil` where a character is not in the alphabet.
    public static func checkCharacter(for text: some Sequence<UInt8>) -> UInt8? {
        var product = 36
        for character in text {
            guard let value = value(of: character) else { return nil }
            var sum = (product + value) % 36
            if sum == 0 { sum = 36 }
            product = sum * 2 % 37
        }
        return alphabet[(37 - product) % 36]
    }

    /// Whether the last character is the check character of those before it.
    public static func isValid(_ text: some Collection<UInt8>) -> Bool {
        guard text.count >= 2 else { return false }
        return checkCharacter(for: text.dropLast()) == text.suffix(1).first
    }
}
