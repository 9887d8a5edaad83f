import Encoding
import Exchange
import HTTPTransport

/// The catalogue as a whole: many listings at once, and the export for other catalogues.
struct CatalogueRoutes: Sendable {
    let services: NodeServices
    let intake: StatementIntake

    /// The most listings of one batch.
    static let maximumBatch = 200
    static let maximumBatchBytes = 16 << 20

    func add(to router: inout Router) {
        router.add("POST", "/api/v1/products/batch", body: .memory(limitBytes: Self.maximumBatchBytes)) { request, _ in
            try await batch(request)
        }
        router.add("GET", "/api/v1/catalogue.jsonld") { request, _ in try await export(request) }
    }

    // MARK: Batches

    /// Records each listing as if it had come alone. The answer has an outcome for each, in the same order.
    private func batch(_ request: HTTPRequest) async throws -> HTTPResponse {
        let authenticated = try intake.authenticator.authenticate(request)
        let document = try StatementIntake.document(request, maximumCount: Self.maximumBatchBytes)
        try document.allowMembers(["statements"])
        let elements = try document.member("statements").array(minimumCount: 1, maximumCount: Self.maximumBatch)
        let read = elements.map { element in Result { try listing(element, authenticated) } }
        let commands = read.compactMap { try? $0.get() }.map { Command($0) }
        var recorded = await services.sequencer.submit(batch: commands)[...]
        var results: [JSONValue] = []
        for item in read {
            let outcome: Result<Recorded, any Error> = switch item {
            case .success: recorded.popFirst() ?? .failure(NodeError.stopping)
            case .failure(let error): .failure(error)
            }
            results.append(try view(outcome))
        }
        return .json(200, ["results": .array(results)])
    }

    private func listing(_ element: JSONCursor, _ authenticated: Authenticated) throws -> VerifiedStatement {
        let statement = try SignedStatement(element.value)
        guard case .productListing(let listing) = statement.content else {
            throw Problem(
                code: "wrong-statement", status: 400, title: "Another kind of statement belongs here",
                detail: "a batch takes product-listings, this is a \(statement.kind.rawValue)", pointer: element.pointer)
        }
        guard statement.keyIdentifiers.contains(authenticated.keyIdentifier) else {
            throw Problem(
                code: "signer-differs", status: 403, title: "The request and the statement have different signers",
                detail: "the request is signed with key \(authenticated.keyIdentifier), which did not sign the statement",
                pointer: element.pointer)
        }
        let verified = try statement.verified { services.directory.key($0) }
        try services.snapshots.check(listing)
        return verified
    }

    private func view(_ outcome: Result<Recorded, any Error>) throws -> JSONValue {
        do {
            return Self.receipt(try outcome.get(), isDuplicate: false)
        } catch let refusal as Refusal where refusal.code == .duplicate {
            guard let seq = refusal.recordedAt else { return ["status": 409, "problem": refusal.problem.json] }
            return Self.receipt(try services.recorded(seq), isDuplicate: true)
        } catch let error as any ProblemConvertible {
            let problem = error.problem
            return ["status": .integer(Int64(problem.status)), "problem": problem.json]
        }
    }

    private static func receipt(_ recorded: Recorded, isDuplicate: Bool) -> JSONValue {
        [
            "status": .integer(isDuplicate ? 200 : 201), "identifier": .string(recorded.event.subject),
            "duplicate": .bool(isDuplicate), "receipt": StatementIntake.receipt(recorded),
        ]
    }

    // MARK: Export

    private func export(_ request: HTTPRequest) async throws -> HTTPResponse {
        try TargetQuery.allow(request, ["limit", "cursor"])
        let paging = try Paging(request, default: 100)
        let after = try paging.cursor.map { text in
            guard let identifier = try? Identifier(text, kind: .product) else {
                throw TargetQuery.problem("cursor", "is not one that this node gave out")
            }
            return identifier.text
        }
        let identifiers = try services.index.listed(after: after ?? "", limit: paging.limit + 1)
        let shown = identifiers.prefix(paging.limit).compactMap { try? Identifier($0) }
        let (space, products) = await services.sequencer.read { state in
            (state.space, shown.compactMap { id in state.products[id].map { ($0, state.participants[$0.provider]?.name ?? "") } })
        }
        guard let space else { throw Refusal(.spaceNotFounded, "the space has not been founded yet") }
        var entries: [CatalogueEntry] = []
        for (product, provider) in products {
            guard let version = product.versionInForce else { continue }
            let recorded = try services.recorded(version.listed.seq)
            guard case .productListing(let listing) = recorded.event.statement.content else { continue }
            entries.append(
                CatalogueEntry(product: product, listing: listing, provider: provider, time: recorded.time, currency: space.currency))
        }
        let next = identifiers.count > paging.limit ? shown.last : nil
        let document = CatalogueExport.document(space: space, entries, isFirst: after == nil)
        var headers: HTTPHeaders = ["Cache-Control": "no-cache"]
        if let next { headers["Link"] = "</api/v1/catalogue.jsonld?limit=\(paging.limit)&cursor=\(next.text.percentEncoded)>; rel=\"next\"" }
        var object = document
        object["hydra:next"] = next.map { .string("/api/v1/catalogue.jsonld?limit=\(paging.limit)&cursor=\($0.text.percentEncoded)") }
        return .bytes(200, type: "application/ld+json", JSONValue.object(object).serialized(), headers: headers)
    }
}
