import Testing

@testable import Encoding

@Suite struct JSONValueTests {
    private func malformed(_ bytes: [UInt8]) -> (reason: String, line: Int, column: Int)? {
        do {
            _ = try JSONValue.parse(bytes)
            return nil
        } catch {
            guard case .malformed(let reason, let line, let column, _) = error else { return nil }
            return (reason, line, column)
        }
    }

    @Test(arguments: [
        ("null", JSONValue.null), ("true", .bool(true)), (" false ", .bool(false)), ("0", .integer(0)), ("-0", .integer(0)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)), ("1.0", .number(1)),
        ("1e2", .number(100)), ("-2.5E-1", .number(-0.25)), ("5e-324", .number(.leastNonzeroMagnitude)),
        (#""""#, .string("")), (#""\"\\\/\b\f\n\r\té""#, .string("\"\\/\u{8}\u{c}\n\r\té")),
        (#""\ud83d\ude00 河西""#, .string("😀 河西")), ("[]", .array([])), ("{}", .object(JSONObject())),
        (#"[1,"a",[null]]"#, .array([1, "a", [nil]])),
    ])
    func readsEveryKindOfValue(text: String, expected: JSONValue) throws {
        #expect(try JSONValue.parse(text) == expected)
    }

    @Test(arguments: [
        "", " ", "nul", "True", "1 2", "[1,]", "[,1]", "[1", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:2}", "'a'",
        "01", "+1", "1.", ".5", "1e", "0x10", "NaN", "Infinity", "1e400", "-1e400", "9223372036854775808", "-9223372036854775809",
        "\"", "\"\\x\"", "\"\\u12\"", "\"a\nb\"", "\"\\ud800\"", "\"\\ude00\\ud83d\"", "\"\\u0000\"", "[1]]", "// c\n1", "\u{FEFF}1",
        #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"b":1,"c":2,"b":3}}]"#, "]]]][[[[",
    ])
    func refusesWhatIsNoJSON(text: String) {
        #expect(malformed(Array(text.utf8)) != nil, "accepted \(text)")
    }

    @Test(arguments: [
        [0x80], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF],
        [0x00],
    ] as [[UInt8]])
    func refusesStringsThatAreNoUTF8(bytes: [UInt8]) {
        #expect(malformed([0x22] + bytes + [0x22]) != nil)
        #expect(malformed([0x7B, 0x22] + bytes + Array("\":1}".utf8)) != nil)
    }

    @Test func theErrorTellsWhere() throws {
        let error = try #require(malformed(Array("{\n  \"a\": 1,\n  \"b\": x\n}".utf8)))
        #expect(error.line == 3)
        #expect(error.column == 8)
        #expect(malformed([])?.reason == "the text is empty")
    }

    @Test func depthIsBoundedBeforeAnythingIsBuilt() throws {
        func nested(_ depth: Int) -> [UInt8] { [UInt8](repeating: 0x5B, count: depth) + [UInt8](repeating: 0x5D, count: depth) }
        _ = try JSONValue.parse(nested(32))
        #expect(throws: JSONError.tooDeep(limit: 32)) { try JSONValue.parse(nested(33)) }
        #expect(throws: JSONError.tooDeep(limit: 32)) { try JSONValue.parse([UInt8](repeating: 0x5B, count: 1_000_000)) }
        _ = try JSONValue.parse(nested(3), maximumDepth: 3)
        // Brackets inside strings, also after escapes, are no nesting.
        _ = try JSONValue.parse(#"["[[[[\"[[[[\\", "{{{{"]"#, maximumDepth: 1)
    }

    @Test func lengthIsBounded() throws {
        #expect(throws: JSONError.tooLong(count: 5, limit: 4)) { try JSONValue.parse(Array("[1,2]".utf8), maximumCount: 4) }
        _ = try JSONValue.parse(Array("[1,2]".utf8), maximumCount: 5)
    }

    @Test func readsFromACollectionThatIsNotContiguous() throws {
        let bytes = Array("]2,1[".utf8).reversed() as ReversedCollection<[UInt8]>
        #expect(try JSONValue.parse(bytes) == [1, 2])
    }

    @Test func membersKeepTheirOrder() throws {
        let text = #"{"z":1,"a":2,"m":{"y":1,"b":2}}"#
        #expect(try JSONValue.parse(text).serializedString() == text)
    }

    @Test func aMemberIsFoundByItsCodePointsOnly() throws {
        // U+212A KELVIN SIGN equals K for Swift; é has two spellings. No other reader of JSON takes them for the same.
        let value = try JSONValue.parse("{\"publicK\":1,\"public\u{212A}\":2,\"\u{e9}\":3,\"e\u{301}\":4}")
        #expect(value["publicK"] == 1)
        #expect(value["public\u{212A}"] == 2)
        #expect(value["\u{e9}"] != value["e\u{301}"])
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
        #expect(JSONValue.object(["K": 1]) != .object(["\u{212A}": 1]))
    }

    @Test func settingAMemberAppendsReplacesOrRemoves() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        #expect(object.names == ["a", "b", "c"])
        #expect(object["a"] == 3)
        object["b"] = nil
        #expect(object.names == ["a", "c"])
        object["x"] = nil
        #expect(object.count == 2)
        #expect(JSONObject([("a", 1), ("a", 2)]) == ["a": 2])
    }

