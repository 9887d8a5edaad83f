import Encoding
import Testing

@testable import HTTPTransport

@Suite struct ProblemTests {
    private let problem = Problem(
        code: "bad-period", status: 400, title: "The period is wrong", detail: "the end is before the start",
        pointer: "/period/end", hint: "Give an end after 2026-01-01.", instance: "urn:x:1",
        extensions: ["start": "2026-01-01", "status": 999])

    @Test func theDocumentHasTheStandardMembersAndTheExtensions() {
        #expect(
            problem.json.serializedString()
                == #"{"type":"/problems/bad-period","title":"The period is wrong","status":400,"#
                + #""detail":"the end is before the start","instance":"urn:x:1","pointer":"/period/end","#
                + #""hint":"Give an end after 2026-01-01.","start":"2026-01-01"}"#)
        #expect(problem.code == "bad-period")
    }

    @Test func aDocumentIsReadBackAsItWasWritten() throws {
        var expected = problem
        expected.extensions = ["start": "2026-01-01"]
        #expect(Problem(json: problem.json) == expected)
        #expect(Problem(json: ["title": "x"]) == nil)
        #expect(Problem(json: ["title": "x", "status": 7]) == nil)
        #expect(Problem(json: []) == nil)
    }

    @Test func theResponseHasTheProblemsStatusTypeAndFields() {
        let response = HTTPResponse.problem(.methodNotAllowed("PUT", "/x", allowed: ["GET"]))
        #expect(response.status == 405)
        #expect(response.headers["content-type"] == "application/problem+json")
        #expect(response.headers["Allow"] == "GET")
    }

    @Test func aMismatchInADocumentPointsToItsPlace() {
        let mismatch = JSONMismatch(pointer: "/a/0", reason: "must be a string, is null")
        #expect(mismatch.problem.pointer == "/a/0")
        #expect(mismatch.problem.status == 400)
        #expect(mismatch.problem.detail == "must be a string, is null")
    }
}
