import Encoding
import Exchange
import Signing
import TransparencyLog

@testable import Node

/// What a route takes, so that everything wrong can be derived from it.
struct RouteUnderTest: Sendable {
    enum Body: Sendable {
        case none
        case statement(StatementKind, @Sendable (TestMarket) throws -> StatementContent)
        /// JSON without a statement; the members it needs.
        case draft(@Sendable (TestMarket) -> JSONValue, members: [String])
        case file
        /// Plain text, sound as far as it goes.
        case text(String)
        /// Bytes whose digest the path names.
        case bytes([UInt8])
    }

    var method: String
    var pattern: String
    /// Whether the request must be signed over HTTP.
    var isSigned = true
    var body = Body.none
    /// Whether only the operator and active participants may ask; an applicant sees to its evidence.
    var isForActiveOnly = true
    /// The kind of identifier in the path.
    var identifier: IdentifierKind?
    /// Who makes sound requests.
    var caller: @Sendable (TestMarket) -> SigningKey = { $0.insurer.key }
    /// An active participant without the role for it, and the status it gets.
    var stranger: (key: @Sendable (TestMarket) -> SigningKey, status: Int)?
    /// Query parameters, each with values that are no good.
    var parameters: [(name: String, bad: [String])] = []
    /// Parameters without which the route answers nothing.
    var required = ""
    /// The longest body that is taken, in bytes.
    var maximumBody = 128 << 10
    /// A path that fits a pattern with an open end.
    var example: String?

    var name: String { "\(method) \(pattern)" }

    func target(_ market: TestMarket) -> String {
        guard let identifier else { return (example ?? pattern) + required }
        return pattern.replacing("{prefix}/{suffix}", with: Self.thing(identifier).text) + required
    }

    /// An identifier that nothing has.
    static func thing(_ kind: IdentifierKind) -> Identifier {
        Identifier(kind: kind, prefix: TestNode.prefix, payload: Array("nothing".utf8))
    }

    /// A request that is sound as far as form and signature go.
    func sound(_ market: TestMarket) throws -> TestRequest {
        var request = TestRequest(method, target(market), signer: isSigned ? caller(market) : nil)
        switch body {
        case .none: break
        case .statement(_, let content):
            request.body = JSONValue.object(["statement": try TestNode.sign(try content(market), by: caller(market)).json]).serialized()
        case .draft(let draft, _): request.body = draft(market).serialized()
        case .file:
            request.body = Array("a,b\n1,2\n".utf8)
            request.contentType = "text/csv"
        case .text(let text):
            request.body = Array(text.utf8)
            request.contentType = "text/plain"
        case .bytes(let bytes):
            request.body = bytes
            request.contentType = "application/octet-stream"
        }
        return request
    }
}

enum RouteTable {
    static let paging: [(name: String, bad: [String])] = [
        ("limit", ["0", "201", "-1", "x", "", "007", "99999999999999999999"]), ("cursor", ["x", "-1", "1e3", String(repeating: "9", count: 300)]),
    ]
    static let times = ["yesterday", "2026-11-21", "2026-02-30T00:00:00.000Z", ""]
    static let numbers = ["x", "-1", "1.5", "007", "18446744073709551616", ""]
    static let notIdentifiers = ["x", "86.gs.test/", "86.gs.test/X0", ""]

    static let all =
        publicRoutes + resolution + catalogue + witnesses + participants + identity + products + rights + contracts + queries
        + runs + RouteUnderTest.aroundRuns

    /// A change to a key that no node has.
    private static func logKeys() throws -> StatementContent {
        let key = try SigningKey(seed: [UInt8](repeating: 9, count: 32))
        let signer = try NoteSigner(name: NodeHome.origin(ofSpace: TestNode.prefix), key: key)
        return .logKeys(try LogKeys(handingOver: signer.name, from: [], to: [signer], reason: "rotation"))
    }

