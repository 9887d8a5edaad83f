import Testing

@testable import Encoding

@Suite struct CanonicalJSONTests {
    private func read(_ bytes: [UInt8], depth: Int = 32) -> JSONValue? {
        bytes.withUnsafeBufferPointer { CanonicalJSONReader.read($0, maximumDepth: depth) }
    }

    private func readWithLibrary(_ bytes: [UInt8]) -> JSONValue? {
        try? bytes.withUnsafeBufferPointer { JSONValue.parseWithLibrary($0, 32) }.get()
    }

    private static func value(_ random: inout FixedGenerator, depth: Int) -> JSONValue {
        switch random.below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(random.below(2) == 0)
        case 2: return .integer(Int64(random.below(2_000_000)) - 1_000_000)
        case 3: return .integer(random.below(2) == 0 ? 999_999_999_999_999_999 : -999_999_999_999_999_999)
        case 4, 5: return .string(text(&random))
        case 6: return .array((0..<random.below(5)).map { _ in value(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<random.below(6) { object[text(&random)] = value(&random, depth: depth - 1) }
            return .object(object)
        }
    }

    private static func text(_ random: inout FixedGenerator) -> String {
        let pieces = ["a", "name", "\"", "\\", "\n", "\t", "\r", "/", "é", "河西", "😀", "\u{7F}", "longer than a small string is", ""]
        return (0..<random.below(4)).map { _ in pieces[random.below(pieces.count)] }.joined()
    }

    @Test func readsWhatIsWritten() {
        var random = FixedGenerator(seed: 21)
        for _ in 0..<3000 {
            let value = Self.value(&random, depth: 4)
            #expect(read(value.serialized()) == value)
        }
    }

    @Test func whatItReadsTheLibraryReadsTheSameAndIsWrittenTheSame() {
        var random = FixedGenerator(seed: 22)
        let strangers = Array(" \n\"\\,:[]{}0-1.eE+tfnu/a".utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC0, 0xE6, 0xED, 0xF5, 0xFF]
        var readCount = 0
        for _ in 0..<20_000 {
            var bytes = Self.value(&random, depth: 3).serialized()
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count + 1)
                switch random.below(3) {
                case 0 where place < bytes.count: bytes[place] = strangers[random.below(strangers.count)]
                case 1 where place < bytes.count: bytes.remove(at: place)
                default: bytes.insert(strangers[random.below(strangers.count)], at: place)
                }
            }
            guard let value = read(bytes) else { continue }
            readCount += 1
            #expect(readWithLibrary(bytes) == value, "\(bytes)")
            #expect(value.serialized() == bytes, "\(bytes)")
        }
        #expect(readCount > 500)
    }

    @Test(arguments: [
        "", " 1", "1 ", "{ }", "[1, 2]", "{\"a\": 1}", "-0", "01", "-01", "1.0", "1e3", "-", "1234567890123456789", "nul", "truex", "nulltrue",
        "\"\\u0041\"", "\"\\u0001\"", "\"\\/\"", "\"\\b\"", "\"\u{01}\"", "\"a", "[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{a:1}", "{\"a\":1,\"a\":2}", "1,2", "[]]", "\"\\",
    ])
    func leavesToTheLibraryWhatIsWrittenOtherwise(text: String) {
        #expect(read(Array(text.utf8)) == nil)
    }

    @Test(arguments: [[0xC3], [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0x00]] as [[UInt8]])
    func leavesToTheLibraryWhatIsNotUTF8(bytes: [UInt8]) {
        #expect(read([0x22] + bytes + [0x22]) == nil)
        #expect(read([0x22, 0x5C, 0x6E] + bytes + [0x22]) == nil)
        #expect(readWithLibrary([0x22] + bytes + [0x22]) == nil)
    }

    @Test func depthIsBounded() {
        let text = Array("[[[{\"a\":[]}]]]".utf8)
        #expect(read(text, depth: 5) != nil)
        #expect(read(text, depth: 4) == nil)
    }

    @Test func objectsWithVeryManyMembersAreLeftToTheLibrary() throws {
        func object(_ count: Int) -> [UInt8] { Array("{\((0..<count).map { "\"\($0)\":0" }.joined(separator: ","))}".utf8) }
        #expect(read(object(64)) != nil)
        #expect(read(object(65)) == nil)
        #expect(try JSONValue.parse(object(1000)).objectValue?.count == 1000)
    }
}
