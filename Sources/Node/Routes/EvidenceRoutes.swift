import Encoding
import Exchange
import HTTPTransport
import Signing
import Storage

/// Evidence: files that statements name by the digest of their salted content. Who named one brings it; who may look into an
/// application can read it.
struct EvidenceRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    static let mediaType = "application/octet-stream"
    /// A stranger's file is kept, not shown.
    static let attachment: HTTPHeaders = [
        "Cache-Control": "no-store", "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff",
    ]

    func add(to router: inout Router) {
        // Who sends a file is known before it is taken into memory.
        let body = BodyPolicy.memory(limitBytes: EvidenceStore.maximumCount)
        router.add(
            "PUT", "/api/v1/evidence/{sha256}", body: body,
            admission: { [authenticator = intake.authenticator] head in try authenticator.admitApplicant(head) },
            handler: { request, path in try await put(request, try Self.digest(path)) })
        router.add("GET", "/api/v1/evidence/{sha256}") { request, path in try await get(request, try Self.digest(path)) }
        router.add("GET", "/api/v1/evidence") { request, _ in try await list(request) }
    }

    static func digest(_ path: PathParameters) throws -> String {
        let text = try path.value("sha256")
        guard text.utf8.count == 64, Hexadecimal.isValid(text) else {
            throw Problem(
                code: "invalid-digest", status: 400, title: "The path holds no digest",
                detail: "files are named by their SHA-256 (evidence: of its salted content), 64 lower-case hexadecimal digits")
        }
        return text
    }

    private func put(_ request: HTTPRequest, _ sha256: String) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        guard let admitted = request.admission as? AdmittedApplicant else {
            _ = try intake.authenticator.applicant(request)
            throw Problem(
                code: "body-missing", status: 400, title: "The request needs a body",
                detail: "the body is missing; send 32 bytes of salt and the file as the body", pointer: "")
        }
        let participant = try intake.authenticator.authenticateBody(admitted, of: request)
        let named = try await services.evidence.named(sha256).filter { $0.owner == participant.identifier.text }
        guard let record = named.first else {
            throw Problem(
                code: "evidence-not-named", status: 404, title: "Nothing names this evidence",
                detail: "no recorded statement of \(participant.identifier) names \(sha256) as evidence",
                hint: "Record the statement first; it fixes which files belong to it.")
        }
        let bytes = request.body.bytes
        guard SHA256.hash(bytes).description == sha256 else {
            throw Problem(
                code: "evidence-differs", status: 422, title: "This is another file",
                detail: "the body's SHA-256 is \(SHA256.hash(bytes)), the path names \(sha256)",
                hint: "Send the 32 bytes of salt that the digest was made with, and then the file as it was then.")
        }
        guard Int64(bytes.count) == record.size + Int64(EvidenceReference.saltCount) else {
            throw Problem(
                code: "evidence-differs", status: 422, title: "The file has another size than was stated",
                detail: "the body has \(bytes.count) bytes, \(EvidenceReference.saltCount) of them salt; the statement says that the file has \(record.size)")
        }
        let isNew = !services.evidence.isStored(sha256)
        if isNew { try await services.evidence.store(bytes) }
        return .json(isNew ? 201 : 200, Self.view(record, isStored: true))
    }

    private func get(_ request: HTTPRequest, _ sha256: String) async throws -> HTTPResponse {
        try TargetQuery.allow(request, [])
        let named = try await services.evidence.named(sha256)
        guard let record = try seen(named, by: request).first else { throw Self.missing(sha256) }
        guard let bytes = try await services.evidence.read(sha256) else {
            throw Problem(
                code: "evidence-not-here", status: 404, title: "The evidence has not been brought yet",
                detail: "\(record.owner) named \(sha256), but the file has not come",
                hint: "Its owner sends it with \"hexi evidence put FILE\".")
        }
        return .bytes(200, type: Self.mediaType, bytes, headers: Self.attachment)
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["of"])
        guard let subject = try request.queryValue("of"), let identifier = try? Identifier(subject) else {
            throw TargetQuery.problem("of", "must be the identifier of what the evidence is about, such as a participant's")
        }
        let records = try await BlockingWork.run { [index = services.index] in try index.evidence(about: identifier.text) }
        let seen = try seen(records, by: request)
        return .json(200, ["items": .array(seen.map { Self.view($0, isStored: services.evidence.isStored($0.sha256)) })])
    }

    /// The records that the caller may see: the operator, auditors and regulators all, others their own.
    private func seen(_ records: [EvidenceRecord], by request: HTTPRequest) throws -> [EvidenceRecord] {
        guard let keyIdentifier = claimedKey(request), services.directory.owner(of: keyIdentifier) != nil else {
            // Operators, staff and strangers.
            let authenticated = try intake.authenticator.authenticate(request)
            return authenticated.caller.seesEverything ? records : []
        }
        let participant = try intake.authenticator.applicant(request)
        if participant.status == .active, Caller.participant(participant).seesEverything { return records }
        return records.filter { $0.owner == participant.identifier.text }
    }

    private func claimedKey(_ request: HTTPRequest) -> String? {
        if let bundle = request.admission as? BundleCaller { return bundle.keyIdentifier }
        return (try? HTTPMessageSignature.select(
            signatureInput: request.headers.combined("Signature-Input"), signature: request.headers.combined("Signature")))?
            .keyIdentifier
    }

    private static func missing(_ sha256: String) -> Problem {
        Problem(
            code: "not-found", status: 404, title: "There is no such thing",
            detail: "there is no evidence \(sha256) that you may see")
    }

    private static func view(_ record: EvidenceRecord, isStored: Bool) -> JSONValue {
        [
            "sha256": .string(record.sha256), "kind": .string(record.kind), "name": .string(record.name),
            "mediaType": .string(record.mediaType), "size": .integer(record.size), "about": .string(record.subject),
            "owner": .string(record.owner), "seq": .integer(Int64(clamping: record.seq)), "stored": .bool(isStored),
        ]
    }
}
