import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// Staff keys, changed keys and operators, over HTTP and in the sandbox.
@Suite struct StaffTests {
    static func delegation(
        _ party: Party, _ key: SigningKey, roles: [Role] = [.buyer],
        permissions: [StatementKind] = [.runRequest, .querySubmission], fieldSet: [Identifier: [String]]? = nil,
        rowScope: [RowScope]? = nil, notBefore: Timestamp = Clock.now().advanced(byMilliseconds: -60_000)
    ) -> Delegation {
        Delegation(
            participant: party.identifier, name: "desk 4", key: key.verificationKey, roles: roles, permissions: permissions,
            fieldSet: fieldSet, rowScope: rowScope, notBefore: notBefore,
            expiresAt: notBefore.advanced(byMilliseconds: 86_400_000))
    }

    static func delegate(_ node: TestNode, _ party: Party, _ key: SigningKey, _ delegation: Delegation) async throws {
        let statement = try TestNode.sign(.identity(.delegation(delegation)), by: party.key).signedAlso(by: key)
        let answer = try await node.post("/api/v1/participants/\(party.identifier)/delegations", statement, by: party.key)
        try #require(answer.status == 201, "\(answer)")
    }

    @Test func aStaffKeyActsForItsOrganisationWithinItsRoles() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let staff = SigningKey.generate()
            #expect(try await node.get("/api/v1/whoami", by: staff).status == 401)
            try await Self.delegate(node, market.auditor, staff, Self.delegation(market.auditor, staff, roles: [.auditor]))
            let who = try await node.get("/api/v1/whoami", by: staff)
            #expect(who.json["identifier"]?.stringValue == market.auditor.identifier.text, "\(who)")
            #expect(who.json["delegation"]?["name"] == "desk 4")
            let list = try await node.get("/api/v1/participants/\(market.auditor.identifier)/delegations")
            #expect(list.json["items"]?[0]?["inForce"] == true && list.json["items"]?[0]?["keyIdentifier"]?.stringValue == staff.keyIdentifier)
            // The organisation's role is not the member of staff's unless it is delegated.
            let clerk = SigningKey.generate()
            let provider = market.airport
            try await Self.delegate(node, provider, clerk, Self.delegation(provider, clerk, roles: [.provider], permissions: [.productWithdrawal]))
            let upload = try await TradingMarket.upload(market, TradingMarket.flightsTable, by: Party(key: clerk, identifier: provider.identifier))
            #expect(upload.status == 403 && upload.code == "permission-missing", "\(upload)")
        }
    }

    @Test func aLeaverStopsWorkingAtOnceAndForGood() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let staff = SigningKey.generate()
            try await Self.delegate(node, market.insurer, staff, Self.delegation(market.insurer, staff))
            #expect(try await node.get("/api/v1/whoami", by: staff).status == 200)
            let revocation = DelegationRevocation(participant: market.insurer.identifier, key: staff.keyIdentifier, reason: "left")
            let answer = try await node.post(
                "/api/v1/participants/\(market.insurer.identifier)/delegations/revocations",
                .identity(.delegationRevocation(revocation)), by: market.insurer.key)
            #expect(answer.status == 201, "\(answer)")
            let after = try await node.get("/api/v1/whoami", by: staff)
            #expect(after.code == "signer-key-retired", "\(after)")
            let statement = try TestNode.sign(.identity(.delegation(Self.delegation(market.insurer, staff))), by: market.insurer.key)
                .signedAlso(by: staff)
            let again = try await node.post("/api/v1/participants/\(market.insurer.identifier)/delegations", statement, by: market.insurer.key)
            #expect((400..<500).contains(again.status), "\(again)")
        }
    }

    @Test func aDelegationCountsFromItsBeginningUntilItsEnd() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let early = SigningKey.generate()
            let later = Clock.now().advanced(byMilliseconds: 3_600_000)
            try await Self.delegate(node, market.insurer, early, Self.delegation(market.insurer, early, notBefore: later))
            let answer = try await node.get("/api/v1/whoami", by: early)
            #expect(answer.status == 403 && answer.code == "delegation-not-in-force", "\(answer)")
            let directory = node.services.directory
            let end = later.advanced(byMilliseconds: 86_400_000)
            #expect(throws: Refusal.self) { try directory.caller(early.keyIdentifier, at: later.advanced(byMilliseconds: -1)) }
            #expect(try directory.caller(early.keyIdentifier, at: later).identifier == market.insurer.identifier)
            #expect(try directory.caller(early.keyIdentifier, at: end.advanced(byMilliseconds: -1)).identifier == market.insurer.identifier)
            #expect(throws: Refusal.self) { try directory.caller(early.keyIdentifier, at: end) }
            // A new delegation of the same key renews it.
            let renewed = Self.delegation(market.insurer, early)
            try await Self.delegate(node, market.insurer, early, renewed)
            #expect(try await node.get("/api/v1/whoami", by: early).status == 200)
        }
    }

    @Test func staffOfASuspendedOrganisationIsRefused() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let staff = SigningKey.generate()
            try await Self.delegate(node, market.bank, staff, Self.delegation(market.bank, staff))
            try await TestMarket.decide(market.bank.identifier, .suspend, node)
            #expect(try await node.get("/api/v1/whoami", by: staff).code == "signer-not-active")
            try await TestMarket.decide(market.bank.identifier, .resume, node)
            #expect(try await node.get("/api/v1/whoami", by: staff).status == 200)
            try await TestMarket.decide(market.bank.identifier, .revoke, node)
            for key in [staff, market.bank.key] { #expect((401...403).contains(try await node.get("/api/v1/whoami", by: key).status)) }
        }
    }

    @Test func aChangedKeyTakesTheOldOnesPlace() async throws {
        let directory = try await TestNode.makeHome()
        var node = try TestNode.start(in: directory)
        let market = try await TestMarket(node)
        let new = SigningKey.generate()
        let change = ParticipantKeys(
            participant: market.insurer.identifier, add: [new.verificationKey], remove: [market.insurer.key.keyIdentifier], reason: "yearly")
        let statement = try TestNode.sign(.identity(.keys(change)), by: market.insurer.key).signedAlso(by: new)
        let answer = try await node.post("/api/v1/participants/\(market.insurer.identifier)/keys", statement, by: market.insurer.key)
        #expect(answer.status == 201, "\(answer)")
        for restart in [false, true] {
            if restart {
                await node.server.stop()
                node = try TestNode.start(in: directory)
            }
            let old = try await node.get("/api/v1/whoami", by: market.insurer.key)
            #expect(old.code == "signer-key-retired", "\(old)")
            let now = try await node.get("/api/v1/whoami", by: new)
            #expect(now.json["keys"] == [.string(new.keyIdentifier)], "\(now)")
        }
        await node.server.stop()
    }

    @Test func lostKeysAreRecoveredAfterTheWaitUnlessSomebodyObjects() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            var policy = SpacePolicy()
            policy.identity.recoveryWaitingHours = 0
            #expect(try await node.post("/api/v1/space/policy", .spacePolicy(policy), by: node.operatorKey).status == 201)
            func propose(_ key: SigningKey) async throws -> Answer {
                let recovery = KeyRecovery(participant: market.bank.identifier, keys: [key.verificationKey], reason: "lost")
                let statement = try TestNode.sign(.identity(.recovery(recovery)), by: node.operatorKey).signedAlso(by: key)
                return try await node.post("/api/v1/participants/\(market.bank.identifier)/recovery", statement, by: node.operatorKey)
            }
            let end = KeyRecoveryEnd(participant: market.bank.identifier, reason: "no")
            let (first, second) = (SigningKey.generate(), SigningKey.generate())
            #expect(try await propose(first).status == 201)
            #expect(try await node.get("/api/v1/participants/\(market.bank.identifier)/recovery").json["status"] == "waiting")
            let objection = try TestNode.sign(.identity(.recoveryObjection(end)), by: market.bank.key)
            let objected = try await node.send(
                TestRequest("POST", "/api/v1/participants/\(market.bank.identifier)/recovery/objection", json: ["statement": objection.json]))
            #expect(objected.status == 201, "\(objected)")
            #expect((401...403).contains(try await node.get("/api/v1/whoami", by: first).status))
            #expect(try await propose(second).status == 201)
            // Until it is completed, the new key does nothing else.
            #expect(try await node.get("/api/v1/whoami", by: second).status == 403)
            let completion = try TestNode.sign(.identity(.recoveryCompletion(end)), by: second)
            let completed = try await node.send(
                TestRequest("POST", "/api/v1/participants/\(market.bank.identifier)/recovery/completion", json: ["statement": completion.json]))
            #expect(completed.status == 201, "\(completed)")
            #expect(try await node.get("/api/v1/whoami", by: second).status == 200)
            #expect(try await node.get("/api/v1/whoami", by: market.bank.key).code == "signer-key-retired")
        }
    }

    @Test func anAppointedOperatorDoesWhatItsDutiesSay() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let registrar = SigningKey.generate()
            let appointment = OperatorAppointment(
                operators: [SpaceOperator(name: "registrar", key: registrar.verificationKey, duties: [.approve])], reason: "more hands")
            let appointed = try await node.post(
                "/api/v1/space/operators", .identity(.operatorAppointment(appointment)), by: node.operatorKey)
            #expect(appointed.status == 201, "\(appointed)")
            let who = try await node.get("/api/v1/whoami", by: registrar)
            #expect(who.json["identifier"] == "operator" && who.json["operator"]?["name"] == "registrar", "\(who)")
            func decide(_ participant: Identifier, _ verdict: ParticipantVerdict) async throws -> Answer {
                let decision = ParticipantDecision(participant: participant, decision: verdict, reason: "checked")
                return try await node.post(
                    "/api/v1/participants/\(participant)/decisions", .participantDecision(decision), by: registrar)
            }
            let suspended = try await decide(market.insurer.identifier, .suspend)
            #expect(suspended.status == 403 && suspended.code == "duty-missing", "\(suspended)")
            #expect(try await decide(market.applicant.identifier, .approve).status == 201)
            // Who is no operator any more is refused at once.
            let dismissal = OperatorAppointment(operators: [], reason: "left")
            #expect(try await node.post("/api/v1/space/operators", .identity(.operatorAppointment(dismissal)), by: node.operatorKey).status == 201)
            #expect(try await node.get("/api/v1/whoami", by: registrar).code == "signer-key-retired")
        }
    }

    @Test func aDangerousActionTakesTwoOperatorsWhereThePolicySaysSo() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let second = SigningKey.generate()
            let appointment = OperatorAppointment(
                operators: [SpaceOperator(name: "second", key: second.verificationKey, duties: [.suspend])], reason: "four eyes")
            _ = try await node.post("/api/v1/space/operators", .identity(.operatorAppointment(appointment)), by: node.operatorKey)
            var policy = SpacePolicy()
            policy.identity.dualControl = [.revoke]
            #expect(try await node.post("/api/v1/space/policy", .spacePolicy(policy), by: node.operatorKey).status == 201)
            let decision = ParticipantDecision(participant: market.bank.identifier, decision: .revoke, reason: "fraud")
            let alone = try TestNode.sign(.participantDecision(decision), by: node.operatorKey)
            let target = "/api/v1/participants/\(market.bank.identifier)/decisions"
            let refused = try await node.post(target, alone, by: node.operatorKey)
            #expect(refused.status == 403 && refused.code == "second-operator-needed", "\(refused)")
            let both = try await node.post(target, try alone.signedAlso(by: second), by: second)
            #expect(both.status == 201, "\(both)")
        }
    }
}
