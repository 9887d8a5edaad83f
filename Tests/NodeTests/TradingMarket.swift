import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// A market with two products imported and listed, a contract over both signed by everybody, and approved queries.
struct TradingMarket: Sendable {
    let market: TestMarket
    let flights: Identifier
    let weather: Identifier
    let contract: Identifier
    let query: Identifier

    var node: TestNode { market.node }

    static let flightsPrice: Int64 = 500
    static let weatherPrice: Int64 = 71

    /// Three carriers: two with ten aircraft, one with two, which is too few to be shown.
    static var flightsTable: [UInt8] {
        var text = "tail,carrier,origin,hour,delay\n"
        for number in 0..<60 {
            let carrier = number % 10 == 9 ? "ZZ" : number % 2 == 0 ? "AA" : "BB"
            let tail = carrier == "ZZ" ? "Z\(number % 20 / 10)" : "\(carrier)\(number % 20)"
            text += "\(tail),\(carrier),JFK,\(number % 3),\(number)\n"
        }
        return Array(text.utf8)
    }

    static var weatherTable: [UInt8] { Array("origin,hour,wind\nJFK,0,10.5\nJFK,1,20.5\nJFK,2,30.5\n".utf8) }

    init(_ node: TestNode, retentionDays: Int64 = 30) async throws {
        market = try await TestMarket(node)
        flights = try await Self.list(market, Self.flightsTable, market.airport, Self.flightsListing)
        weather = try await Self.list(market, Self.weatherTable, market.bureau, Self.weatherListing)
        contract = try await Self.contract(market, flights, weather, retentionDays)
        query = try await Self.approved(market, Self.submission(market, flights), [market.airport])
    }

    // MARK: Products

    static func upload(_ market: TestMarket, _ table: [UInt8], by party: Party) async throws -> Answer {
        var request = TestRequest("POST", "/api/v1/snapshots?format=csv", signer: party.key)
        (request.body, request.contentType) = (table, "text/csv")
        return try await market.node.send(request)
    }

    static func list(
        _ market: TestMarket, _ table: [UInt8], _ party: Party, _ listing: (Identifier, JSONValue) -> ProductListing
    ) async throws -> Identifier {
        let uploaded = try await upload(market, table, by: party)
        try #require(uploaded.status == 201, "\(uploaded)")
        let listing = listing(party.identifier, uploaded.json["snapshot"] ?? .null)
        let answer = try await market.node.post("/api/v1/products", .productListing(listing), by: party.key)
        try #require(answer.status == 201, "\(answer)")
        return try Identifier(answer.identifier)
    }

    static func flightsListing(_ provider: Identifier, _ snapshot: JSONValue) -> ProductListing {
        let roles: [String: ColumnRole] = ["tail": .privacyUnit, "carrier": .dimension, "origin": .joinKey, "hour": .joinKey, "delay": .measure]
        return listing(
            provider, snapshot, roles, title: ["en": "Departures of New York", "zh": "纽约航班起飞延误"],
            keywords: ["flights", "航班"], price: flightsPrice)
    }

    static func weatherListing(_ provider: Identifier, _ snapshot: JSONValue) -> ProductListing {
        let roles: [String: ColumnRole] = ["origin": .joinKey, "hour": .joinKey, "wind": .dimension]
        return listing(
            provider, snapshot, roles, title: ["en": "Hourly weather", "zh": "逐小时气象"], keywords: ["weather", "气象"],
            price: weatherPrice, minimumGroupSize: 1, isOpen: true)
    }

    private static func listing(
        _ provider: Identifier, _ snapshot: JSONValue, _ roles: [String: ColumnRole], title: [String: String],
        keywords: [String], price: Int64, minimumGroupSize: Int64 = 5, isOpen: Bool = false
    ) -> ProductListing {
        let columns = (snapshot["columns"]?.arrayValue ?? []).map { column in
            ProductColumn(
                name: column["name"]?.stringValue ?? "", type: column["type"]?.stringValue ?? "",
                role: roles[column["name"]?.stringValue ?? ""] ?? .hidden)
        }
        return ProductListing(
            provider: provider, product: nil, version: 1, title: title, summary: ["en": "For tests."], keywords: keywords,
            productClass: .basic, grade: isOpen ? .public : .restricted, form: .dataset, origin: .selfCollected,
            licence: "CC-BY-4.0", updateCycle: "daily", snapshot: snapshot["sha256"]?.stringValue ?? "",
            rowCount: snapshot["rows"]?.integerValue ?? 0, columns: columns,
            aggregate: AggregateTerms(minimumGroupSize: minimumGroupSize, maximumRows: 1000), rows: nil, pricePerRun: price)
    }

