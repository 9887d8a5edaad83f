import Exchange
import ExchangeTestKit
import Testing

@Suite("ISO 7064 MOD 37,36")
struct ISO7064Tests {
    /// The Global Release Identifier that the GRid standard shows; the example of ISO 7064's hybrid systems as
    /// check-digit libraries quote it; a DDEX party identifier.
    @Test("gives the check characters of published examples", arguments: [
        ("A12425GABC1234002", "M"), ("123AB", "X"), ("DADPIDA3897722461", "J"),
    ])
    func publishedExamples(text: String, check: String) {
        #expect(ISO7064Mod37_36.checkCharacter(for: text.utf8).map { String(UnicodeScalar($0)) } == check)
        #expect(ISO7064Mod37_36.isValid(Array("\(text)\(check)".utf8)))
        #expect(!ISO7064Mod37_36.isValid(Array("\(text)\(check == "0" ? "1" : "0")".utf8)))
    }

    @Test("takes digits and capitals only", arguments: ["", "A", "a1", "A-1", "Ä1", "A 1"])
    func strangeTexts(text: String) {
        #expect(!ISO7064Mod37_36.isValid(Array(text.utf8)))
    }
}

@Suite("Identifiers")
struct IdentifierTests {
    private static func samples(_ count: Int) -> [Identifier] {
        var generator = FixedGenerator(seed: 37)
        return (0..<count).map { _ in
            let payload = (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let kind = IdentifierKind.allCases.randomElement(using: &generator) ?? .product
            return Identifier(kind: kind, prefix: "86.gs.qingyang", payload: payload)
        }
    }

    @Test("read back as themselves, with their kind and prefix")
    func roundTrip() throws {
        for identifier in Self.samples(200) {
            let read = try Identifier(identifier.text)
            #expect(read == identifier)
            #expect(read.prefix == "86.gs.qingyang")
            #expect(read.kind?.rawValue == String(read.suffix.prefix(1)))
            #expect(read.suffix.utf8.count == 28)
        }
    }

    /// SHA-256 of the empty payload is e3b0c442 98fc1c14 9afbf4c8 996fb924 27…; its first 130 bits in groups of five.
    @Test("take the first 130 bits of the payload's hash in Crockford base 32")
    func knownDigest() {
        let identifier = Identifier(kind: .product, prefix: "86", payload: [])
        let bits: [UInt8] = [0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27]
        let text = bits.map { String(repeating: "0", count: $0.leadingZeroBitCount) + ($0 == 0 ? "" : String($0, radix: 2)) }.joined()
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let digits = Array(text)
        let expected = (0..<26).map { group -> Character in
            alphabet[Int(String(digits[group * 5..<group * 5 + 5]), radix: 2) ?? 0]
        }
        #expect(identifier.suffix.dropFirst().dropLast() == String(expected)[...])
    }

    @Test("catch every wrong character")
    func substitutions() {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        for identifier in Self.samples(20) {
            let suffix = Array(identifier.suffix.utf8)
            for place in suffix.indices {
                for character in alphabet where character != suffix[place] {
                    var changed = suffix
                    changed[place] = character
                    let text = "\(identifier.prefix)/\(String(decoding: changed, as: UTF8.self))"
                    #expect(throws: IdentifierError.self) { try Identifier(text) }
                }
            }
        }
    }

    /// The hybrid systems of ISO 7064 let a swap of neighbours pass in one pair of about 1,200 (where one of the two
    /// happens to be fixed by the other); the share is computed here over all swaps of many identifiers.
    @Test("catch at least 99.8 % of swapped neighbours")
    func swaps() {
        var (swapped, missed) = (0, 0)
        for identifier in Self.samples(1500) {
            let suffix = Array(identifier.suffix.utf8)
            for place in 0..<suffix.count - 1 where suffix[place] != suffix[place + 1] {
                var changed = suffix
                changed.swapAt(place, place + 1)
                swapped += 1
                if ISO7064Mod37_36.isValid(changed) { missed += 1 }
            }
        }
        #expect(swapped > 35_000)
        #expect(Double(missed) <= 0.002 * Double(swapped), "\(missed) of \(swapped) swaps passed")
    }

    @Test("say which check character would be right, and which kind was wanted")
    func errors() throws {
        let identifier = Identifier(kind: .product, prefix: "86.gs", payload: [1])
        let wrong = String(identifier.text.dropLast()) + (identifier.text.hasSuffix("0") ? "1" : "0")
        #expect(throws: IdentifierError.wrongCheckCharacter(text: wrong, expected: String(identifier.text.suffix(1)))) {
            try Identifier(wrong)
        }
        #expect(throws: IdentifierError.wrongKind(text: identifier.text, expected: "contract")) {
            try Identifier(identifier.text, kind: .contract)
        }
    }

    @Test("are refused in any other form", arguments: [
        "", "/", "86.gs.qingyang", "86.gs.qingyang/", "86/D", "86//D", "86 /D0000000000000000000000000000",
        "86.GS/D0000000000000000000000000000", "-86/D0000000000000000000000000000", "86../D0000000000000000000000000000",
        "86.gs/d0000000000000000000000000000", "86.gs/D000000000000000000000000000O", "８６/D0000000000000000000000000000",
        "86.gs/D00000000000000000000000000000000000", "86.gs/Ｄ0000000000000000000000000",
    ])
    func malformed(text: String) {
        #expect(throws: IdentifierError.self) { try Identifier(text) }
    }

    @Test("prefixes are labels joined by dots, at most 63 bytes")
    func prefixes() {
        for good in ["86", "86.gs.qingyang", "a-b.c", String(repeating: "a", count: 63)] { #expect(Identifier.isPrefix(good)) }
        for bad in ["", ".", "a.", ".a", "a..b", "-a", "a-", "A", "a_b", "é", String(repeating: "a", count: 64)] {
            #expect(!Identifier.isPrefix(bad))
        }
    }

    @Test("certify themselves: who holds the statement can compute what it created")
    func selfCertifying() throws {
        let market = try Market()
        let subjects = zip(market.fixture.events, market.fixture.lines)
        var checked = 0
        for (event, line) in subjects {
            let kind: IdentifierKind
            switch event.type {
            case .participantApplied: kind = .participant
            case .productListed: kind = .product
            case .contractOffered, .contractSigned: kind = .contract
            case .querySubmitted: kind = .query
            default: continue
            }
            let read = try LedgerEntry(line).event
            #expect(read.subject == Identifier(kind: kind, prefix: ExchangeFixture.prefix, payload: read.statement.payload).text)
            checked += 1
        }
        #expect(checked == 10)
    }
}
