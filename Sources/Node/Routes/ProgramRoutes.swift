import Encoding
import Exchange
import HTTPTransport
import Signing

/// Buyers' programs: brought by the buyer whose recorded query names them, and read by the providers who decide on them.
struct ProgramRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        // Who sends a program is known before it is taken into memory.
        router.add(
            "PUT", "/api/v1/programs/{sha256}", body: .memory(limitBytes: ProgramStore.maximumBundleBytes),
            admission: { [authenticator = intake.authenticator] head in try authenticator.admit(head) },
            handler: { request, path in try await put(request, try EvidenceRoutes.digest(path)) })
        router.add("GET", "/api/v1/programs/{sha256}") { request, path in try await get(request, try EvidenceRoutes.digest(path)) }
    }

    private func put(_ request: HTTPRequest, _ sha256: String) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        guard let admitted = request.admission as? Authenticated else {
            throw Problem(
                code: "body-missing", status: 400, title: "The request needs a body",
                detail: "the body is missing; send the bundle as the body", pointer: "")
        }
        let caller = try intake.authenticator.authenticateBody(admitted, of: request).caller
        let queries = await queries(naming: sha256).filter { $0.submission.buyer == caller.identifier }
        guard !queries.isEmpty else {
            throw Problem(
                code: "program-not-named", status: 404, title: "No query names this program",
                detail: "no query of yours that is on record names the bundle \(sha256)",
                hint: "Submit the query first (hexi program submit); it fixes which bundle belongs to it.")
        }
        let digest = SHA256.hash(request.body.bytes)
        guard digest.description == sha256 else {
            throw Problem(
                code: "program-differs", status: 422, title: "This is another file",
                detail: "the body's SHA-256 is \(digest), the path names \(sha256)")
        }
        let isNew = !services.programs.hasBundle(sha256)
        if isNew { try await services.programs.store(bundle: request.body.bytes) }
        return .json(isNew ? 201 : 200, ["sha256": .string(sha256), "bytes": .integer(Int64(request.body.count))])
    }

    private func get(_ request: HTTPRequest, _ sha256: String) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        let caller = try intake.authenticator.authenticate(request).caller
        let named = await services.sequencer.read { state in
            state.queries.values.contains { $0.submission.program?.bundle == sha256 && state.sees(caller, $0) }
        }
        guard named else {
            throw Problem(
                code: "not-found", status: 404, title: "There is no such thing", detail: "there is no program \(sha256) that you may see")
        }
        guard let bytes = try await services.programs.bundle(sha256) else {
            throw Problem(
                code: "program-missing", status: 409, title: "The program is not here",
                detail: "a query names the bundle \(sha256), which its buyer has not brought to the node",
                hint: "The buyer brings it with: hexi program upload FILE")
        }
        return .bytes(200, type: EvidenceRoutes.mediaType, bytes, headers: EvidenceRoutes.attachment)
    }

    private func queries(naming sha256: String) async -> [Exchange.Query] {
        await services.sequencer.read { state in state.queries.values.filter { $0.submission.program?.bundle == sha256 } }
    }
}
