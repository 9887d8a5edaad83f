import Testing

@testable import Encoding

@Suite struct BytePatternTests {
    /// The forms of pattern that the contracts' schemas have, each with a text that matches it.
    static let schemaPatterns: [(String, String)] = [
        ("^[0-9A-HJ-NP-RT-UW-Y]{2}[0-9]{6}[0-9A-HJ-NP-RT-UW-Y]{10}$", "91350100M000100Y43"),
        ("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$", "2026-11-21T08:30:00.000Z"),
        ("^[0-9a-f]{64}$", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("^[A-Z]{2}$", "SG"), ("^[A-Z]{3}$", "CNY"),
        ("^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$", "eyJh.b-_9.Zg"),
        ("^[A-Za-z0-9_-]{16,64}$", "benchmark-1000000000"),
        ("^[A-Za-z0-9_-]{43}$", "9OAmtnPjM8OHauouvVTwOMyqRyEuzM73hV3uYkqgkqE"),
        ("^[a-z0-9][a-z0-9.-]{0,62}$", "86.gs.qingyang"),
        ("^[a-z0-9][a-z0-9.-]{0,62}/C[0-9A-HJKMNP-TV-Z]{26}[0-9A-Z]$", "86.gs/CFR44BDFSGZQEGEN1Z60SK2V439W"),
        ("^[a-z][a-z0-9_]{0,62}$", "place_2"),
    ]

    @Test(arguments: schemaPatterns)
    func takesEveryFormOfPatternThatTheSchemasHave(pattern: String, text: String) throws {
        let compiled = try POSIXPattern(pattern)
        #expect(compiled.sequence != nil)
        #expect(compiled.matches(text))
    }

    @Test(arguments: schemaPatterns)
    func judgesChangedTextsAsTheLibraryDoes(pattern: String, text: String) throws {
        let compiled = try POSIXPattern(pattern)
        var random = FixedGenerator(seed: 11)
        var matchCount = 0
        for _ in 0..<2000 {
            var scalars = Array(text.unicodeScalars)
            for _ in 0..<random.below(4) { Self.change(&scalars, &random) }
            var changed = String.UnicodeScalarView()
            changed.append(contentsOf: scalars)
            let matches = compiled.matches(String(changed))
            #expect(matches == compiled.matchesWithLibrary(String(changed)), "\(pattern) on \(String(changed).debugDescription)")
            if matches { matchCount += 1 }
        }
        #expect(matchCount > 0 && matchCount < 2000)
    }

    private static func change(_ text: inout [Unicode.Scalar], _ random: inout FixedGenerator) {
        let strangers = Array("aZ0-_./:\n\0é\u{7F}河".unicodeScalars)
        let scalar = random.below(2) == 0 ? strangers[random.below(strangers.count)] : text.randomElement(using: &random) ?? "a"
        switch random.below(4) {
        case 0 where !text.isEmpty: text.remove(at: random.below(text.count))
        case 1: text.insert(scalar, at: random.below(text.count + 1))
        case 2 where !text.isEmpty: text[random.below(text.count)] = scalar
        default: text.append(scalar)
        }
    }

    /// Patterns of all kinds: those that are taken must mean what they mean to the library.
    @Test func aPatternThatIsTakenMeansWhatItMeansToTheLibrary() {
        var random = FixedGenerator(seed: 12)
        let classes = ["a", "b", "[ab]", "[a-c]", "[bc]", "-", "\\.", "[-a]", "[a-]", "[^a]", ".", "(ab)", "[.]"]
        let counts = ["", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,3}", "{1,}", "{0}"]
        var takenCount = 0
        for _ in 0..<1500 {
            var pattern = random.below(10) == 0 ? "" : "^"
            for _ in 0..<random.below(5) {
                pattern += classes[random.below(classes.count)] + counts[random.below(counts.count)]
            }
            pattern += random.below(10) == 0 ? "" : "$"
            guard let compiled = try? POSIXPattern(pattern), compiled.sequence != nil else { continue }
            takenCount += 1
            for _ in 0..<60 {
                let characters = Array("abc-.")
                let text = String((0..<random.below(9)).map { _ in characters[random.below(characters.count)] })
                #expect(compiled.matches(text) == compiled.matchesWithLibrary(text), "\(pattern) on \(text)")
            }
        }
        #expect(takenCount > 200)
    }

    @Test(arguments: ["a$", "^a", "^a|b$", "^(a)$", "^.$", "^[^a]$", "^a*a$", "^[ab]{1,2}b$", "^a?b*a$", "^a$b", "^a{2}{3}$"])
    func leavesToTheLibraryWhatIsNoPlainSequence(pattern: String) {
        #expect(BytePattern(pattern) == nil)
    }
}
