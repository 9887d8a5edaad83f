import Glibc

/// A regular expression in the part of JSON Schema's dialect (ECMA-262) that means the same in POSIX extended
/// regular expressions: literals, `.`, bracket expressions, groups, `|`, `*`, `+`, `?`, `{n,m}`, `^`, `$`, and a
/// backslash before punctuation.
///
/// glibc matches such an expression without backtracking, so no text makes it take exponential time.
/// Matching is on UTF-8 bytes, and finds the expression anywhere in the text unless it is anchored.
final class POSIXPattern: @unchecked Sendable {
    // Sendable: the compiled expression is never changed after `init`, and POSIX has regexec safe for threads.
    private var expression = regex_t()
    /// The same expression where it is of the simple form, which is matched many times faster.
    let sequence: BytePattern?

    enum Refusal: Error {
        /// A construct that POSIX lacks or reads differently.
        case unsupported(String)
        case malformed(String)
    }

    init(_ pattern: String) throws(Refusal) {
        if let construct = Self.unsupportedConstruct(in: pattern) { throw .unsupported(construct) }
        sequence = BytePattern(pattern)
        let code = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB)
        guard code == 0 else {
            var text = [CChar](repeating: 0, count: 256)
            regerror(code, &expression, &text, text.count)
            throw .malformed(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
    }

    deinit { regfree(&expression) }

    func matches(_ text: String) -> Bool {
        guard let sequence else { return matchesWithLibrary(text) }
        var text = text
        return text.withUTF8 { sequence.matches($0) }
    }

    func matchesWithLibrary(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { buffer in
            // REG_STARTEND gives the length, so that a NUL in the text does not end it early.
            var bounds = regmatch_t(rm_so: 0, rm_eo: regoff_t(clamping: buffer.count))
            return buffer.withMemoryRebound(to: CChar.self) { characters in
                var empty: CChar = 0
                guard let base = characters.baseAddress else { return regexec(&expression, &empty, 1, &bounds, REG_STARTEND) == 0 }
                return regexec(&expression, base, 1, &bounds, REG_STARTEND) == 0
            }
        }
    }

    /// The first construct whose meaning differs between the two dialects.
    private static func unsupportedConstruct(in pattern: String) -> String? {
        let characters = Array(pattern.utf8)
        var inBracket = false
        for (index, character) in characters.enumerated() {
            let next = index + 1 < characters.count ? characters[index + 1] : 0
            if character >= 0x80 { return "a character outside ASCII" }
            if inBracket {
                if character == UInt8(ascii: "]") { inBracket = false }
                if character == UInt8(ascii: "\\") { return "a backslash inside [ ]" }
                if character == UInt8(ascii: "["), [0x3A, 0x2E, 0x3D].contains(next) { return "a POSIX class inside [ ]" }
                continue
            }
            switch character {
            case UInt8(ascii: "[") where !escapes(characters, before: index):
                inBracket = true
                let afterCaret = next == UInt8(ascii: "^") && index + 2 < characters.count ? characters[index + 2] : next
                if afterCaret == UInt8(ascii: "]") { return "a bracket expression that begins with ]" }
            case UInt8(ascii: "\\") where !escapes(characters, before: index):
                // glibc has operators of its own: \w, \b, \<, \>, \`, \' and back-references.
                guard !isLetterOrDigit(next), !"[<>`'".utf8.contains(next), next != 0 else {
                    return "the escape \\\(Character(Unicode.Scalar(next)))"
                }
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
                if escapes(characters, before: index) { continue }
                let previous = index > 0 ? characters[index - 1] : UInt8(ascii: "(")
                if "(|^*+?}".utf8.contains(previous), !escapes(characters, before: index - 1) {
                    return "a \(Character(Unicode.Scalar(character))) that repeats nothing"
                }
            default: break
            }
        }
        return nil
    }

    /// Whether an odd number of backslashes stands directly before the place.
    private static func escapes(_ characters: [UInt8], before index: Int) -> Bool {
        characters[..<max(0, index)].reversed().prefix { $0 == UInt8(ascii: "\\") }.count % 2 == 1
    }

    private static func isLetterOrDigit(_ character: UInt8) -> Bool {
        switch character {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
