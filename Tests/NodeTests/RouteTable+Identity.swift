import Encoding
import Exchange
import Signing

@testable import Node

extension RouteTable {
    private static var nobody: Identifier { RouteUnderTest.thing(.participant) }
    private static let newKey = try? SigningKey(seed: [UInt8](repeating: 11, count: 32)).verificationKey
    private static var newKeys: [VerificationKey] { newKey.map { [$0] } ?? [] }

    private static func end(_ make: (KeyRecoveryEnd) -> IdentityStatement) -> StatementContent {
        .identity(make(KeyRecoveryEnd(participant: nobody, reason: "lost")))
    }

    private static func delegation() throws -> StatementContent {
        guard let key = newKey else { throw StatementError.wrongForm(.delegation) }
        return .identity(
            .delegation(
                Delegation(
                    participant: nobody, name: "desk 4", key: key, roles: [.buyer], permissions: [.runRequest],
                    notBefore: Clock.now(), expiresAt: Clock.now().advanced(byMilliseconds: 86_400_000))))
    }

    static let identity: [RouteUnderTest] = space + registration + documents + [
        RouteUnderTest(
            method: "PUT", pattern: "/api/v1/evidence/{sha256}", body: .bytes(Array("salt and file".utf8)), isForActiveOnly: false,
            example: "/api/v1/evidence/\(SHA256.hash("salt and file".utf8))"),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/evidence/{sha256}", isForActiveOnly: false, example: "/api/v1/evidence/\(SHA256.hash("salt and file".utf8))"),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/evidence", isForActiveOnly: false, parameters: [("of", ["x", "86.gs.test/", "86.gs.test/X0", ""])],
            required: "?of=\(RouteUnderTest.thing(.participant).text)"),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/alarms", caller: { $0.node.operatorKey }, stranger: ({ $0.insurer.key }, 403),
            parameters: [
                ("kind", ["noise", ""]), ("participant", ["x", ""]), ("since", ["yesterday", ""]), ("limit", ["0", "201", "x"]),
                ("cursor", ["x", "-1"]),
            ]),
    ]

    private static let space = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/space/policy", body: .statement(.spacePolicy) { _ in .spacePolicy(SpacePolicy()) },
            caller: { $0.node.operatorKey }, stranger: ({ $0.auditor.key }, 403)),
        RouteUnderTest(method: "GET", pattern: "/api/v1/space/policy", isSigned: false),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/space/operators",
            body: .statement(.operatorAppointment) { _ in
                let operators = newKeys.map { SpaceOperator(name: "registrar", key: $0, duties: [.check]) }
                return .identity(.operatorAppointment(OperatorAppointment(operators: operators, reason: "more hands")))
            }, caller: { $0.node.operatorKey }, stranger: ({ $0.auditor.key }, 403)),
        RouteUnderTest(method: "GET", pattern: "/api/v1/space/operators", isSigned: false),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/space/node-keys",
            body: .statement(.nodeKeys) { _ in .identity(.nodeKeys(NodeKeys(nodeKeys: newKeys, reason: "new"))) },
            caller: { $0.node.operatorKey }, stranger: ({ $0.auditor.key }, 403)),
    ]

    private static let registration = [
        route(
            "reviews", .participantReview,
            { .identity(.review(ParticipantReview(participant: nobody, finding: .complete, notes: "all there"))) }, isOperators: true),
        route(
            "keys", .participantKeys,
            { .identity(.keys(ParticipantKeys(participant: nobody, add: newKeys, remove: [], reason: "yearly"))) }),
        route(
            "recovery", .keyRecovery,
            { .identity(.recovery(KeyRecovery(participant: nobody, keys: newKeys, reason: "lost"))) }, isSigned: false, isOperators: true),
        route("recovery/objection", .keyRecoveryObjection, { end { .recoveryObjection($0) } }, isSigned: false),
        route("recovery/completion", .keyRecoveryCompletion, { end { .recoveryCompletion($0) } }, isSigned: false),
        route("delegations", .delegation, { try delegation() }, isSigned: false),
        route(
            "delegations/revocations", .delegationRevocation,
            {
                .identity(
                    .delegationRevocation(
                        DelegationRevocation(participant: nobody, key: newKey?.keyIdentifier ?? "", reason: "left")))
            }),
    ]

    private static let documents = [
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/participants/{prefix}/{suffix}/recovery", isSigned: false, identifier: .participant),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/participants/{prefix}/{suffix}/delegations", isSigned: false, identifier: .participant),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/participants/{prefix}/{suffix}/credential", isSigned: false, identifier: .participant),
        RouteUnderTest(method: "GET", pattern: "/id/{prefix}/{suffix}/did.json", isSigned: false, identifier: .participant),
        RouteUnderTest(method: "GET", pattern: "/.well-known/did.json", isSigned: false),
        RouteUnderTest(method: "GET", pattern: "/status/{purpose}/{list}", isSigned: false, example: "/status/revocation/0"),
    ]

    private static func route(
        _ name: String, _ kind: StatementKind, _ content: @escaping @Sendable () throws -> StatementContent,
        isSigned: Bool = true, isOperators: Bool = false
    ) -> RouteUnderTest {
        var route = RouteUnderTest(
            method: "POST", pattern: "/api/v1/participants/{prefix}/{suffix}/\(name)", isSigned: isSigned,
            body: .statement(kind) { _ in try content() }, identifier: .participant)
        if isOperators { route.caller = { $0.node.operatorKey } }
        return route
    }
}
