import Encoding
import Exchange
import Foundation
import Signing
import Testing

@testable import Node

/// Files that an application names: who may bring them, who may see them, and that nothing is approved without them.
@Suite struct EvidenceTests {
    private struct Applicant {
        var party: Party
        var salted: [UInt8]
        var reference: EvidenceReference
    }

    private static func apply(_ node: TestNode, _ text: String) async throws -> Applicant {
        let salted = RandomBytes.generate(EvidenceReference.saltCount) + Array(text.utf8)
        let reference = EvidenceReference(
            kind: "business-licence", name: "Business licence", mediaType: "application/pdf", size: Int64(text.utf8.count),
            sha256: SHA256.hash(salted).description)
        let key = SigningKey.generate()
        let application = ParticipantApplication(
            name: "Newcomer", type: .enterprise, country: "NL", creditCode: nil, roles: [.provider], keys: [key.verificationKey],
            evidence: [reference])
        let statement = try TestNode.sign(.participantApplication(application), by: key)
        let answer = try await node.send(TestRequest("POST", "/api/v1/participants", json: ["statement": statement.json]))
        try #require(answer.status == 201, "\(answer)")
        return Applicant(party: Party(key: key, identifier: try Identifier(answer.identifier)), salted: salted, reference: reference)
    }

    private static func put(_ node: TestNode, _ sha256: String, _ bytes: [UInt8], by key: SigningKey) async throws -> Answer {
        var request = TestRequest("PUT", "/api/v1/evidence/\(sha256)", signer: key)
        (request.body, request.contentType) = (bytes, "application/octet-stream")
        return try await node.send(request)
    }

    @Test func anApplicationIsApprovedOnlyWhenItsEvidenceIsHere() async throws {
        try await withNode { node in
            let applicant = try await Self.apply(node, "%PDF-1.7 licence")
            let target = "/api/v1/participants/\(applicant.party.identifier)/decisions"
            let approval = StatementContent.participantDecision(
                ParticipantDecision(participant: applicant.party.identifier, decision: .approve, reason: "fits"))
            let refused = try await node.post(target, approval, by: node.operatorKey)
            #expect(refused.status == 409 && refused.code == "evidence-missing", "\(refused)")
            #expect(refused.problem?.detail.contains(applicant.reference.sha256) == true)
            let put = try await Self.put(node, applicant.reference.sha256, applicant.salted, by: applicant.party.key)
            #expect(put.status == 201 && put.json["stored"] == true, "\(put)")
            let again = try await Self.put(node, applicant.reference.sha256, applicant.salted, by: applicant.party.key)
            #expect(again.status == 200, "\(again)")
            #expect(try await node.post(target, approval, by: node.operatorKey).status == 201)
        }
    }

    /// To refuse needs no evidence: a refusal may be for the lack of it.
    @Test func anApplicationWithoutItsEvidenceCanBeRefused() async throws {
        try await withNode { node in
            let applicant = try await Self.apply(node, "x")
            try await TestMarket.decide(applicant.party.identifier, .refuse, node)
            let late = try await Self.put(node, applicant.reference.sha256, applicant.salted, by: applicant.party.key)
            #expect(late.status == 403, "\(late)")
        }
    }

