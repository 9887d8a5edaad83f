import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// A node with a register of rights whose public notice takes no days, and those who deal in them.
struct RightStage: Sendable {
    let node: TestNode
    let airport: Party
    let bureau: Party
    let bank: Party
    let regulator: Party

    init(_ node: TestNode, noticeWorkingDays: Int64 = 0, hearsLateObjections: Bool = false) async throws {
        self.node = node
        airport = try await TestMarket.register("Airport <i>", [.provider], node)
        bureau = try await TestMarket.register("气象局", [.provider], node)
        bank = try await TestMarket.register("Bank", [.buyer, .provider], node)
        regulator = try await TestMarket.register("Regulator", [.regulator], node)
        var policy = SpacePolicy()
        policy.rights.noticeWorkingDays = noticeWorkingDays
        policy.rights.hearsLateObjections = hearsLateObjections
        let statement = try TestNode.sign(.spacePolicy(policy), by: node.operatorKey)
        _ = try await node.services.sequencer.submit(Command(statement.verified { node.services.directory.key($0) }))
    }

    /// Records a statement that its signers have signed in this order.
    @discardableResult
    func record(_ statement: RightStatement, by keys: SigningKey..., to name: String? = nil) async throws -> Identifier {
        let answer = try await send(statement, by: keys, to: name)
        try #require(answer.status == 201, "\(answer)")
        return try Identifier(answer.identifier)
    }

    func send(_ statement: RightStatement, by keys: [SigningKey], to name: String? = nil) async throws -> Answer {
        var signed = try TestNode.sign(.right(statement), by: keys[0])
        for key in keys.dropFirst() { signed = try signed.signedAlso(by: key) }
        let action = RightRoutes.actions.first { $0.kind == signed.kind }?.name
        let target: String
        switch signed.kind {
        case .resourceRegistration: target = RightRoutes.resources
        case .rightApplication: target = RightRoutes.path
        case .rightMerge: target = "/api/v1/right-merges"
        default: target = "\(RightRoutes.path)/\(statement.rights[0])/\(name ?? action ?? "")"
        }
        return try await node.post(target, signed, by: keys[0])
    }

    /// A right of the airport's, applied for and shown to the public.
    func noticed() async throws -> Identifier {
        let resource = try await record(.resourceRegistration(RouteTable.registration(airport.identifier)), by: airport.key)
        let right = try await record(.application(RouteTable.application(airport.identifier, over: resource)), by: airport.key)
        try await record(.check(RightCheck(right: right, verdict: .pass, reason: "complete")), by: node.operatorKey)
        return right
    }

    func granted() async throws -> Identifier {
        let right = try await noticed()
        try await record(.decision(RightDecision(right: right, verdict: .grant, reason: "in order")), by: node.operatorKey)
        return right
    }

    func transfer(_ right: Identifier, to party: Party) -> RightStatement {
        .transfer(RightTransfer(right: right, from: airport.identifier, to: party.identifier))
    }

    func verify(_ right: Identifier) async throws -> JSONValue {
        let answer = try await node.get("/verify/\(right)")
        try #require(answer.status == 200, "\(answer)")
        return answer.json
    }

    func certificate(_ right: Identifier) async throws -> String {
        let answer = try await node.get("/api/v1/rights/\(right)/certificate")
        try #require(answer.status == 200, "\(answer)")
        return answer.text
    }

    /// What the node says of a certificate that is handed in.
    func check(_ certificate: String) async throws -> JSONValue {
        var request = TestRequest("POST", "/verify")
        (request.body, request.contentType) = (Array(certificate.utf8), "application/vc+jwt")
        let answer = try await node.send(request)
        try #require(answer.status == 200, "\(answer)")
        return answer.json
    }
}

func withRights(
    noticeWorkingDays: Int64 = 0, hearsLateObjections: Bool = false, _ body: (RightStage) async throws -> Void
) async throws {
    try await withNode { node in
        try await body(try await RightStage(node, noticeWorkingDays: noticeWorkingDays, hearsLateObjections: hearsLateObjections))
    }
}
