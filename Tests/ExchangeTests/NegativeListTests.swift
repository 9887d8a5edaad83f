import Encoding
import ExchangeTestKit
import Foundation
import Testing

@testable import Exchange

@Suite("Folded texts")
struct FoldedTextTests {
    @Test("take what readers take for the same as the same", arguments: [
        ("ＭＯＩＤ１２３", "moid123"), ("Straße", "STRASSE"), ("ﬁle", "FILE"), ("核\u{200B}心", "核心"), ("co\u{00AD}re", "core"),
        ("  a \u{3000} b\t", "a b"), ("e\u{301}t\u{E9}", "\u{E9}te\u{301}"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("㎏", "kg"), ("Ｋ", "K"),
    ])
    func same(first: String, second: String) { #expect(FoldedText.fold(first) == FoldedText.fold(second)) }

    @Test("keep apart what differs", arguments: [("核心", "中心"), ("a b", "ab"), ("moid1", "moid2"), ("é", "e")])
    func different(first: String, second: String) { #expect(FoldedText.fold(first) != FoldedText.fold(second)) }

    @Test("are folded already: folding again changes nothing")
    func idempotent() {
        var generator = FixedGenerator(seed: 5)
        for _ in 0..<3000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                if let scalar = Unicode.Scalar(UInt32.random(in: 0x20...0x2FFFF, using: &generator)) { text.append(scalar) }
            }
            let folded = FoldedText.fold(String(text))
            #expect(FoldedText.fold(folded) == folded, "\(text.map { String($0.value, radix: 16) })")
        }
    }
}

@Suite("Negative list")
struct NegativeListTests {
    static func fixture(_ terms: [NegativeTerm]) throws -> (ExchangeFixture, Party, Identifier) {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Grid", [.provider])
        let source = try fixture.list(provider)
        try fixture.setCatalogue {
            $0.negativeList = NegativeList(terms)
            $0.extensionFields = [
                ExtensionField(name: "basin", type: .text), ExtensionField(name: "gauges", type: .integer),
                ExtensionField(name: "live", type: .boolean),
            ]
        }
        return (fixture, provider, source)
    }

    @Test("finds its terms exactly where a plain search finds them")
    func plainSearch() {
        var generator = FixedGenerator(seed: 11)
        let letters = ["a", "b", "核", "心", " "]
        func word(_ counts: ClosedRange<Int>) -> String {
            (0..<Int.random(in: counts, using: &generator)).map { _ in letters[Int.random(in: 0..<5, using: &generator)] }.joined()
        }
        var found = 0
        for _ in 0..<2000 {
            let terms = (0..<4).map { _ in word(1...4) }.filter { !FoldedText.fold($0).isEmpty }
            let list = NegativeList(terms.map { NegativeTerm(term: $0, reason: "no") })
            let text = word(0...14)
            let expected = terms.contains { FoldedText.fold(text).contains(FoldedText.fold($0)) }
            #expect((list.term(in: text) != nil) == expected, "\(terms) in \"\(text)\"")
            if expected { found += 1 }
        }
        #expect((200...1800).contains(found))
    }

    @Test("is looked through in every text of a listing, in every language, and names the place and the reason")
    func everyText() throws {
        let (base, provider, source) = try Self.fixture([NegativeTerm(term: "人脸数据", reason: "个人信息保护法第二十八条")])
        let clean = base.fullListing(provider, source: source)
        var untouched = base
        #expect(try untouched.refusal(of: .productListing(clean), by: provider.key) == nil)
        for (pointer, _) in clean.texts {
            var fixture = base
            let listing = try Self.poisoned(clean, at: pointer, provider, fixture)
            let refusal = try #require(throws: Refusal.self, "\(pointer)") {
                try fixture.submit(.productListing(listing), by: provider.key)
            }
            #expect(refusal.code == .negativeList, "\(pointer)")
            #expect(refusal.pointer == pointer)
            #expect(refusal.message.contains("个人信息保护法第二十八条"))
        }
    }

    /// The listing with the forbidden term, written with full-width blanks and an invisible character, at one place.
    private static func poisoned(
        _ listing: ProductListing, at pointer: String, _ provider: Party, _ fixture: ExchangeFixture
    ) throws -> ProductListing {
        var document = JSONValue.object(JSONObject(listing.members.compactMap { name, value in value.map { (name, $0) } }))
        document = try poisoned(document, Array(pointer.split(separator: "/").map(String.init)))
        // A column's name is tied to the other terms; here only the texts matter.
        return try ProductListing(JSONCursor(document))
    }

    private static func poisoned(_ value: JSONValue, _ path: [String]) throws -> JSONValue {
        guard let first = path.first else { return .string("含人\u{200B}脸数\u{200D}据") }
        let rest = Array(path.dropFirst())
        if var elements = value.arrayValue {
            let index = try #require(Int(first))
            elements[index] = try poisoned(elements[index], rest)
            return .array(elements)
        }
        var object = try #require(value.objectValue)
        object[first] = try poisoned(try #require(object[first]), rest)
        // The terms of use name columns too.
        if first == "name", path.count == 1, object["role"] != nil { object["role"] = "hidden" }
        if first == "snapshot" { object["modes"] = ["aggregate": ["minimumGroupSize": 10, "maximumRows": 10]] }
        return .object(object)
    }

    @Test("compares subjects with whole keywords only")
    func subjects() throws {
        var (fixture, provider, _) = try Self.fixture([NegativeTerm(term: "Weather", reason: "no", place: .subject)])
        var listing = fixture.listing(provider)
        #expect(try fixture.refusal(of: .productListing(listing), by: provider.key) == .negativeList)
        listing.keywords = ["weather stations", "天气"]
        #expect(try fixture.refusal(of: .productListing(listing), by: provider.key) == nil, "the title may say it")
        listing.keywords = ["ｗｅａｔｈｅｒ"]
        #expect(try fixture.refusal(of: .productListing(listing), by: provider.key) == .negativeList)
    }

    @Test("is the same after it was stored")
    func stored() throws {
        let (fixture, _, _) = try Self.fixture([NegativeTerm(term: "Ｃore", reason: "no"), NegativeTerm(term: "x", reason: "y", place: .subject)])
        let read = try JSONDecoder().decode(ExchangeState.self, from: try JSONEncoder().encode(fixture.state))
        #expect(read == fixture.state)
        #expect(read.space?.policy.catalogue.negativeList.term(in: "a core") != nil)
    }
}
