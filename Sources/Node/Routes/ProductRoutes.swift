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
        let uploads = SnapshotUploads(services: services, authenticator: intake.authenticator)
        router.add("POST", "/api/v1/snapshots", body: uploads.body, admission: { try uploads.admit($0) }) { request, _ in
            try await uploads.receive(request)
        }
        router.add("POST", "/api/v1/products", body: StatementIntake.body) { request, _ in
            let verified = try intake.signedStatement(request, .productListing)
            return try await intake.record(Command(verified)) {
                if case .productListing(let listing) = verified.statement.content { try services.snapshots.check(listing) }
            }
        }
        router.add("POST", "/api/v1/products/{prefix}/{suffix}/withdrawal", body: StatementIntake.body) { request, path in
            let verified = try intake.signedStatement(request, .productWithdrawal)
            if case .productWithdrawal(let withdrawal) = verified.statement.content {
                try intake.checkPath(path, .product, is: withdrawal.product)
            }
            return try await intake.record(Command(verified))
        }
        router.add("GET", "/api/v1/products") { request, _ in try await search(request) }
        router.add("GET", "/api/v1/products/{prefix}/{suffix}") { request, path in
            try TargetQuery.allow(request, [])
            let identifier = try StatementIntake.identifier(path, .product)
            guard let view = try await views([identifier]).first else { throw Problem.missing("product", identifier) }
            return .json(200, view)
        }
    }

    private func search(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["q", "provider", "grade", "class", "withdrawn", "limit", "cursor"])
        let paging = try Paging(request, default: 20)
        let includeWithdrawn: Bool
        switch try request.queryValue("withdrawn") {
        case "true": includeWithdrawn = true
        case "false", nil: includeWithdrawn = false
        default: throw TargetQuery.problem("withdrawn", "must be true or false")
        }
        let query = CatalogueQuery(
            text: try request.queryValue("q") ?? "", provider: try TargetQuery.identifier(request, "provider", .participant)?.text,
            grade: try TargetQuery.choice(request, "grade", ProductGrade.self)?.rawValue,
            class: try TargetQuery.choice(request, "class", ProductClass.self)?.rawValue,
            includeWithdrawn: includeWithdrawn, limit: paging.limit, cursor: paging.cursor)
        let page: CataloguePage
        do { page = try services.index.search(query) } catch {
            switch error {
            case .queryTooLong: throw TargetQuery.problem("q", error.description)
            case .badCursor: throw TargetQuery.problem("cursor", "is not one that this node gave out")
            default: throw error
            }
        }
        let identifiers = page.hits.compactMap { try? Identifier($0.identifier) }
        let views = try await views(identifiers)
        var object: JSONObject = [
            "items": .array(views), "total": .integer(Int64(page.total)), "totalIsExact": .bool(page.totalIsExact),
        ]
        object["next"] = page.nextCursor.map { .string($0) }
        return .json(200, .object(object))
    }

    /// How products look to everybody: by the version in force, or else by the newest.
    private func views(_ identifiers: [Identifier]) async throws -> [JSONValue] {
        let (found, currency) = await services.sequencer.read { state in
            let found = identifiers.compactMap { state.products[$0] }
            return (found.map { ($0, state.participants[$0.provider]?.name ?? "") }, state.space?.currency ?? "")
        }
        return try found.compactMap { product, provider in
            // The state holds what the rules need; the words of a listing are in the ledger.
            guard let version = product.versionInForce ?? product.versions.last else { return nil }
            guard case .productListing(let listing) = try services.recorded(version.listed.seq).event.statement.content
            else { return nil }
            return Views.product(product, listing, provider: provider, currency: currency)
        }
    }
}