    private static let publicRoutes = [
        RouteUnderTest(method: "GET", pattern: "/healthz", isSigned: false),
        RouteUnderTest(method: "GET", pattern: "/metrics", isSigned: false),
        RouteUnderTest(method: "GET", pattern: "/api/v1/space", isSigned: false, parameters: []),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/space/log-keys", body: .statement(.logKeys) { _ in try logKeys() },
            caller: { $0.node.operatorKey }, stranger: ({ $0.auditor.key }, 403)),
        RouteUnderTest(method: "GET", pattern: "/ledger/checkpoint", isSigned: false),
        RouteUnderTest(method: "GET", pattern: "/ledger/vkey", isSigned: false),
        RouteUnderTest(
            method: "GET", pattern: "/ledger/tile/{path...}", isSigned: false, example: "/ledger/tile/0/000.p/1"),
        RouteUnderTest(
            method: "GET", pattern: "/ledger/entries", isSigned: false,
            parameters: [("start", numbers + ["999999"]), ("count", numbers + ["0", "1001"])], required: "?start=0&count=1"),
        RouteUnderTest(
            method: "GET", pattern: "/ledger/proof/inclusion", isSigned: false,
            parameters: [("seq", numbers + ["999999"]), ("size", numbers + ["0", "999999"])], required: "?seq=0&size=2"),
        RouteUnderTest(
            method: "GET", pattern: "/ledger/proof/consistency", isSigned: false,
            parameters: [("from", numbers + ["0", "3"]), ("to", numbers + ["0", "999999"])], required: "?from=1&to=2"),
        RouteUnderTest(
            method: "GET", pattern: "/ledger/proof/tlog", isSigned: false, parameters: [("seq", numbers)], required: "?seq=0"),
    ]

    private static let witnesses = [
        RouteUnderTest(
            method: "POST", pattern: "/witness/add-checkpoint", isSigned: false, body: .text("old 0\n\nnone\n1\n\n")),
        RouteUnderTest(method: "GET", pattern: "/witness/vkey", isSigned: false),
        RouteUnderTest(method: "GET", pattern: "/witness/logs", isSigned: false),
        RouteUnderTest(
            method: "GET", pattern: "/witness/checkpoint", isSigned: false, parameters: [("origin", [""])], required: "?origin=x"),
        RouteUnderTest(method: "GET", pattern: "/ledger/witnesses", isSigned: false),
    ]

    private static let participants = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/participants", isSigned: false,
            body: .statement(.participantApplication) { TestMarket.application("Newcomer", [.buyer], $0.insurer.key) }),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/participants/{prefix}/{suffix}/decisions",
            body: .statement(.participantDecision) { _ in
                .participantDecision(
                    ParticipantDecision(participant: RouteUnderTest.thing(.participant), decision: .approve, reason: "fits"))
            }, identifier: .participant, caller: { $0.node.operatorKey }, stranger: ({ $0.auditor.key }, 403)),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/participants", isSigned: false,
            parameters: paging + [("status", ["gone", ""]), ("role", ["king", ""])]),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/participants/{prefix}/{suffix}", isSigned: false, identifier: .participant),
        RouteUnderTest(method: "GET", pattern: "/api/v1/whoami"),
    ]

    static func listing(_ provider: Identifier) -> ProductListing {
        ProductListing(
            provider: provider, product: nil, version: 1, title: ["en": "Weather"], summary: ["en": "Hourly"],
            keywords: ["weather"], productClass: .basic, grade: .restricted, form: .dataset, origin: .selfCollected,
            licence: "CC-BY-4.0", updateCycle: "hourly", snapshot: SHA256.hash("none".utf8).description, rowCount: 3,
            columns: [ProductColumn(name: "wind", type: "DOUBLE", role: .measure)],
            aggregate: AggregateTerms(minimumGroupSize: 5, maximumRows: 100), rows: nil, pricePerRun: 5)
    }

    private static let products = [
        RouteUnderTest(method: "POST", pattern: "/api/v1/bundles", body: .file),
        RouteUnderTest(method: "GET", pattern: "/api/v1/bundles/welcome"),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/snapshots", body: .file, caller: { $0.airport.key },
            stranger: ({ $0.insurer.key }, 403), parameters: [("format", ["xlsx", ""])]),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/products",
            body: .statement(.productListing) { .productListing(listing($0.airport.identifier)) },
            caller: { $0.airport.key }, stranger: ({ $0.insurer.key }, 403)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/products/{prefix}/{suffix}/withdrawal",
            body: .statement(.productWithdrawal) { _ in
                .productWithdrawal(ProductWithdrawal(product: RouteUnderTest.thing(.product), reason: "old"))
            }, identifier: .product, caller: { $0.airport.key }, stranger: ({ $0.insurer.key }, 404)),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/products", isSigned: false,
            parameters: [
                ("limit", ["0", "201", "x"]), ("cursor", ["x", "-1"]), ("q", [String(repeating: "a", count: 5000)]),
                ("provider", notIdentifiers), ("grade", ["secret"]), ("class", ["first"]), ("withdrawn", ["yes", ""]),
                ("form", ["thing", ""]), ("facets", ["none", "class,,form", ""]),
            ]),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/products/{prefix}/{suffix}", isSigned: false, identifier: .product),
    ]

    private static func compliance() -> ComplianceDeclaration {
        ComplianceDeclaration(
            product: RouteUnderTest.thing(.product), version: 1,
            answers: ComplianceAnswers(personalData: .none, lawfulSource: "collected by ourselves"))
    }

    private static let catalogue = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/products/batch", body: .draft({ _ in ["statements": ["x"]] }, members: ["statements"]),
            caller: { $0.airport.key }, maximumBody: CatalogueRoutes.maximumBatchBytes),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/catalogue.jsonld", isSigned: false,
            parameters: [("limit", ["0", "201", "x"]), ("cursor", ["x", "-1", String(repeating: "9", count: 300)])]),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/products/{prefix}/{suffix}/quality", identifier: .product, caller: { $0.airport.key },
            parameters: [("version", numbers)]),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/products/{prefix}/{suffix}/quality", isSigned: false, identifier: .product,
            parameters: [("version", numbers)]),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/products/{prefix}/{suffix}/sample", isSigned: false, identifier: .product,
            parameters: [("version", numbers), ("rows", numbers + ["0", "10001"])]),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/products/{prefix}/{suffix}/versions", isSigned: false, identifier: .product),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/products/{prefix}/{suffix}/compliance", isSigned: false, identifier: .product,
            parameters: [("version", numbers)]),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/products/{prefix}/{suffix}/compliance",
            body: .statement(.complianceDeclaration) { _ in .catalogue(.declaration(compliance())) }, identifier: .product,
            caller: { $0.airport.key }, stranger: ({ $0.insurer.key }, 404)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/products/{prefix}/{suffix}/reviews",
            body: .statement(.productReview) { _ in
                .catalogue(
                    .review(ProductReview(product: RouteUnderTest.thing(.product), version: 1, verdict: .approve, reason: "fits")))
            }, identifier: .product, caller: { $0.node.operatorKey }, stranger: ({ $0.auditor.key }, 403)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/products/{prefix}/{suffix}/compliance/reviews",
            body: .statement(.complianceReview) { _ in
                .catalogue(
                    .complianceReview(
                        ComplianceReview(
                            product: RouteUnderTest.thing(.product), version: 1, declaration: SHA256.hash("none".utf8).description,
                            verdict: .accept, reason: "fits")))
            }, identifier: .product, caller: { $0.node.operatorKey }, stranger: ({ $0.auditor.key }, 403)),
        RouteUnderTest(method: "GET", pattern: "/api/v1/reviews"),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/queries/test",
            body: .draft(
                { _ in
                    [
                        "mode": "aggregate", "parameters": [], "sql": "SELECT 1",
                        "tables": [["name": "t", "product": .string(RouteUnderTest.thing(.product).text), "version": 1]],
                    ]
                }, members: ["mode", "tables", "parameters", "sql"])),
    ]

    private static let resolution = [
        RouteUnderTest(
            method: "GET", pattern: "/id/{prefix}/{suffix}", isSigned: false, parameters: [("lang", ["fr", ""])],
            example: "/id/\(RouteUnderTest.thing(.product))"),
        RouteUnderTest(
            method: "GET", pattern: "/id", isSigned: false, parameters: [("scheme", [""]), ("value", [""]), ("lang", ["fr", ""])],
            required: "?scheme=moid&value=1"),
    ]

    private static let contracts = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/contracts", body: .statement(.contract) { .contract(terms($0)) },
            stranger: ({ $0.auditor.key }, 403)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/contracts/{prefix}/{suffix}/signatures",
            body: .statement(.contract) { .contract(terms($0)) }, identifier: .contract, stranger: ({ $0.auditor.key }, 400)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/contracts/{prefix}/{suffix}/termination",
            body: .statement(.contractTermination) { _ in
                .contractTermination(ContractTermination(contract: RouteUnderTest.thing(.contract), reason: "over"))
            }, identifier: .contract, stranger: ({ $0.auditor.key }, 404)),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/contracts", parameters: paging + [("status", ["signed", ""])]),
        RouteUnderTest(method: "GET", pattern: "/api/v1/contracts/{prefix}/{suffix}", identifier: .contract),
    ]

    private static func terms(_ market: TestMarket) -> ContractTerms {
        ContractTerms(
            buyer: market.insurer.identifier, providers: [market.airport.identifier],
            products: [ContractProduct(product: RouteUnderTest.thing(.product), version: 1, pricePerRun: 5)],
            purpose: .research, validFrom: Clock.now(), validUntil: Clock.now().advanced(byMilliseconds: 86_400_000),
            maximumRuns: 3, resultRetentionDays: 30)
    }

    private static let queries = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/queries/check",
            body: .draft(
                { _ in
                    [
                        "mode": "aggregate", "parameters": [], "sql": "SELECT 1",
                        "tables": [["name": "t", "product": .string(RouteUnderTest.thing(.product).text), "version": 1]],
                    ]
                }, members: ["mode", "tables", "parameters", "sql"])),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/queries",
            body: .statement(.querySubmission) { market in
                .querySubmission(
                    QuerySubmission(
                        buyer: market.insurer.identifier, title: "Wind", mode: .aggregate,
                        tables: [QueryTable(name: "t", product: RouteUnderTest.thing(.product), version: 1)],
                        parameters: [], sql: "SELECT 1"))
            }, stranger: ({ $0.airport.key }, 403)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/queries/{prefix}/{suffix}/decisions",
            body: .statement(.queryDecision) { _ in
                .queryDecision(QueryDecision(query: RouteUnderTest.thing(.query), decision: .approve, reason: "fine"))
            }, identifier: .query, caller: { $0.airport.key }, stranger: ({ $0.auditor.key }, 404)),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/queries", parameters: paging + [("status", ["open", ""])]),
        RouteUnderTest(method: "GET", pattern: "/api/v1/queries/{prefix}/{suffix}", identifier: .query),
    ]

    private static let runs = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/runs",
            body: .statement(.runRequest) { _ in
                .runRequest(RunRequest(query: RouteUnderTest.thing(.query), contracts: [], parameters: [:]))
            }, stranger: ({ $0.airport.key }, 403)),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/runs",
            parameters: paging + [
                ("query", notIdentifiers), ("contract", notIdentifiers), ("from", times), ("to", times),
            ]),
        RouteUnderTest(method: "GET", pattern: "/api/v1/runs/{prefix}/{suffix}", identifier: .run),
        RouteUnderTest(method: "GET", pattern: "/api/v1/runs/{prefix}/{suffix}/result", identifier: .run),
        RouteUnderTest(method: "GET", pattern: "/api/v1/usage", parameters: [("from", times), ("to", times)]),
    ]
}
