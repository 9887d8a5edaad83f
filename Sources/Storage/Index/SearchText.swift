/// Splits text into the terms that are indexed and searched.
///
/// Languages written with spaces give words. Chinese, Japanese and Korean writing gives overlapping pairs of
/// characters, the usual way to search it without a dictionary: 天气数据 gives 天气, 气数, 数据, and at last 据 alone, so
/// that a single character can be found as the beginning of a term. FTS5's own `trigram` tokenizer cannot find a
/// word of two characters, which most Chinese words are.
enum SearchText {
    /// A run of letters that belong together.
    enum Run: Hashable {
        case word(String)
        case ideographs([Character])

        /// The terms to store, in the order they stand in.
        var terms: [String] {
            switch self {
            case .word(let text): [text]
            case .ideographs(let characters): pairs(characters) + [String(characters.suffix(1))]
            }
        }

        /// The terms that a text must hold one after the other to match.
        var phrase: [String] {
            switch self {
            case .word(let text): [text]
            case .ideographs(let characters): characters.count == 1 ? [String(characters)] : pairs(characters)
            }
        }

        private func pairs(_ characters: [Character]) -> [String] {
            zip(characters, characters.dropFirst()).map { String([$0, $1]) }
        }
    }

    /// The runs of a text: lower case, full-width letters and digits as ordinary ones, all else a separator.
    static func runs(_ text: String) -> [Run] {
        var runs: [Run] = []
        var word = ""
        var ideographs: [Character] = []
        func flush() {
            if !word.isEmpty { runs.append(.word(word)) }
            if !ideographs.isEmpty { runs.append(.ideographs(ideographs)) }
            word = ""
            ideographs = []
        }
        for scalar in text.unicodeScalars where !scalar.properties.isVariationSelector {
            let folded = fold(scalar)
            if isIdeograph(folded) {
                if !word.isEmpty { flush() }
                ideographs.append(Character(folded))
            } else if isWordPart(folded) {
                if !ideographs.isEmpty { flush() }
                word.unicodeScalars.append(contentsOf: folded.properties.lowercaseMapping.unicodeScalars)
            } else {
                flush()
            }
        }
        flush()
        return runs
    }

    /// Full-width forms (U+FF01 to U+FF5E), which Chinese input methods give, become ASCII.
    private static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard (0xFF01...0xFF5E).contains(scalar.value) else { return scalar }
        return Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
    }

    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3005, 0x3007, 0x3041...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0x20000...0x323AF:
            isWordPart(scalar)
        default: false
        }
    }

    private static func isWordPart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber, .letterNumber, .otherNumber:
            true
        default: false
        }
    }
}
