import Encoding
import Exchange
import Foundation
import Signing
import Testing

@testable import Node

/// Numbers of certificates and resources that resolve, and the measurements of the register.
@Suite struct RightResolutionTests {
    private func get(_ stage: RightStage, _ identifier: Identifier) async throws -> JSONValue {
        let answer = try await stage.node.get("/id/\(identifier)")
        try #require(answer.status == 200, "\(answer)")
        #expect(answer.json["identifier"]?.stringValue == identifier.text)
        return answer.json
    }

    private func page(_ stage: RightStage, _ identifier: Identifier) async throws -> String {
        var prepared = try TestRequest("GET", "/id/\(identifier)").prepared(for: stage.node.authority)
        prepared.headers.add("Accept", "text/html")
        prepared.headers.add("Accept-Language", "en")
        let answer = try await stage.node.deliver(prepared)
        try #require(answer.status == 200, "\(answer)")
        return answer.text
    }

    private func expectTombstone(_ stage: RightStage, _ right: Identifier, _ status: String, _ reason: String?, _ ground: String?) async throws {
        let view = try await get(stage, right)
        #expect(view["tombstone"] == true && view["status"]?.stringValue == status, "\(view)")
        #expect(view["reason"]?.stringValue == reason && view["ground"]?.stringValue == ground, "\(view)")
    }

