import Testing

@testable import HTTPTransport

@Suite struct HTTPHeadersTests {
    @Test func namesAreComparedWithoutCaseAndOrderIsKept() {
        var headers: HTTPHeaders = ["Accept": "a", "X-One": "1"]
        headers.add("accept", "b")
        #expect(headers["ACCEPT"] == "a")
        #expect(headers.values("Accept") == ["a", "b"])
        #expect(headers.combined("aCCept") == "a, b")
        #expect(headers.fields.map(\.name) == ["Accept", "X-One", "accept"])
        #expect(headers.combined("missing") == nil)
        #expect(!headers.contains("Accep"))
    }

    @Test func settingReplacesEveryFieldOfTheName() {
        var headers: HTTPHeaders = ["A": "1", "B": "2", "a": "3"]
        headers["a"] = "4"
        #expect(headers.fields.map { "\($0.name)=\($0.value)" } == ["A=4", "B=2"])
        headers["A"] = nil
        #expect(headers.fields.map(\.name) == ["B"])
        headers["C"] = "5"
        #expect(headers.count == 2)
    }

    /// `@` and backtick, `[` and `{` differ only in bit 5 as well, and are no letters.
    @Test func onlyLettersAreFolded() {
        #expect(HTTPHeaders.isSameName("aZ", "Az"))
        #expect(!HTTPHeaders.isSameName("@", "`"))
        #expect(!HTTPHeaders.isSameName("[", "{"))
        #expect(!HTTPHeaders.isSameName("-", "\r"))
    }
}
