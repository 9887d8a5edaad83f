import Credentials
import Encoding
import Exchange
import Foundation
import HTTPTransport
import Signing
import Testing

@testable import Node

/// What the node says of who is registered, as others read it.
@Suite struct CredentialTests {
    /// A key as a DID document of the node names it.
    private static func key(_ document: JSONValue, _ keyURL: String) throws -> VerificationKey {
        let methods = document["verificationMethod"]?.arrayValue ?? []
        let method = try #require(methods.first { $0["id"]?.stringValue == keyURL })
        return try VerificationKey(jwk: JSONCursor(method["publicKeyJwk"] ?? .null))
    }

    private static func credential(_ node: TestNode, _ target: String) async throws -> VerifiableCredential {
        let answer = try await node.get(target)
        try #require(answer.status == 200 && answer.headers["Content-Type"] == "application/vc+jwt", "\(answer)")
        let signed = try SignedCredential(answer.text)
        let document = try await node.get("/.well-known/did.json")
        try #require(document.status == 200 && document.json["id"]?.stringValue == signed.issuer.description, "\(document)")
        let credential = try signed.verify(with: try key(document.json, signed.keyURL))
        try credential.checkTime(Clock.now())
        return credential
    }

    /// Whether the bit of a credential's entry is set in the list that the node gives out now.
    private static func isMarked(_ credential: VerifiableCredential, _ purpose: StatusPurpose, _ node: TestNode) async throws -> Bool {
        let entry = try #require(credential.statuses.first { $0.purpose == purpose })
        let base = node.services.address.base
        try #require(entry.list.hasPrefix(base))
        let list = try await self.credential(node, String(entry.list.dropFirst(base.count))).statusList()
        #expect(list.purpose == purpose)
        return try #require(list.list.isSet(entry.index))
    }

    @Test func anApprovedParticipantHasACredentialThatVerifiesByTheNodesDocument() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let credential = try await Self.credential(node, "/api/v1/participants/\(market.airport.identifier)/credential")
            #expect(credential.types == ["RegisteredIdentityCredential"])
            #expect(credential.subject["name"] == "Airport" && credential.subject["roles"] == ["provider"])
            #expect(credential.subject["identifier"]?.stringValue == market.airport.identifier.text)
            #expect(credential.subject["assurance"] == 1 && credential.subject["country"] == "NL")
            // The subject's own document names the key with which it signs.
            let subject = try DIDWeb(text: try #require(credential.subject["id"]?.stringValue))
            let document = try await node.get("/id/\(market.airport.identifier)/did.json")
            #expect(document.json["id"]?.stringValue == subject.description)
            #expect(try Self.key(document.json, subject.keyURL(market.airport.key.keyIdentifier)) == market.airport.key.verificationKey)
            // The entry that it names is the approval, from whose time it is valid.
            let seq = UInt64(try #require(credential.subject["ledgerEntry"]?.integerValue))
            let recorded = try node.services.recorded(seq)
            #expect(recorded.event.type == .participantApproved && recorded.time == credential.validFrom)
            for purpose in StatusPurpose.allCases { #expect(try await !Self.isMarked(credential, purpose, node)) }
        }
    }

    @Test func suspensionAndRevocationShowInTheListsAtOnce() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let target = "/api/v1/participants/\(market.bank.identifier)/credential"
            let credential = try await Self.credential(node, target)
            let other = try await Self.credential(node, "/api/v1/participants/\(market.insurer.identifier)/credential")
            #expect(try await !Self.isMarked(credential, .suspension, node))
            try await TestMarket.decide(market.bank.identifier, .suspend, node)
            #expect(try await Self.isMarked(credential, .suspension, node))
            #expect(try await !Self.isMarked(credential, .revocation, node))
            #expect(try await node.get(target).code == "not-active")
            try await TestMarket.decide(market.bank.identifier, .resume, node)
            #expect(try await !Self.isMarked(credential, .suspension, node))
            // Resumed, it gets the credential that it had, valid from the approval.
            #expect(try await Self.credential(node, target).validFrom == credential.validFrom)
            try await TestMarket.decide(market.bank.identifier, .revoke, node)
            #expect(try await Self.isMarked(credential, .revocation, node))
            #expect(try await node.get("/id/\(market.bank.identifier)/did.json").status == 410)
            for purpose in StatusPurpose.allCases { #expect(try await !Self.isMarked(other, purpose, node)) }
        }
    }

