import Encoding
import Exchange
import HTTPTransport

/// Consents of subjects: a provider brings a subject and gets its token, which is all that statements and others ever see.
struct ConsentRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/products/{prefix}/{suffix}/subjects", body: StatementIntake.body) { request, path in
            try await keep(request, path)
        }
        router.add("POST", "/api/v1/consents", body: StatementIntake.body) { request, _ in try await give(request) }
        router.add("POST", "/api/v1/consents/ends", body: StatementIntake.body) { request, _ in
            try await intake.record(Command(intake.signedStatement(request, .subjectConsentEnd)))
        }
        router.add("GET", "/api/v1/consents") { request, _ in try await list(request) }
    }

    /// Takes a subject from the provider of a product, and answers with its token.
    private func keep(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        let authenticated = try intake.authenticator.authenticate(request)
        let product = try StatementIntake.identifier(path, .product)
        let document = try StatementIntake.document(request)
        try document.allowMembers(["subject"])
        let subject = try document.member("subject").string(minimumCount: 1, maximumCount: SubjectStore.maximumCount)
        guard !subject.utf8.contains(0) else { throw try document.member("subject").mismatch("must not contain a NUL character") }
        let found = await services.sequencer.read { $0.products[product] }
        guard let found else { throw Problem.missing("product", product) }
        guard authenticated.caller.identifier == found.provider else {
            throw Refusal(.signerNotNamed, "subjects of a product are brought by its provider", pointer: "")
        }
        guard found.versionInForce?.data?.match != nil else {
            throw Refusal(.modeNotOffered, "no version in force of \(product) answers about single subjects")
        }
        let token = try await BlockingWork.run { [subjects = services.subjects] in try subjects.keep(subject, of: product) }
        return .json(201, ["product": .string(product.text), "token": .string(token)])
    }

    /// Records a consent, whose token this node must be able to resolve.
    private func give(_ request: HTTPRequest) async throws -> HTTPResponse {
        let verified = try intake.signedStatement(request, .subjectConsent)
        guard case .run(.consent(let consent)) = verified.statement.content else { throw StatementError.wrongForm(.subjectConsent) }
        return try await intake.record(Command(verified)) {
            guard services.subjects.subject(consent.token, of: consent.product) != nil else {
                throw Problem(
                    code: "subject-unknown", status: 409, title: "The node does not know whom the token stands for",
                    detail: "no subject of \(consent.product) was brought for this token, or it was forgotten since",
                    hint: "Bring the subject first: hexi consent give does both.")
            }
        }
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let caller = try intake.authenticator.authenticate(request).caller
        try TargetQuery.allow(request, ["product", "limit", "cursor"])
        let paging = try Paging(request)
        let product = try TargetQuery.identifier(request, "product", .product)
        let found = await services.sequencer.read { state in
            state.runs.consents.filter { key, _ in
                (product == nil || key.product == product)
                    && (caller.seesEverything || caller.identifier == key.buyer
                        || caller.identifier.map { $0 == state.products[key.product]?.provider } ?? false)
            }.map { ($0.key, $0.value) }
        }
        let now = await services.sequencer.now()
        return .json(200, try paging.page(found, number: \.1.given.seq) { Self.view($0.0, $0.1, at: now) })
    }

    private static func view(_ key: ConsentKey, _ consent: Consent, at time: Timestamp) -> JSONValue {
        [
            "product": .string(key.product.text), "buyer": .string(key.buyer.text), "token": .string(key.token),
            "validFrom": .string(consent.validFrom.description), "validUntil": .string(consent.validUntil.description),
            "inForce": .bool(consent.isInForce(at: time)), "seq": .integer(Int64(clamping: consent.given.seq)),
        ]
    }
}
