import Encoding
import Exchange
import HTTPTransport

/// The files that programs made: held until the providers have decided on them, then the buyer's.
struct ArtefactRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("GET", "/api/v1/artefacts") { request, _ in try await list(request) }
        router.add("GET", "/api/v1/runs/{prefix}/{suffix}/artefacts/{name}") { request, path in try await get(request, path) }
        router.add("POST", "/api/v1/runs/{prefix}/{suffix}/artefacts/{name}/decisions", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .artefactDecision)
            if case .run(.artefactDecision(let decision)) = verified.statement.content {
                try intake.checkPath(path, .run, is: decision.run)
                guard try path.value("name") == decision.artefact else {
                    throw Problem(
                        code: "path-differs", status: 400, title: "The path and the statement are about different things",
                        detail: "the path names another artefact than the statement")
                }
            }
            return try await intake.record(Command(verified))
        }
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let caller = try intake.authenticator.authenticate(request).caller
        try TargetQuery.allow(request, ["status", "limit", "cursor"])
        let paging = try Paging(request)
        let status = try TargetQuery.choice(request, "status", ArtefactStatus.self)
        let found = await services.sequencer.read { state in
            state.runs.artefacts.filter { (status == nil || $0.value.status == status) && $0.value.isSeen(by: caller) }
                .map { key, held in (key: key, held: held, seq: state.runs.results[key.run]?.seq ?? 0) }
        }
        return .json(200, try paging.page(found, number: \.seq) { Self.view($0.key, $0.held) })
    }

    /// A provider concerned looks at an artefact before it decides, the buyer gets it once it is released.
    private func get(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        let authenticated = try intake.authenticator.authenticate(request)
        let caller = authenticated.caller
        let run = try StatementIntake.identifier(path, .run)
        let name = try path.value("name")
        let (held, kept) = await services.sequencer.read { state in
            (state.runs.artefacts[ArtefactKey(run: run, name: name)], state.runs.results[run])
        }
        guard let held, held.isSeen(by: caller) else {
            throw Problem(
                code: "not-found", status: 404, title: "There is no such thing", detail: "there is no such artefact that you may see")
        }
        let isProvider = caller.identifier.map { held.decisions[$0] != nil } ?? false
        guard isProvider && held.status == .held || held.status == .released && (isProvider || caller.identifier == held.buyer) else {
            throw Problem(
                code: "artefact-held", status: 403, title: "The artefact has not been released",
                detail: "the artefact is \(held.status.rawValue); until every provider concerned has released it, only they can look at it")
        }
        guard kept != nil, let bytes = try await services.programs.artefact(held.artefact.sha256) else {
            throw Problem(
                code: "result-gone", status: 410, title: "The artefact is not kept",
                detail: "the contract's time for keeping the run's result is over, or it was destroyed")
        }
        if caller.identifier == held.buyer, let kept { try services.checkResultAccess(try services.recorded(kept.seq), authenticated.keyIdentifier) }
        return .bytes(200, type: EvidenceRoutes.mediaType, bytes, headers: EvidenceRoutes.attachment)
    }

    private static func view(_ key: ArtefactKey, _ held: HeldArtefact) -> JSONValue {
        [
            "run": .string(key.run.text), "name": .string(key.name), "sha256": .string(held.artefact.sha256),
            "bytes": .integer(held.artefact.bytes), "buyer": .string(held.buyer.text), "status": .string(held.status.rawValue),
            "decisions": .array(
                held.decisions.sorted { $0.key < $1.key }.map { provider, decision in
                    ["provider": .string(provider.text), "verdict": decision.verdict.map { .string($0.rawValue) } ?? .null]
                }),
        ]
    }
}

extension HeldArtefact {
    /// An artefact is known to its buyer, to the providers who decide on it, and to those who see everything.
    func isSeen(by caller: Caller) -> Bool {
        if caller.seesEverything { return true }
        guard let identifier = caller.identifier else { return false }
        return identifier == buyer || decisions[identifier] != nil
    }
}
