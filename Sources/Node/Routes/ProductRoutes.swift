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
        try TargetQuery.allow(
            request,
            ["q", "provider", "grade", "class", "form", "updateCycle", "keyword", "facets", "withdrawn", "limit", "cursor"])
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
            form: try TargetQuery.choice(request, "form", ProductForm.self)?.rawValue,
            updateCycle: try request.queryValue("updateCycle"), keyword: try request.queryValue("keyword"),
            includeWithdrawn: includeWithdrawn, facets: try Self.facets(request), limit: paging.limit, cursor: paging.cursor)
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
        if !query.facets.isEmpty {
            object["facets"] = Self.view(page.facets, of: query)
            object["facetsAreExact"] = .bool(page.facetsAreExact)
        }
        return .json(200, .object(object))
    }

    /// The facets that a request wants counted: their names with commas between, or `all`.
    private static func facets(_ request: HTTPRequest) throws -> [CatalogueFacet] {
        guard let text = try request.queryValue("facets") else { return [] }
        if text == "all" { return CatalogueFacet.allCases }
        var facets: [CatalogueFacet] = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let facet = CatalogueFacet(rawValue: String(name)) else {
                let known = CatalogueFacet.allCases.map(\.rawValue).joined(separator: ", ")
                throw TargetQuery.problem("facets", "must be all, or some of \(known) with commas between")
            }
            if !facets.contains(facet) { facets.append(facet) }
        }
        return facets
    }

    private static func view(_ facets: [CatalogueFacet: [FacetCount]], of query: CatalogueQuery) -> JSONValue {
        .object(
            JSONObject(query.facets.map { facet in
                let counts = (facets[facet] ?? []).map { count -> JSONValue in
                    ["value": .string(count.value), "count": .integer(Int64(count.count))]
                }
                return (facet.rawValue, .array(counts))
            }))
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
