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
        router.add("POST", "/api/v1/participants/{prefix}/{suffix}/decisions", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .participantDecision)
            if case .participantDecision(let decision) = verified.statement.content {
                try intake.checkPath(path, .participant, is: decision.participant)
            }
            return try await intake.record(Command(verified))
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
            switch try intake.authenticator.authenticate(request).caller {
            case .spaceOperator: return .json(200, ["identifier": "operator"])
            case .participant(let participant): return .json(200, Views.participant(participant))
            }
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
