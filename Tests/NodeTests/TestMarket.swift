import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// Somebody registered with a node.
struct Party: Sendable {
    var key: SigningKey
    var identifier: Identifier
}

/// Participants of a node under test: two providers, two buyers, an auditor, one that is suspended and one that waits.
struct TestMarket: Sendable {
    let node: TestNode
    let airport: Party
    let bureau: Party
    let insurer: Party
    let bank: Party
    let auditor: Party
    let suspended: Party
    let applicant: Party

    init(_ node: TestNode) async throws {
        self.node = node
        airport = try await Self.register("Airport", [.provider], node)
        bureau = try await Self.register("气象局", [.provider], node)
        insurer = try await Self.register("Insurer", [.buyer], node)
        bank = try await Self.register("Bank", [.buyer], node)
        auditor = try await Self.register("Auditor", [.auditor], node)
        suspended = try await Self.register("Suspended", [.provider, .buyer, .auditor], node)
        try await Self.decide(suspended.identifier, .suspend, node)
        applicant = try await Self.apply("Applicant", [.provider, .buyer], node)
    }

    static func application(_ name: String, _ roles: [Role], _ key: SigningKey) -> StatementContent {
        .participantApplication(
            ParticipantApplication(
                name: name, type: .enterprise, country: "NL", creditCode: nil, roles: roles, keys: [key.verificationKey]))
    }

    static func apply(_ name: String, _ roles: [Role], _ node: TestNode) async throws -> Party {
        let key = SigningKey.generate()
        let statement = try TestNode.sign(application(name, roles, key), by: key)
        let answer = try await node.send(TestRequest("POST", "/api/v1/participants", json: ["statement": statement.json]))
        try #require(answer.status == 201, "\(answer)")
        return Party(key: key, identifier: try Identifier(answer.identifier))
    }

    static func decide(_ participant: Identifier, _ verdict: ParticipantVerdict, _ node: TestNode) async throws {
        let decision = ParticipantDecision(participant: participant, decision: verdict, reason: "按规则办理")
        let answer = try await node.post(
            "/api/v1/participants/\(participant)/decisions", .participantDecision(decision), by: node.operatorKey)
        try #require(answer.status == 201, "\(answer)")
    }

    static func register(_ name: String, _ roles: [Role], _ node: TestNode) async throws -> Party {
        let party = try await apply(name, roles, node)
        try await decide(party.identifier, .approve, node)
        return party
    }
}
