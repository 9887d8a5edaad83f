import Testing

@testable import Encoding

@Suite struct JSONCursorTests {
    private enum Colour: String, CaseIterable { case red, Kelvin }

    private func cursor(_ text: String) throws -> JSONCursor { JSONCursor(try JSONValue.parse(text)) }

    private func mismatch(_ body: () throws -> Void) -> JSONMismatch? {
        do {
            try body()
            return nil
        } catch {
            return error as? JSONMismatch
        }
    }

    @Test func readsTypedValues() throws {
        let root = try cursor(#"{"s":"x","i":-5,"b":true,"a":[1,2],"o":{"k":null},"e":"red"}"#)
        #expect(try root.member("s").string() == "x")
        #expect(try root.member("i").integer(in: -5...5) == -5)
        #expect(try root.member("b").bool())
        #expect(try root.member("a").array().map { try $0.integer() } == [1, 2])
        #expect(try root.member("o").optionalMember("k") == nil)
        #expect(try root.optionalMember("absent") == nil)
        #expect(try root.member("e").oneOf(Colour.self) == .red)
        #expect(try root.members().map(\.name) == ["s", "i", "b", "a", "o", "e"])
    }

    @Test func everyMismatchNamesItsPlace() throws {
        let root = try cursor(#"{"a/b":[{"c~d":1}],"s":"x","n":null}"#)
        #expect(mismatch { _ = try root.member("a/b").array()[0].member("c~d").string() }?.pointer == "/a~1b/0/c~0d")
        #expect(mismatch { _ = try root.member("x") } == JSONMismatch(pointer: "", reason: "member \"x\" is missing"))
        #expect(mismatch { _ = try root.member("n") }?.reason == "member \"n\" is missing")
        #expect(mismatch { _ = try root.string() }?.description == "the document: must be a string, is an object")
        #expect(mismatch { _ = try root.member("s").member("t") }?.description == "/s: must be an object, is a string")
        #expect(mismatch { _ = try root.member("s").members() }?.pointer == "/s")
        #expect(mismatch { _ = try root.member("s").array() }?.pointer == "/s")
        #expect(mismatch { _ = try root.member("s").bool() }?.pointer == "/s")
        #expect(mismatch { _ = try root.member("s").integer() }?.pointer == "/s")
        #expect(mismatch { try root.member("s").allowMembers([]) }?.pointer == "/s")
    }

    @Test func boundsAreInclusive() throws {
        let root = try cursor(#"{"s":"河西","i":3,"a":[1,2,3],"d":1.0}"#)
        #expect(try root.member("s").string(minimumCount: 6, maximumCount: 6).count == 2)
        #expect(mismatch { _ = try root.member("s").string(maximumCount: 5) }?.reason == "must have at most 5 bytes, has 6")
        #expect(mismatch { _ = try root.member("s").string(minimumCount: 7) }?.reason == "must have at least 7 bytes, has 6")
        #expect(try root.member("i").integer(in: 3...3) == 3)
        #expect(mismatch { _ = try root.member("i").integer(in: 4...9) }?.reason == "must be from 4 to 9, is 3")
        #expect(mismatch { _ = try root.member("d").integer() }?.reason == "must be an integer, is a number")
        #expect(try root.member("a").array(minimumCount: 3, maximumCount: 3).count == 3)
        #expect(mismatch { _ = try root.member("a").array(maximumCount: 2) } != nil)
        #expect(mismatch { _ = try root.member("a").array(minimumCount: 4) } != nil)
    }

    @Test func anUnknownMemberIsRefusedWithItsPlace() throws {
        let root = try cursor(#"{"known":1,"un/known":2}"#)
        let found = mismatch { try root.allowMembers(["known", "other"]) }
        #expect(found == JSONMismatch(pointer: "/un~1known", reason: "is not a known member; known are known, other"))
        #expect(mismatch { try root.allowMembers(["known", "un/known"]) } == nil)
    }

    @Test func namesThatOnlyLookAlikeAreUnknown() throws {
        // U+212A KELVIN SIGN.
        let root = JSONCursor(["public\u{212A}ey": 1, "colour": "\u{212A}elvin"])
        #expect(mismatch { try root.allowMembers(["publicKey", "colour"]) }?.pointer == "/public\u{212A}ey")
        #expect(try root.optionalMember("publicKey") == nil)
        #expect(mismatch { _ = try root.member("colour").oneOf(Colour.self) }?.reason.contains("none of red, Kelvin") == true)
    }

    @Test func aVeryLongNameDoesNotMakeAVeryLongMessage() throws {
        let root = JSONCursor(.object([String(repeating: "n", count: 100_000): 1]))
        let found = try #require(mismatch { try root.allowMembers([]) })
        #expect(found.description.utf8.count < 300)
    }
}
