import Encoding
import Exchange
import HTTPTransport
import Signing

/// The space's own affairs: its policy, its operators, and the keys of its node.
struct SpaceRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/space/policy", body: StatementIntake.body) { request, _ in
            try await intake.record(Command(intake.signedStatement(request, .spacePolicy)))
        }
        router.add("GET", "/api/v1/space/policy") { request, _ in
            try TargetQuery.allow(request, [])
            let space = await services.sequencer.read { $0.space }
            var object = JSONObject((space?.policy ?? SpacePolicy()).members.compactMap { name, value in value.map { (name, $0) } })
            object["seq"] = space?.policySet.map { .integer(Int64(clamping: $0.seq)) }
            return .json(200, .object(object))
        }
        router.add("POST", "/api/v1/space/operators", body: StatementIntake.body) { request, _ in
            try await intake.record(Command(intake.signedStatement(request, .operatorAppointment)))
        }
        router.add("GET", "/api/v1/space/operators") { request, _ in
            try TargetQuery.allow(request, [])
            let (space, operators) = await services.sequencer.read { ($0.space, $0.identity.operators) }
            var object: JSONObject = ["items": .array(operators.map(Views.spaceOperator))]
            object["rootKey"] = space.map { .string($0.operatorKeyIdentifier) }
            return .json(200, .object(object))
        }
        router.add("POST", "/api/v1/space/node-keys", body: StatementIntake.body) { request, _ in
            let verified = try intake.signedStatement(request, .nodeKeys)
            return try await intake.record(Command(verified)) {
                // After a change to keys that are not here the node could issue nothing.
                if case .identity(.nodeKeys(let change)) = verified.statement.content {
                    _ = try services.nodeKeys.signer(for: change.nodeKeys)
                }
            }
        }
    }
}
