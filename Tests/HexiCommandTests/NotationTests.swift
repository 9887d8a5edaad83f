import CommandLineInterface
import Encoding
import Exchange
import Testing

@testable import hexi

@Suite struct NotationTests {
    @Test(arguments: [("0", 0), ("20", 2000), ("12.3", 1230), ("12.34", 1234), ("0.05", 5), ("9999999999.99", 999_999_999_999)])
    func amountsAreReadInMinorUnits(text: String, expected: Int64) throws {
        #expect(try Notation.amount(text, of: "--price") == expected)
    }

    @Test(arguments: ["", "-1", "+1", "1.", ".5", "1.234", "1,5", "1e3", "99999999999", "一"])
    func whatIsNoAmountIsRefused(text: String) {
        #expect(throws: UsageError.self) { try Notation.amount(text, of: "--price") }
    }

    @Test func aDayIsItsFirstOrItsLastMillisecond() throws {
        #expect(try Notation.time("2026-12-31", of: "x", isEnd: false).description == "2026-12-31T00:00:00.000Z")
        #expect(try Notation.time("2026-12-31", of: "x", isEnd: true).description == "2026-12-31T23:59:59.999Z")
        #expect(try Notation.time("2026-12-31T08:00:00.000Z", of: "x", isEnd: true).description == "2026-12-31T08:00:00.000Z")
    }

    @Test(arguments: ["2026-02-30", "2026-1-1", "31.12.2026", "2026-12-31T08:00:00Z", "tomorrow"])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(throws: UsageError.self) { try Notation.time(text, of: "--until", isEnd: true) }
    }

    @Test func aProductCanNameItsVersion() throws {
        let product = identifier(.product, 1)
        #expect(try Notation.product(product.text, of: "x").version == nil)
        #expect(try Notation.product("\(product)@3", of: "x").version == 3)
        for text in ["\(product)@0", "\(product)@x", "\(product)@", product.text.lowercased(), identifier(.query, 1).text] {
            #expect(throws: UsageError.self) { try Notation.product(text, of: "x") }
        }
    }

    @Test func aMistypedIdentifierIsRefusedWithItsCheckCharacter() {
        let text = identifier(.contract, 1).text
        let mistyped = text.dropLast() + (text.last == "A" ? "B" : "A")
        #expect {
            try Notation.identifier(String(mistyped), .contract, of: "<contract>")
        } throws: { "\($0)".contains("its check character would be \(text.suffix(1))") }
    }

    @Test func parametersTakeTheTypeThatTheQueryDeclares() throws {
        #expect(try Notation.parameterValue("7", .integer, of: "x") == 7)
        #expect(try Notation.parameterValue("true", .boolean, of: "x") == true)
        #expect(try Notation.parameterValue("7", .decimal, of: "x") == "7")
        #expect(try Notation.parameterValue("", .text, of: "x") == "")
        #expect(throws: UsageError.self) { try Notation.parameterValue("7.5", .integer, of: "x") }
        #expect(throws: UsageError.self) { try Notation.parameterValue("yes", .boolean, of: "x") }
    }

    @Test func aLanguageIsNamedOnce() throws {
        #expect(try Notation.languageMap(["en=Data = power", "zh=数据"], of: "x") == ["en": "Data = power", "zh": "数据"])
        #expect(throws: UsageError.self) { try Notation.languageMap(["en=a", "en=b"], of: "x") }
        #expect(throws: UsageError.self) { try Notation.languageMap(["en"], of: "x") }
    }

    @Test func declaredParametersAreNameAndType() throws {
        #expect(try QueryDraft.parameter("month:integer") == QueryParameter(name: "month", type: .integer))
        for text in ["month", ":integer", "month:int"] {
            #expect(throws: UsageError.self) { try QueryDraft.parameter(text) }
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:8620", "http://127.0.0.1:8620", "127.0.0.1:8620"),
        ("HTTPS://Node.Example/", "https://node.example", "node.example"),
        ("https://node.example:443", "https://node.example", "node.example"),
        ("http://[::1]:80", "http://[::1]", "[::1]"), ("http://[::1]:8620", "http://[::1]:8620", "[::1]:8620"),
    ])
    func nodeAddressesAreNormalised(text: String, base: String, authority: String) throws {
        let address = try NodeAddress(text)
        #expect(address.base == base)
        #expect(address.authority == authority)
    }

    @Test(arguments: [
        "127.0.0.1:8620", "ftp://node", "http://", "http://node/path", "http://user@node", "http://node:0", "http://node:99999",
        "http://node:", "http://[::1", "http://no de", "http://node?x", "http://:80",
    ])
    func whatIsNoNodeAddressIsRefused(text: String) {
        #expect(throws: ClientError.self) { try NodeAddress(text) }
    }

    @Test func targetsArePercentEncodedAndLeaveOutWhatIsAbsent() {
        let target = RequestTarget("/api/v1/products", [("q", "天气 &=?"), ("grade", nil), ("limit", "20")])
        #expect(target.text == "/api/v1/products?q=%E5%A4%A9%E6%B0%94%20%26%3D%3F&limit=20")
        #expect(RequestTarget("/x").text == "/x")
    }
}
