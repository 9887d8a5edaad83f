import Compression
import Encoding
import Testing

@testable import Credentials

@Suite struct StatusListTests {
    /// The list of the specification's own example: 131,072 bits, none of them set.
    static let published = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"

    @Test func thePublishedExampleIsAnEmptyList() throws {
        let list = try StatusList(encoded: Self.published)
        #expect(list.count == 131_072)
        #expect(list == StatusList())
        for index in [0, 1, 94_567, 131_071] { #expect(list.isSet(index) == false) }
    }

    @Test func theFirstIndexIsTheFirstBytesHighestBit() throws {
        var list = StatusList()
        list.set(0)
        list.set(9)
        list.set(131_071)
        let packed = try #require(Base64.decodeURL(String(try list.encoded().dropFirst())))
        let bytes = try GzipFormat.decompress(packed, maximumCount: 1 << 20)
        #expect(bytes.count == 16_384)
        #expect(bytes[0] == 0x80 && bytes[1] == 0x40 && bytes[16_383] == 0x01)
    }

    @Test func randomListsComeBackAsTheyWere() throws {
        var generator = FixedGenerator(seed: 41)
        for _ in 0..<50 {
            var list = StatusList()
            let indices = Set((0..<Int.random(in: 0...2000, using: &generator)).map { _ in
                Int.random(in: 0..<StatusList.minimumCount, using: &generator)
            })
            for index in indices where !list.set(index) { Issue.record("bit \(index) could not be set") }
            let read = try StatusList(encoded: try list.encoded())
            #expect(read == list)
            for index in 0..<read.count where read.isSet(index) != indices.contains(index) {
                Issue.record("bit \(index) is wrong")
            }
        }
    }

    @Test func anIndexOutsideTheListIsNoBit() {
        var list = StatusList()
        for index in [-1, 131_072, Int.max, Int.min] {
            #expect(list.isSet(index) == nil)
            let isSet = list.set(index)
            #expect(!isSet)
        }
    }

    @Test func whatIsNoListIsRefused() throws {
        let short = "u" + Base64.encodeURL(try GzipFormat.compress([UInt8](repeating: 0, count: 16_383), level: .small))
        // Twenty bytes that unpack to far more than anybody needs.
        let bomb = "u" + Base64.encodeURL(try GzipFormat.compress([UInt8](repeating: 0, count: 64 << 20), level: .small))
        let whole = try #require(Base64.decodeURL(String(Self.published.dropFirst())))
        let cut = "u" + Base64.encodeURL(Array(whole.dropLast(4)))
        let trailing = "u" + Base64.encodeURL(whole + [0])
        var wrong = whole
        wrong[whole.count - 6] ^= 1
        for text in [
            "", "u", "z" + Self.published.dropFirst(), String(Self.published.dropFirst()), Self.published + "=", short, bomb, cut,
            trailing, "u" + Base64.encodeURL(wrong),
        ] {
            #expect(throws: CredentialError.self, "\(text.prefix(40))") { try StatusList(encoded: text) }
        }
    }

    @Test func unpackingStopsAtTheLimitAndNotAfterIt() throws {
        let bytes = [UInt8](repeating: 7, count: 100_000)
        let packed = try GzipFormat.compress(bytes, level: .fast)
        #expect(try GzipFormat.decompress(packed, maximumCount: 100_000) == bytes)
        #expect(throws: GzipError.tooLong(limit: 99_999)) { try GzipFormat.decompress(packed, maximumCount: 99_999) }
        #expect(try GzipFormat.decompress(try GzipFormat.compress([], level: .fast), maximumCount: 0).isEmpty)
    }
}
