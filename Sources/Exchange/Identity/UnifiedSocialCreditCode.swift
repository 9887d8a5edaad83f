/// The unified social credit code of a Chinese organisation (GB 32100-2015): eighteen characters, the last of which
/// is a check character (weights 3^i mod 31, as in annex A).
public struct UnifiedSocialCreditCode: Sendable, Hashable, CustomStringConvertible {
    public let text: String
    public var description: String { text }

    /// Digits and capital letters without I, O, S, V and Z, which are easily misread.
    private static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".unicodeScalars)
    private static let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]

    public enum Fault: Error, Sendable, Hashable, CustomStringConvertible {
        case wrongLength(Int)
        case wrongCharacter(position: Int)
        case wrongCheckCharacter(expected: String)

        public var description: String {
            switch self {
            case .wrongLength(let count): "a unified social credit code has 18 characters, this has \(count)"
            case .wrongCharacter(let position):
                "character \(position) cannot stand in a unified social credit code (digits and capitals without I, O, S, V, Z)"
            case .wrongCheckCharacter(let expected):
                "the unified social credit code is mistyped: its check character would be \(expected)"
            }
        }
    }

    public init(_ text: String) throws(Fault) {
        let characters = Array(text.unicodeScalars)
        guard characters.count == 18 else { throw .wrongLength(characters.count) }
        var sum = 0
        for (index, character) in characters.enumerated() {
            guard let value = Self.alphabet.firstIndex(of: character) else { throw .wrongCharacter(position: index + 1) }
            // Characters 3 to 8 are an administrative division's number.
            if (2..<8).contains(index), value > 9 { throw .wrongCharacter(position: index + 1) }
            if index < 17 { sum += value * Self.weights[index] }
        }
        let expected = Self.alphabet[(31 - sum % 31) % 31]
        guard expected == characters[17] else {
            throw .wrongCheckCharacter(expected: String(Character(expected)))
        }
        self.text = text
    }
}