    @Test func whoIsNotRegisteredHasNeitherCredentialNorDocument() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let answer = try await node.get("/api/v1/participants/\(market.applicant.identifier)/credential")
            #expect(answer.status == 409 && answer.problem?.hint != nil, "\(answer)")
            #expect(try await node.get("/id/\(market.applicant.identifier)/did.json").code == "not-registered")
            #expect(try await node.get("/id/\(market.suspended.identifier)/did.json").status == 200)
            for target in ["/status/message/0", "/status/revocation/1", "/status/revocation/-1", "/status/revocation/x"] {
                #expect(try await node.get(target).status == 404, "\(target)")
            }
        }
    }

    @Test func thePublicAddressIsTheOneInTheCredentials() async throws {
        try await withNode(configure: { $0.publicURL = "https://node.example:9443" }) { node in
            let market = try await TestMarket(node)
            let document = try await node.get("/.well-known/did.json")
            #expect(document.json["id"] == "did:web:node.example%3A9443")
            let text = try await node.get("/api/v1/participants/\(market.airport.identifier)/credential").text
            let claimed = try SignedCredential(text).claimed
            #expect(claimed.statuses.map(\.list) == ["https://node.example:9443/status/revocation/0", "https://node.example:9443/status/suspension/0"])
            // Requests may be signed for that host too.
            let request = TestRequest("GET", "/api/v1/whoami", signer: market.airport.key).with { $0.host = "node.example:9443" }
            #expect(try await node.send(request).status == 200)
        }
    }

    @Test func aNodeWithoutAKeyOfItsOwnSaysHowToMakeOne() async throws {
        let directory = try await TestNode.makeHome()
        let key = try KeyFile.read("\(directory)/keys/node.pem", passphrase: nil)
        unlink("\(directory)/keys/node.pem")
        let node = try TestNode.start(in: directory)
        let market = try await TestMarket(node)
        let target = "/api/v1/participants/\(market.airport.identifier)/credential"
        let missing = try await node.get(target)
        #expect(missing.status == 503 && missing.code == "node-key-missing", "\(missing)")
        // Restored from a backup, it is found while the node serves.
        try KeyFile.write(key, to: "\(directory)/keys/node.pem", passphrase: nil)
        #expect(try await node.get(target).status == 200)
        await node.server.stop()
    }

    @Test func aNewKeyOfTheNodeSignsFromItsStatementOn() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let target = "/api/v1/participants/\(market.airport.identifier)/credential"
            let before = try SignedCredential(try await node.get(target).text)
            let made = try NodeKeyFiles.make(inHome: node.directory)
            let old = try KeyFile.read("\(node.directory)/keys/node.pem", passphrase: nil).verificationKey
            let change = NodeKeys(nodeKeys: [old, made.key.verificationKey], reason: "yearly")
            let statement = try TestNode.sign(.identity(.nodeKeys(change)), by: node.operatorKey).signedAlso(by: made.key)
            let answer = try await node.post("/api/v1/space/node-keys", statement, by: node.operatorKey)
            #expect(answer.status == 201, "\(answer)")
            let after = try SignedCredential(try await node.get(target).text)
            #expect(after.keyIdentifier == made.key.keyIdentifier && before.keyIdentifier == old.keyIdentifier)
            // What was signed before still verifies.
            let document = try await node.get("/.well-known/did.json")
            _ = try before.verify(with: try Self.key(document.json, before.keyURL))
        }
    }
}
