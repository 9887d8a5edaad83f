import Encoding
import Foundation

/// Texts made comparable: what a reader takes for the same gives the same.
///
/// Compatibility characters (full-width letters among them) are written as the ordinary ones (NFKC, Unicode annex 15),
/// case is folded (by the lower case of the upper case), invisible characters are left out (those that Unicode lets a
/// program ignore, with which a term could be broken up unseen), and white space is one space, none at the ends.
enum FoldedText {
    static func fold(_ text: String) -> String {
        // Letters of ASCII and Chinese characters are themselves; nearly all texts hold nothing else.
        let isPlain = text.unicodeScalars.allSatisfy { $0.value < 0x80 || (0x4E00...0x9FA5).contains($0.value) }
        let compatible = isPlain ? text : text.precomposedStringWithCompatibilityMapping
        var result = String.UnicodeScalarView()
        var isSpacePending = false
        for scalar in compatible.unicodeScalars {
            if scalar.properties.isWhitespace {
                isSpacePending = !result.isEmpty
                continue
            }
            if scalar.value >= 0x80, scalar.properties.isDefaultIgnorableCodePoint { continue }
            if isSpacePending {
                result.append(" ")
                isSpacePending = false
            }
            append(scalar, to: &result)
        }
        let folded = String(result)
        return isPlain ? folded : folded.precomposedStringWithCompatibilityMapping
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout String.UnicodeScalarView) {
        switch scalar.value {
        case 0x41...0x5A: if let lower = Unicode.Scalar(scalar.value + 32) { result.append(lower) }
        case 0..<0x80, 0x4E00...0x9FA5: result.append(scalar)
        default:
            for upper in scalar.properties.uppercaseMapping.unicodeScalars {
                result.append(contentsOf: upper.properties.lowercaseMapping.unicodeScalars)
            }
        }
    }
}