    @Test func writesControlCharactersEscaped() {
        #expect(JSONValue.string("\u{0}\u{1f}\"\\\n\r\t\u{7f}/").serializedString() == #""\u0000\u001f\"\\\n\r\t"# + "\u{7f}/\"")
    }

    @Test func writesNumbersSoThatTheyReadBackAsTheSameKind() throws {
        for number in [1.0, -0.0, 0.1, 1e16, 1e300, Double.leastNonzeroMagnitude, Double.greatestFiniteMagnitude, 123456789.125] {
            #expect(try JSONValue.parse(JSONValue.number(number).serialized()) == .number(number))
        }
        #expect(JSONValue.number(.infinity).serializedString() == "null")
    }

    private func randomValue(_ generator: inout FixedGenerator, _ depth: Int) -> JSONValue {
        func text() -> String {
            let scalars = Array("ab\"\\/\n\t\u{1}é河😀\u{2028}\u{7f}e\u{301}".unicodeScalars)
            var output = String.UnicodeScalarView()
            for _ in 0..<generator.below(6) { output.append(scalars[generator.below(scalars.count)]) }
            return String(output)
        }
        switch generator.below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(generator.below(2) == 0)
        case 2: return .integer(Int64(bitPattern: generator.next() >> UInt64(generator.below(64))))
        case 3:
            let number = Double(bitPattern: generator.next())
            return .number(number.isFinite ? number : 0.5)
        case 4, 5: return .string(text())
        case 6: return .array((0..<generator.below(5)).map { _ in randomValue(&generator, depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<generator.below(5) { object[text()] = randomValue(&generator, depth - 1) }
            return .object(object)
        }
    }

    @Test func whatIsWrittenReadsBackTheSame() throws {
        var generator = FixedGenerator(seed: 2026)
        for _ in 0..<2000 {
            let value = randomValue(&generator, 5)
            let bytes = value.serialized()
            let read = try JSONValue.parse(bytes)
            #expect(read == value)
            #expect(read.serialized() == bytes)
            #expect(try JSONValue.parse(value.prettyString()) == value)
        }
    }

    @Test func noBytesMakeTheParserTrap() {
        var generator = FixedGenerator(seed: 7)
        for _ in 0..<3000 {
            var bytes = randomValue(&generator, 3).serialized()
            for _ in 0...generator.below(3) where !bytes.isEmpty {
                let index = generator.below(bytes.count)
                switch generator.below(3) {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: index)
                default: bytes.insert(Array("{}[]\",:\\0e-".utf8)[generator.below(11)], at: index)
                }
            }
            guard let value = try? JSONValue.parse(bytes) else { continue }
            #expect((try? JSONValue.parse(value.serialized())) == value)
        }
    }

    @Test func prettyTextIsIndentedByTwo() {
        let value: JSONValue = ["a": [1, ["b": []]], "c": [:]]
        #expect(
            value.prettyString() == """
                {
                  "a": [
                    1,
                    {
                      "b": []
                    }
                  ],
                  "c": {}
                }
                """)
    }

    @Test func accessorsGiveNilForAnotherKind() {
        let value: JSONValue = ["s": "x", "i": 1, "d": 1.5, "a": [1]]
        #expect(value["s"]?.integerValue == nil)
        #expect(value["i"]?.stringValue == nil)
        #expect(value["d"]?.integerValue == nil)
        #expect(value["d"]?.doubleValue == 1.5)
        #expect(value["i"]?.doubleValue == 1)
        #expect(value["a"]?[1] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["a"]?["x"] == nil)
        #expect(value[0] == nil)
    }
}

extension JSONValue: ExpressibleByFloatLiteral {
    public init(floatLiteral value: Double) { self = .number(value) }
}
