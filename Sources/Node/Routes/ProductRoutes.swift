import Encoding
import Exchange
import HTTPTransport
import Sandbox
import Storage

/// Snapshots, listings and the catalogue.
struct ProductRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    func add(to router: inout Router) {
        router.add(
            "POST", "/api/v1/snapshots",
            body: .file(
                directory: services.snapshots.uploadDirectory, limitBytes: services.home.configuration.maximumUploadBytes)
        ) { request, _ in try await upload(request) }
        router.add("POST", "/api/v1/products", body: StatementIntake.body) { request, _ in
            let verified = try await intake.signedStatement(request, .productListing)
            if case .productListing(let listing) = verified.statement.content { try services.snapshots.check(listing) }
            return try await intake.record(Command(verified))
        }
        router.add("POST", "/api/v1/products/{prefix}/{suffix}/withdrawal", body: StatementIntake.body) { request, path in
            let verified = try await intake.signedStatement(request, .productWithdrawal)
            if case .productWithdrawal(let withdrawal) = verified.statement.content {
                try intake.checkPath(path, .product, is: withdrawal.product)
            }
            return try await intake.record(Command(verified))
        }
        router.add("GET", "/api/v1/products") { request, _ in try await search(request) }
        router.add("GET", "/api/v1/products/{prefix}/{suffix}") { _, path in
            let identifier = try StatementIntake.identifier(path, .product)
            guard let view = await services.sequencer.read({ $0.productView(identifier) }) else {
                throw Problem.missing("product", identifier)
            }
            return .json(200, view)
        }
    }

    private func upload(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard case .participant(let provider) = try await intake.authenticator.authenticate(request).caller,
            provider.roles.contains(.provider)
        else { throw Refusal(.roleMissing, "only a provider brings in snapshots") }
        let format: ImportFormat
        switch try request.queryValue("format") {
        case "csv", nil: format = .csv
        case "parquet": format = .parquet
        default: throw TargetQuery.problem("format", "must be csv or parquet")
        }
        guard case .file(let path, let count, _) = request.body, count > 0 else {
            throw Problem(code: "body-missing", status: 400, title: "The request needs a body", detail: "send the file as the body")
        }
        let record = try await services.gate.run {
            try await services.snapshots.importFile(path, format: format, provider: provider.identifier)
        }
        return .json(201, ["snapshot": record.json])
    }

    private func search(_ request: HTTPRequest) async throws -> HTTPResponse {
        let paging = try Paging(request, default: 20)
        let includeWithdrawn = try request.queryValue("withdrawn") == "true"
        let query = CatalogueQuery(
            text: try request.queryValue("q") ?? "", provider: try request.queryValue("provider"),
            grade: try TargetQuery.choice(request, "grade", ProductGrade.self)?.rawValue,
            class: try TargetQuery.choice(request, "class", ProductClass.self)?.rawValue,
            includeWithdrawn: includeWithdrawn, limit: paging.limit, cursor: paging.cursor)
        let page: CataloguePage
        do { page = try services.index.search(query) } catch {
            switch error {
            case .queryTooLong, .badCursor, .badLimit: throw TargetQuery.problem("q", error.description)
            default: throw error
            }
        }
        let identifiers = page.hits.compactMap { try? Identifier($0.identifier) }
        let views = await services.sequencer.read { state in identifiers.compactMap { state.productView($0) } }
        var object: JSONObject = [
            "items": .array(views), "total": .integer(Int64(page.total)), "totalIsExact": .bool(page.totalIsExact),
        ]
        object["next"] = page.nextCursor.map { .string($0) }
        return .json(200, .object(object))
    }
}

extension ExchangeState {
    func productView(_ identifier: Identifier) -> JSONValue? {
        guard let product = products[identifier] else { return nil }
        return Views.product(
            product, provider: participants[product.provider]?.name ?? "", currency: space?.currency ?? "")
    }
}