    @Test func onlyWhoNamedAFileBringsIt() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let applicant = try await Self.apply(node, "licence")
            let sha256 = applicant.reference.sha256
            for key in [market.airport.key, market.applicant.key] {
                let answer = try await Self.put(node, sha256, applicant.salted, by: key)
                #expect(answer.status == 404 && answer.code == "evidence-not-named", "\(answer)")
            }
            for key in [node.operatorKey, market.suspended.key] {
                let answer = try await Self.put(node, sha256, applicant.salted, by: key)
                #expect([403, 404].contains(answer.status), "\(answer)")
            }
            #expect(try await Self.put(node, sha256, applicant.salted, by: SigningKey.generate()).status == 401)
            #expect(!node.services.evidence.isStored(sha256))
            // Bytes that are not the named ones.
            let other = try await Self.put(node, sha256, applicant.salted + [0], by: applicant.party.key)
            #expect(other.status == 422 && other.code == "evidence-differs", "\(other)")
            let unsalted = try await Self.put(node, SHA256.hash("licence".utf8).description, Array("licence".utf8), by: applicant.party.key)
            #expect(unsalted.status == 404, "\(unsalted)")
            for path in ["x", sha256.uppercased(), String(sha256.dropLast()), sha256 + "0"] {
                #expect(try await Self.put(node, path, applicant.salted, by: applicant.party.key).status == 400)
            }
        }
    }

    @Test func aFileThatIsNotAsLongAsStatedIsRefused() async throws {
        try await withNode { node in
            let salted = RandomBytes.generate(40)
            let reference = EvidenceReference(
                kind: "licence", name: "Licence", mediaType: "application/pdf", size: 9, sha256: SHA256.hash(salted).description)
            let key = SigningKey.generate()
            let application = ParticipantApplication(
                name: "Newcomer", type: .enterprise, country: "NL", creditCode: nil, roles: [.buyer], keys: [key.verificationKey],
                evidence: [reference])
            let statement = try TestNode.sign(.participantApplication(application), by: key)
            _ = try await node.send(TestRequest("POST", "/api/v1/participants", json: ["statement": statement.json]))
            let answer = try await Self.put(node, reference.sha256, salted, by: key)
            #expect(answer.status == 422 && answer.problem?.detail.contains("40 bytes") == true, "\(answer)")
        }
    }

    @Test func evidenceIsSeenByItsOwnerAndByThoseWhoWatchAndByNobodyElse() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let applicant = try await Self.apply(node, "licence")
            let sha256 = applicant.reference.sha256
            let early = try await node.get("/api/v1/evidence/\(sha256)", by: node.operatorKey)
            #expect(early.status == 404 && early.code == "evidence-not-here", "\(early)")
            _ = try await Self.put(node, sha256, applicant.salted, by: applicant.party.key)
            for key in [node.operatorKey, market.auditor.key, applicant.party.key] {
                let answer = try await node.get("/api/v1/evidence/\(sha256)", by: key)
                #expect(answer.status == 200 && answer.body == applicant.salted, "\(answer)")
                let list = try await node.get("/api/v1/evidence?of=\(applicant.party.identifier)", by: key)
                #expect(list.json["items"]?[0]?["sha256"]?.stringValue == sha256 && list.json["items"]?[0]?["stored"] == true, "\(list)")
            }
            for key in [market.airport.key, market.applicant.key] {
                #expect(try await node.get("/api/v1/evidence/\(sha256)", by: key).status == 404)
                #expect(try await node.get("/api/v1/evidence?of=\(applicant.party.identifier)", by: key).json["items"] == [])
            }
            #expect(try await node.get("/api/v1/evidence/\(sha256)").status == 401)
            // It is an auditor too, but a suspended one.
            #expect(try await node.get("/api/v1/evidence/\(sha256)", by: market.suspended.key).status == 404)
        }
    }

    /// On disk a file is encrypted, and the ledger holds its salted digest only.
    @Test func neitherTheLedgerNorTheDiskShowsWhatAFileSays() async throws {
        let directory = try await TestNode.makeHome()
        let node = try TestNode.start(in: directory)
        let secret = "the secret content of a business licence"
        let applicant = try await Self.apply(node, secret)
        _ = try await Self.put(node, applicant.reference.sha256, applicant.salted, by: applicant.party.key)
        await node.server.stop()
        var files = 0
        for name in FileManager.default.enumerator(atPath: directory)?.compactMap({ $0 as? String }) ?? [] {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else { continue }
            files += 1
            #expect(data.range(of: Data(secret.utf8)) == nil, "\(name)")
        }
        #expect(files > 5)
        try? FileManager.default.removeItem(atPath: directory)
    }
}
