import Encoding
import Exchange
import HTTPTransport
import Signing

/// A participant's keys: rotation, recovery, and those of its staff.
struct KeyRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    private static let participant = "/api/v1/participants/{prefix}/{suffix}"

    func add(to router: inout Router) {
        add("keys", .participantKeys, to: &router)
        // Several sign these, and the last of them, whose key may not count yet, hands them in; or somebody who is suspended
        // objects. The statement's own signatures say enough, and to hand in somebody else's does no harm.
        add("recovery", .keyRecovery, isSigned: false, to: &router)
        add("recovery/objection", .keyRecoveryObjection, isSigned: false, to: &router)
        add("recovery/completion", .keyRecoveryCompletion, isSigned: false, to: &router)
        add("delegations", .delegation, isSigned: false, to: &router)
        add("delegations/revocations", .delegationRevocation, to: &router)
        router.add("GET", "\(Self.participant)/recovery") { request, path in
            let (recovery, now) = try await read(request, path) { $0.identity.recoveries[$1] }
            guard let recovery else {
                throw Problem(
                    code: "not-found", status: 404, title: "There is no recovery", detail: "nobody has proposed new keys for this participant")
            }
            return .json(200, Views.recovery(recovery, at: now))
        }
        router.add("GET", "\(Self.participant)/delegations") { request, path in
            let (staff, now) = try await read(request, path) { state, identifier in
                state.identity.staffKeys.values.filter { $0.delegation.participant == identifier }
            }
            let items = staff.sorted { $0.granted.seq < $1.granted.seq }.map { Views.staff($0, at: now) }
            return .json(200, ["items": .array(items)])
        }
    }

    private func add(_ name: String, _ kind: StatementKind, isSigned: Bool = true, to router: inout Router) {
        router.add("POST", "\(Self.participant)/\(name)", body: StatementIntake.body) { request, path in
            let verified = isSigned ? try intake.signedStatement(request, kind) : try intake.statement(request, kind)
            guard case .identity(let statement) = verified.statement.content, let participant = statement.changedParticipant else {
                throw StatementError.wrongForm(kind)
            }
            try intake.checkPath(path, .participant, is: participant)
            return try await intake.record(Command(verified))
        }
    }

    /// Reads something of the participant that a path names, which must be there.
    private func read<Value: Sendable>(
        _ request: HTTPRequest, _ path: PathParameters, _ body: @escaping @Sendable (ExchangeState, Identifier) -> Value
    ) async throws -> (Value, Timestamp) {
        try TargetQuery.allow(request, [])
        let identifier = try StatementIntake.identifier(path, .participant)
        let value = await services.sequencer.read { state in
            state.participants[identifier] == nil ? nil : body(state, identifier)
        }
        guard let value else { throw Problem.missing("participant", identifier) }
        return (value, await services.sequencer.now())
    }
}
