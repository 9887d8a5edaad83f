import Testing

@testable import HTTPTransport

@Suite struct HTTPPathTests {
    @Test(arguments: [
        ("/", []), ("/a", ["a"]), ("/a/b", ["a", "b"]), ("/a%20b/c", ["a b", "c"]), ("/%E6%B2%B3%E8%A5%BF", ["河西"]),
        ("/a+b", ["a+b"]), ("/...", ["..."]), ("/.a", [".a"]), ("/%25", ["%"]), ("/a%2Bb", ["a+b"]),
    ])
    func aPathIsSplitAndDecoded(path: String, segments: [String]) throws {
        #expect(try HTTPRequest(method: "GET", path: path).pathSegments == segments)
    }

    @Test(arguments: [
        "/..", "/a/../b", "/.", "/%2e%2e", "/%2E%2e/x", "/.%2e", "/a/%2e", "/a%2Fb", "/a%2fb", "/..%2f..", "/a//b", "/a/", "//",
        "/%", "/%4", "/%zz", "/%4x", "/% 41", "/%FF", "/%C0%AF", "/%ED%A0%80", "/a%00b", "/%0d%0a", "/%7F", "a", "",
    ])
    func aPathThatCouldBeReadInTwoWaysIsRefused(path: String) {
        #expect(throws: HTTPPathError.self) { try HTTPRequest(method: "GET", path: path).pathSegments }
    }

    @Test func eachRefusalNamesItsReason() {
        func error(_ path: String) -> HTTPPathError? {
            do throws(HTTPPathError) {
                _ = try HTTPRequest(method: "GET", path: path).pathSegments
                return nil
            } catch { return error }
        }
        #expect(error("/%2e%2e") == .traversal(text: "%2e%2e"))
        #expect(error("/a%2Fb") == .encodedSlash(text: "a%2Fb"))
        #expect(error("/a//b") == .emptySegment)
        #expect(error("/%C0%AF") == .notUTF8(text: "%C0%AF"))
        #expect(error("/%4") == .malformedEscape(text: "%4"))
        #expect(error("/%00") == .controlCharacter(text: "%00"))
        #expect(error("x") == .notAbsolute)
    }

    @Test func anyTextSurvivesEncodingAndDecoding() throws {
        var random = SplitMix(seed: 7)
        for _ in 0..<500 {
            let text = String((0..<random.next(below: 12) + 1).map { _ in
                Character(Unicode.Scalar(UInt32(random.next(below: 0x700)) + 0xA0) ?? "x")
            }) + "%/+& =?".prefix(random.next(below: 1))
            #expect(try HTTPRequest(method: "GET", path: "/\(text.percentEncoded)").pathSegments == [text])
            let request = HTTPRequest(method: "GET", path: "/", query: "q=\(("&=+%/" + text).percentEncoded)&r=1")
            #expect(try request.queryValue("q") == "&=+%/" + text)
            #expect(try request.queryValue("r") == "1")
        }
    }

    @Test func randomBytesNeverTrapAndNeverGiveADangerousSegment() {
        var random = SplitMix(seed: 11)
        let alphabet = Array("/.%2eEfF0aA5cC?&=+\u{7f}\u{80}\0 ".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<random.next(below: 16)).map { _ in alphabet[random.next(below: alphabet.count)] }
            let path = "/" + String(decoding: bytes, as: UTF8.self)
            guard let segments = try? HTTPPath.segments(of: path) else { continue }
            for segment in segments {
                #expect(segment != "." && segment != ".." && !segment.isEmpty && !segment.utf8.contains(0x2F))
                #expect(segment.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            }
        }
    }

    @Test func queryItemsKeepTheirOrderAndArePlainOrRefused() throws {
        let request = HTTPRequest(method: "GET", path: "/", query: "a=1&b=x+y&a=2&flag&c=%E6%B2%B3&&d=")
        let items = try request.queryItems.map { "\($0.name)|\($0.value)" }
        #expect(items == ["a|1", "b|x y", "a|2", "flag|", "c|河", "d|"])
        #expect(throws: HTTPPathError.repeatedItem(name: "a")) { try request.queryValue("a") }
        #expect(throws: HTTPPathError.malformedEscape(text: "%4")) {
            try HTTPRequest(method: "GET", path: "/", query: "a=%4").queryItems
        }
        let many = HTTPRequest(method: "GET", path: "/", query: String(repeating: "a&", count: 257))
        #expect(throws: HTTPPathError.tooManyItems(limit: 256)) { try many.queryItems }
    }
}
