import Encoding
import Exchange
import HTTPTransport

/// The way of a version into force: the operator's review, the compliance checklist, and what waits for whom.
struct ReviewRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        addStatement("/reviews", .productReview, &router)
        addStatement("/compliance", .complianceDeclaration, &router)
        addStatement("/compliance/reviews", .complianceReview, &router)
        router.add("GET", "/api/v1/products/{prefix}/{suffix}/versions") { request, path in
            try TargetQuery.allow(request, [])
            let identifier = try StatementIntake.identifier(path, .product)
            guard let product = await services.sequencer.read({ $0.products[identifier] }) else {
                throw Problem.missing("product", identifier)
            }
            let items = product.versions.enumerated().map { Self.view($1, number: Int64($0) + 1) }
            return .json(200, ["identifier": .string(identifier.text), "status": .string(product.status.rawValue), "items": .array(items)])
        }
        router.add("GET", "/api/v1/products/{prefix}/{suffix}/compliance") { request, path in try await declaration(request, path) }
        router.add("GET", "/api/v1/reviews") { request, _ in try await waiting(request) }
    }

    private func addStatement(_ ending: String, _ kind: StatementKind, _ router: inout Router) {
        router.add("POST", "/api/v1/products/{prefix}/{suffix}\(ending)", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, kind)
            if case .catalogue(let statement) = verified.statement.content {
                try intake.checkPath(path, .product, is: statement.subject.product)
            }
            return try await intake.record(Command(verified))
        }
    }

    /// How a version stands.
    private static func view(_ version: ProductVersion, number: Int64) -> JSONValue {
        var object: JSONObject = [
            "version": .integer(number), "status": .string(version.status.rawValue),
            "awaiting": .array(version.awaits.map { .string($0.rawValue) }), "strictness": .integer(version.strictness),
            "entry": .integer(Int64(clamping: version.listed.seq)),
        ]
        object["snapshot"] = version.data.map { .string($0.snapshot) }
        object["reviewed"] = version.reviewed.map { .integer(Int64(clamping: $0.seq)) }
        if let compliance = version.compliance {
            object["compliance"] = [
                "status": .string(compliance.status.rawValue), "declaration": .string(compliance.declared.statement),
                "entry": .integer(Int64(clamping: compliance.declared.seq)),
            ]
        }
        if let assessment = version.assessment {
            object["quality"] = [
                "rows": .integer(assessment.rows), "minimumCompleteness": .integer(assessment.minimumCompleteness),
                "meanCompleteness": .integer(assessment.meanCompleteness), "duplicates": .integer(assessment.duplicates),
                "issues": .integer(assessment.issueCount), "report": .string(assessment.report),
                "entry": .integer(Int64(clamping: assessment.mark.seq)),
            ]
        }
        return .object(object)
    }

    /// The answers to the checklist, as they stand in the ledger.
    private func declaration(_ request: HTTPRequest, _ path: PathParameters) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["version"])
        let identifier = try StatementIntake.identifier(path, .product)
        let asked = try TargetQuery.number(request, "version")
        guard let product = await services.sequencer.read({ $0.products[identifier] }) else {
            throw Problem.missing("product", identifier)
        }
        let number = asked.map { Int64(clamping: $0) } ?? Int64(product.versions.count)
        guard let compliance = product.version(number)?.compliance,
            case .catalogue(.declaration(let declaration)) = try services.recorded(compliance.declared.seq).event.statement.content
        else {
            throw Problem(
                code: "not-found", status: 404, title: "There is no such thing",
                detail: "the provider has declared nothing about version \(number) of \(identifier)",
                hint: "The provider does it with: hexi product declare \(identifier)")
        }
        return .json(
            200,
            [
                "product": .string(identifier.text), "version": .integer(number), "status": .string(compliance.status.rawValue),
                "declaration": .string(compliance.declared.statement), "answers": declaration.answers.json,
                "entry": .integer(Int64(clamping: compliance.declared.seq)),
            ])
    }

    /// The versions that wait: for the operator all of them, for a provider its own. The longest waiting comes first.
    private func waiting(_ request: HTTPRequest) async throws -> HTTPResponse {
        let caller = try intake.authenticator.authenticate(request).caller
        try TargetQuery.allow(request, [])
        let own = caller.identifier
        let seesEverything = caller.seesEverything
        let found = await services.sequencer.read { state in
            var found: [(seq: UInt64, view: JSONValue)] = []
            for product in state.products.values where product.status != .withdrawn && (seesEverything || product.provider == own) {
                for (index, version) in product.versions.enumerated() where !version.awaits.isEmpty {
                    var object = Self.view(version, number: Int64(index) + 1).objectValue ?? [:]
                    object["product"] = .string(product.identifier.text)
                    object["title"] = .object(JSONObject(product.title.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
                    object["provider"] = .string(product.provider.text)
                    object["providerName"] = .string(state.participants[product.provider]?.name ?? "")
                    found.append((version.listed.seq, .object(object)))
                }
            }
            return found
        }
        let items = found.sorted { $0.seq < $1.seq }.prefix(1000).map(\.view)
        return .json(200, ["items": .array(items), "total": .integer(Int64(found.count))])
    }
}