    @Test("A resource and the right over it resolve for programs and people, at each step with its standing")
    func livingRights() async throws {
        try await withRights { stage in
            let right = try await stage.noticed()
            let waiting = try await get(stage, right)
            #expect(waiting["status"] == "noticed" && waiting["tombstone"] == false)
            try await stage.record(.decision(RightDecision(right: right, verdict: .grant, reason: "in order")), by: stage.node.operatorKey)
            let view = try await get(stage, right)
            #expect(view["kind"] == "right" && view["status"] == "in-force" && view["tombstone"] == false)
            #expect(view["holder"]?.stringValue == stage.airport.identifier.text && view["share"] == "1/1")
            #expect(view["describedBy"]?.stringValue == "/api/v1/rights/\(right)" && view["reason"] == nil)
            let over = try Identifier(try #require(view["over"]?.stringValue))
            let resource = try await get(stage, over)
            #expect(resource["kind"] == "resource" && resource["status"] == "registered" && resource["tombstone"] == false)
            #expect(resource["rights"]?.stringValue == right.text && resource["holderName"] == "Airport <i>")
            for identifier in [right, over] {
                let text = try await page(stage, identifier)
                #expect(text.contains(identifier.text) && !text.contains("<script") && !text.contains("<i>"))
                #expect(text.contains("verdict good"))
            }
            try await stage.record(.freeze(RightFreeze(right: right, reason: "Case 12")), by: stage.regulator.key)
            let frozen = try await get(stage, right)
            #expect(frozen["status"] == "frozen" && frozen["tombstone"] == false)
            let text = try await page(stage, right)
            #expect(text.contains("frozen by a regulator") && text.contains("verdict wait"))
        }
    }

    @Test("What is refused, withdrawn or cancelled resolves to its tombstone with the reason, and what is split or merged names its heirs")
    func tombstones() async throws {
        try await withRights(hearsLateObjections: true) { stage in
            let (airport, operatorKey) = (stage.airport, stage.node.operatorKey)
            let refused = try await stage.noticed()
            try await stage.record(
                .decision(RightDecision(right: refused, verdict: .refuse, ground: .underDispute, reason: "<b>Case 7</b>")), by: operatorKey)
            try await expectTombstone(stage, refused, "refused", "<b>Case 7</b>", "under-dispute")
            let shown = try await page(stage, refused)
            #expect(shown.contains("Case 7") && !shown.contains("<b>Case"))

            let objected = try await stage.noticed()
            try await stage.record(
                .objection(RightObjection(right: objected, ground: .betterRight, statement: "It is ours.")), by: stage.bureau.key)
            try await stage.record(
                .objectionDecision(
                    ObjectionDecision(right: objected, objector: stage.bureau.identifier, verdict: .upheld, reason: "proved")),
                by: operatorKey)
            try await expectTombstone(stage, objected, "refused", "proved", "better-right")

            let withdrawn = try await stage.noticed()
            try await stage.record(.withdrawal(RightWithdrawal(right: withdrawn, reason: "a slip")), by: airport.key)
            try await expectTombstone(stage, withdrawn, "withdrawn", "a slip", nil)
            #expect(try await page(stage, withdrawn).contains("application withdrawn"))

            let whole = try await stage.granted()
            let halves = try (0..<2).map { _ in RightPart(holder: airport.identifier, share: try #require(Fraction(1, 2))) }
            try await stage.record(.split(RightSplit(right: whole, parts: halves)), by: airport.key)
            let divided = try await get(stage, whole)
            let parts = try #require(divided["replacedBy"]?.stringValue).split(separator: ";").map {
                try Identifier($0.trimmingCharacters(in: .whitespaces))
            }
            try await expectTombstone(stage, whole, "divided", nil, nil)
            for part in parts {
                let view = try await get(stage, part)
                #expect(view["replaces"]?.stringValue == whole.text && view["share"] == "1/2")
            }
            let merged = try await stage.record(.merge(RightMerge(holder: airport.identifier, rights: parts)), by: airport.key)
            for part in parts {
                try await expectTombstone(stage, part, "merged", nil, nil)
                let view = try await get(stage, part)
                #expect(view["replacedBy"]?.stringValue == merged.text)
            }
            try await stage.record(
                .cancellation(RightCancellation(right: merged, ground: .courtOrder, reason: "(2026) No. 12")), by: operatorKey)
            try await expectTombstone(stage, merged, "cancelled", "(2026) No. 12", "court-order")
            let counts = try await stage.node.get("/metrics").text
            for line in ["granted\"} 0", "refused\"} 2", "withdrawn\"} 1", "divided\"} 1", "merged\"} 2", "cancelled\"} 1", "applied\"} 0"] {
                #expect(counts.contains("\nhexi_rights{status=\"\(line)\n"), "\(line): \(counts)")
            }
            _ = try await stage.granted()
            #expect(try await stage.node.get("/metrics").text.contains("\nhexi_rights{status=\"granted\"} 1\n"))
        }
    }

    @Test("A right whose time is over is a tombstone from that very moment")
    func expiry() async throws {
        try await withRights { stage in
            let identifier = try await stage.granted()
            let state = await stage.node.services.sequencer.read { $0 }
            let right = try #require(state.rights.rights[identifier])
            let end = try #require(right.expiresAt)
            let before = ResolvedThing.right(right, state, at: end.advanced(byMilliseconds: -1))
            let after = ResolvedThing.right(right, state, at: end)
            #expect(before.status == "in-force" && !before.isTombstone)
            #expect(after.status == "expired" && after.isTombstone)
            #expect(after.json["expiresAt"]?.stringValue == end.description)
        }
    }

    @Test("A slip in the number of a certificate or a resource is answered with what was meant")
    func slips() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            let over = try Identifier(try #require(try await get(stage, right)["over"]?.stringValue))
            for meant in [right, over] {
                var characters = Array(meant.suffix)
                let index = try #require((1..<26).first { characters[$0] != characters[$0 + 1] })
                characters.swapAt(index, index + 1)
                let answer = try await stage.node.get("/id/\(TestNode.prefix)/\(String(characters))")
                let candidates = (answer.json["candidates"]?.arrayValue ?? []).compactMap { $0["identifier"]?.stringValue }
                #expect(answer.status == 404 && candidates == [meant.text], "\(answer)")
            }
        }
    }

    @Test("A resource is found by the number that another register gave it")
    func externalNumbers() async throws {
        try await withRights { stage in
            var registration = RouteTable.registration(stage.airport.identifier)
            registration.externalIdentifiers = [ExternalIdentifier(scheme: "gsj", value: "62-0001")]
            let resource = try await stage.record(.resourceRegistration(registration), by: stage.airport.key)
            let found = try await stage.node.get("/id?scheme=gsj&value=62-0001")
            #expect(found.json["identifier"]?.stringValue == resource.text && found.headers["Content-Location"] == "/id/\(resource)")
            #expect(try await stage.node.get("/id?scheme=gsj&value=62-0002").status == 404)
        }
    }
}
