import Encoding
import Exchange
import HTTPTransport

/// Registration, and the public register.
struct ParticipantRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/participants", body: StatementIntake.body) { request, _ in
            // An application brings its own key: nobody is registered yet who could sign the request.
            try await intake.record(Command(intake.statement(request, .participantApplication)))
        }
        router.add("POST", "/api/v1/participants/{prefix}/{suffix}/reviews", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .participantReview)
            guard case .identity(.review(let review)) = verified.statement.content else { throw StatementError.wrongForm(.participantReview) }
            try intake.checkPath(path, .participant, is: review.participant)
            return try await record(verified, needsEvidenceOf: review.finding == .complete ? review.participant : nil)
        }
        router.add("POST", "/api/v1/participants/{prefix}/{suffix}/decisions", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .participantDecision)
            guard case .participantDecision(let decision) = verified.statement.content else { throw StatementError.wrongForm(.participantDecision) }
            try intake.checkPath(path, .participant, is: decision.participant)
            return try await record(verified, needsEvidenceOf: decision.decision == .approve ? decision.participant : nil)
        }
        router.add("GET", "/api/v1/participants") { request, _ in try await list(request) }
        router.add("GET", "/api/v1/participants/{prefix}/{suffix}") { request, path in
            try TargetQuery.allow(request, [])
            let identifier = try StatementIntake.identifier(path, .participant)
            guard let participant = await services.sequencer.read({ $0.participants[identifier] }) else {
                throw Problem.missing("participant", identifier)
            }
            return .json(200, Views.participant(participant))
        }
        router.add("GET", "/api/v1/whoami") { request, _ in
            try TargetQuery.allow(request, [])
            return try await whoami(try intake.authenticator.authenticate(request))
        }
    }

    private func whoami(_ authenticated: Authenticated) async throws -> HTTPResponse {
        guard case .participant(let participant) = authenticated.caller else {
            let appointed = await services.sequencer.read { state in
                state.identity.operators.first { $0.key.keyIdentifier == authenticated.keyIdentifier }
            }
            var object: JSONObject = ["identifier": "operator"]
            object["operator"] = appointed.map(Views.spaceOperator)
            return .json(200, .object(object))
        }
        guard let delegation = authenticated.delegation, var object = Views.participant(participant).objectValue else {
            return .json(200, Views.participant(participant))
        }
        var staff = JSONObject(delegation.members.compactMap { name, value in value.map { (name, $0) } })
        staff["participant"] = nil
        object["delegation"] = .object(staff)
        return .json(200, .object(object))
    }

    /// Records what says that an application is in order, which nobody can say who could not read its evidence.
    private func record(_ verified: VerifiedStatement, needsEvidenceOf applicant: Identifier?) async throws -> HTTPResponse {
        guard let applicant, let seq = await services.sequencer.read({ $0.participants[applicant]?.created.seq }) else {
            return try await intake.record(Command(verified))
        }
        return try await intake.record(Command(verified)) {
            let missing = services.evidence.missing(try services.recorded(seq).event.statement.evidence)
            if !missing.isEmpty { throw EvidenceStore.problem(missing: missing) }
        }
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["status", "role", "limit", "cursor"])
        let paging = try Paging(request)
        let status = try TargetQuery.choice(request, "status", ParticipantStatus.self)
        let role = try TargetQuery.choice(request, "role", Role.self)
        let found = await services.sequencer.read { state in
            state.participants.values.filter { participant in
                (status == nil || participant.status == status) && (role.map { participant.roles.contains($0) } ?? true)
            }
        }
        return .json(200, try paging.page(found, number: \.created.seq, view: Views.participant))
    }
}

extension Problem {
    static func missing(_ kind: String, _ identifier: Identifier) -> Problem {
        Problem(
            code: "not-found", status: 404, title: "There is no such thing",
            detail: "there is no \(kind) \(identifier) in this space")
    }
}