    // MARK: Contracts and queries

    static func contract(
        _ market: TestMarket, _ flights: Identifier, _ weather: Identifier, _ retentionDays: Int64
    ) async throws -> Identifier {
        let terms = ContractTerms(
            buyer: market.insurer.identifier, providers: [market.airport.identifier, market.bureau.identifier].sorted(),
            products: [
                ContractProduct(product: flights, version: 1, pricePerRun: flightsPrice),
                ContractProduct(product: weather, version: 1, pricePerRun: weatherPrice),
            ], purpose: .riskAssessment, validFrom: Clock.now().advanced(byMilliseconds: -60_000),
            validUntil: Clock.now().advanced(byMilliseconds: 86_400_000), maximumRuns: 100, resultRetentionDays: retentionDays)
        let offer = try TestNode.sign(.contract(terms), by: market.insurer.key)
        let offered = try await market.node.post("/api/v1/contracts", offer, by: market.insurer.key)
        try #require(offered.status == 201, "\(offered)")
        for provider in [market.airport, market.bureau] {
            // Each signs what the node shows as signed so far.
            let shown = try await market.node.get("/api/v1/contracts/\(offered.identifier)", by: provider.key)
            let statement = try SignedStatement(shown.json["statement"] ?? .null).signedAlso(by: provider.key)
            let signed = try await market.node.post("/api/v1/contracts/\(offered.identifier)/signatures", statement, by: provider.key)
            try #require(signed.status == 201, "\(signed)")
        }
        return try Identifier(offered.identifier)
    }

    static func submission(_ market: TestMarket, _ flights: Identifier, _ sql: String? = nil) -> QuerySubmission {
        QuerySubmission(
            buyer: market.insurer.identifier, title: "Mean delay", mode: .aggregate,
            tables: [QueryTable(name: "flights", product: flights, version: 1)], parameters: [],
            sql: sql ?? "SELECT carrier, count(*) AS n, avg(delay) AS mean FROM flights GROUP BY carrier ORDER BY carrier")
    }

    static func approved(
        _ market: TestMarket, _ submission: QuerySubmission, _ providers: [Party]
    ) async throws -> Identifier {
        let answer = try await market.node.post("/api/v1/queries", .querySubmission(submission), by: market.insurer.key)
        try #require(answer.status == 201, "\(answer)")
        let query = try Identifier(answer.identifier)
        for provider in providers {
            let decision = QueryDecision(query: query, decision: .approve, reason: "checked")
            let decided = try await market.node.post("/api/v1/queries/\(query)/decisions", .queryDecision(decision), by: provider.key)
            try #require(decided.status == 201, "\(decided)")
        }
        return query
    }

    // MARK: Runs

    /// A request for a run, with a task that was minted for it. Where none can be minted the request goes without one.
    ///
    /// - Parameter other: the node, where it is not the market's any more.
    func request(_ query: Identifier? = nil, contracts: [Identifier]? = nil, on other: TestNode? = nil) async throws -> StatementContent {
        let wish = TaskRequest(query: query ?? self.query, contracts: contracts ?? [contract], parameters: [:])
        return .runRequest(
            RunRequest(task: try await mint(wish, on: other), query: wish.query, contracts: wish.contracts, parameters: wish.parameters))
    }

    /// Has a task minted; `nil` where the rules do not allow it.
    func mint(_ wish: TaskRequest, on other: TestNode? = nil) async throws -> Identifier? {
        let answer = try await (other ?? node).post("/api/v1/tasks", .run(.task(wish)), by: market.insurer.key)
        return answer.status == 201 ? try Identifier(answer.identifier, kind: .task) : nil
    }

    func run(by key: SigningKey? = nil) async throws -> Answer {
        try await node.post("/api/v1/runs", try await request(), by: key ?? market.insurer.key)
    }
}
