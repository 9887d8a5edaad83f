import Encoding
import Exchange
import Signing

// Tasks, and what runs leave behind, each step signed by the one whose step it is.
extension ExchangeFixture {
    /// A listing with a privacy unit that offers everything but rows.
    public func protectedListing(
        _ provider: Party, product: Identifier? = nil, version: Int64 = 1, differencing: Bool = true
    ) -> ProductListing {
        var listing = listing(provider, product: product, version: version)
        var data = ProductData(
            snapshot: SHA256.hash("people of \(provider.name) \(version)".utf8).description, rowCount: 5000,
            columns: [
                ProductColumn(name: "person", type: "VARCHAR", role: .privacyUnit),
                ProductColumn(name: "origin", type: "VARCHAR", role: .dimension),
                ProductColumn(name: "wind_speed", type: "DOUBLE", role: .measure),
                ProductColumn(name: "age", type: "BIGINT", role: .attribute),
            ], aggregate: AggregateTerms(minimumGroupSize: 10, maximumRows: 1000), rows: nil, pricePerRun: 500)
        data.aggregate?.differencing = differencing
        data.privacy = Self.privateTerms
        data.match = MatchTerms(subject: "person", maximumPerDay: 2)
        data.metrics = MetricsTerms(
            runtimes: [.python3], maximumSeconds: 600, maximumMemory: 1024, maximumScratch: 256,
            maximumArtefactBytes: 1 << 20, significantDigits: 4)
        listing.data = data
        return listing
    }

    /// A budget of ε 2 in thirty days, of which a run may spend 1.
    public static let privateTerms = PrivateTerms(
        epsilon: 2000, deltaExponent: 6, periodDays: 30, maximumEpsilonPerRun: 1000, maximumGroupsPerUnit: 3,
        maximumRowsPerUnit: 10,
        bounds: [PrivateTerms.Bounds(column: "wind_speed", lower: DecimalNumber(0), upper: DecimalNumber("99.5") ?? DecimalNumber(99))],
        maximumRows: 100)

    public static let program = ProgramSubmission(
        bundle: SHA256.hash("bundle".utf8).description, runtime: .python3, entry: "model/train.py",
        metrics: [ProgramSubmission.Metric(name: "loss", type: .decimal, lower: DecimalNumber(0), upper: DecimalNumber(10))],
        artefacts: [ProgramSubmission.Artefact(name: "weights", maximumBytes: 4096)], arguments: ["--epochs", "3"])

    /// A submission of a mode, with what that mode needs.
    public func submission(
        _ mode: QueryMode, _ buyer: Party, _ products: [Identifier], privacy: PrivacyCost? = PrivacyCost(epsilon: 800)
    ) -> QuerySubmission {
        var submission = submission(buyer, products, mode: mode)
        if mode == .private { submission.privacy = privacy }
        if mode == .match { submission.parameters = [QuerySubmission.subjectParameter] }
        if mode == .metrics {
            submission.program = Self.program
            submission.sql = ""
        }
        return submission
    }

    /// Submits a query whose rewriting has the digest of `text`, and has it approved by everybody concerned.
    public mutating func approved(
        _ submission: QuerySubmission, _ buyer: Party, by providers: [Party], text: String = "the rewritten query"
    ) throws -> Identifier {
        let check = Facts.check(.accepted(policy: SHA256.hash(text.utf8).description, engine: Self.engine))
        let query = try Identifier(try submit(.querySubmission(submission), by: buyer.key, check).subject)
        for provider in providers { try decide(query, .approve, by: provider) }
        return query
    }

    public static let method = SHA256.hash("policy document".utf8).description

    /// What a run that went as it should would report now, its history and what it spends included.
    public func outcome(of query: Identifier, parameters: JSONObject = [:], _ change: (inout RunFacts) -> Void = { _ in }) throws -> Facts {
        guard let query = state.queries[query] else { throw FixtureError("there is no query \(query)") }
        var facts = try facts(for: query.identifier, rows: 1)
        facts.policy = query.policy
        facts.method = RunMethod(mode: query.submission.mode, version: 1, document: Self.method)
        facts.privacy = query.submission.privacy
        facts.isExact = query.submission.mode != .private
        facts.comparedWith = (try? state.earlierRuns(of: query, parameters, buyer: query.submission.buyer).map(\.seq)) ?? []
        facts.artefacts = (query.submission.program?.artefacts ?? []).map {
            RunArtefact(name: $0.name, sha256: SHA256.hash($0.name.utf8).description, bytes: 100)
        }
        change(&facts)
        return .outcome(.completed(facts))
    }

    public func taskRequest(
        _ query: Identifier, _ contracts: [Identifier], _ parameters: JSONObject = [:], deadline: Timestamp? = nil,
        isSealed: Bool = false
    ) -> StatementContent {
        .run(.task(TaskRequest(query: query, contracts: contracts, parameters: parameters, deadline: deadline, isSealed: isSealed)))
    }

    public mutating func mint(
        _ buyer: Party, _ query: Identifier, _ contracts: [Identifier], _ parameters: JSONObject = [:],
        deadline: Timestamp? = nil, isSealed: Bool = false
    ) throws -> Identifier {
        let request = taskRequest(query, contracts, parameters, deadline: deadline, isSealed: isSealed)
        return try Identifier(try submit(request, by: buyer.key).subject)
    }

    public func request(
        task: Identifier, _ query: Identifier, _ contracts: [Identifier], _ parameters: JSONObject = [:]
    ) -> StatementContent {
        .runRequest(RunRequest(task: task, query: query, contracts: contracts, parameters: parameters))
    }

    /// Mints a task and uses it.
    @discardableResult
    public mutating func runTask(
        _ buyer: Party, _ query: Identifier, _ contracts: [Identifier], _ parameters: JSONObject = [:]
    ) throws -> Event {
        let task = try mint(buyer, query, contracts, parameters)
        return try submit(
            request(task: task, query, contracts, parameters), by: buyer.key, try outcome(of: query, parameters: parameters))
    }

    public func consent(
        _ product: Identifier, _ buyer: Party, _ subject: String = "Ada", days: Int64 = 30
    ) -> StatementContent {
        .run(
            .consent(
                SubjectConsent(
                    product: product, buyer: buyer.identifier, token: Self.token(subject), validFrom: time,
                    validUntil: time.advanced(byMilliseconds: days * 86_400_000))))
    }

    public func consentEnd(_ product: Identifier, _ buyer: Party, _ subject: String = "Ada") -> StatementContent {
        .run(.consentEnd(SubjectConsentEnd(product: product, buyer: buyer.identifier, token: Self.token(subject))))
    }

    public static func token(_ subject: String) -> String { SHA256.hash("token of \(subject)".utf8).description }

    public func artefactDecision(
        _ run: Identifier, _ verdict: ArtefactVerdict, sha256: String? = nil, artefact: String = "weights"
    ) -> StatementContent {
        let assessment = ArtefactDecision.Assessment(
            reference: "assessment 7", sha256: SHA256.hash("report".utf8).description)
        return .run(
            .artefactDecision(
                ArtefactDecision(
                    run: run, artefact: artefact, sha256: sha256 ?? SHA256.hash(artefact.utf8).description, decision: verdict,
                    assessment: verdict == .release ? assessment : nil, reason: "looked at")))
    }
}

/// A market of protected data: two providers with a product each, a buyer with a contract over both, and approved queries.
public struct ProtectedMarket: Sendable {
    public var fixture: ExchangeFixture
    public let airport: Party
    public let bureau: Party
    public let insurer: Party
    public let flights: Identifier
    public let weather: Identifier
    public let contract: Identifier
    /// By mode, each over the airport's product; that of the mode `metrics` over both.
    public let queries: [QueryMode: Identifier]

    public init(seed: UInt64 = 3, differencing: Bool = true, maximumRuns: Int64 = 10_000) throws {
        var fixture = try ExchangeFixture(seed: seed)
        airport = try fixture.register("Airport", [.provider])
        bureau = try fixture.register("气象局", [.provider])
        insurer = try fixture.register("Insurer", [.buyer])
        flights = try Identifier(
            fixture.submit(.productListing(fixture.protectedListing(airport, differencing: differencing)), by: airport.key).subject)
        weather = try Identifier(
            fixture.submit(.productListing(fixture.protectedListing(bureau, differencing: differencing)), by: bureau.key).subject)
        contract = try fixture.contract(insurer, [airport, bureau], [flights, weather], maximumRuns: maximumRuns)
        var queries: [QueryMode: Identifier] = [:]
        for mode in [QueryMode.aggregate, .private, .match] {
            queries[mode] = try fixture.approved(fixture.submission(mode, insurer, [flights]), insurer, by: [airport])
        }
        queries[.metrics] = try fixture.approved(
            fixture.submission(.metrics, insurer, [flights, weather]), insurer, by: [airport, bureau])
        self.queries = queries
        self.fixture = fixture
    }

    public func query(_ mode: QueryMode) throws -> Identifier {
        guard let query = queries[mode] else { throw FixtureError("there is no query of the mode \(mode)") }
        return query
    }

    /// The values of the parameters that a query of a mode needs.
    public func parameters(_ mode: QueryMode) -> JSONObject {
        mode == .match ? ["subject": .string(ExchangeFixture.token("Ada"))] : [:]
    }

    /// Mints and completes a run of the query of a mode.
    @discardableResult
    public mutating func run(_ mode: QueryMode) throws -> Event {
        try fixture.runTask(insurer, try query(mode), [contract], parameters(mode))
    }

    /// An approved aggregate query for each text, over the airport's product unless told otherwise.
    public mutating func otherQueries(_ texts: [String], _ products: [Identifier]? = nil) throws -> [Identifier] {
        try texts.map { text in
            try fixture.approved(
                fixture.submission(.aggregate, insurer, products ?? [flights]), insurer,
                by: [(flights, airport), (weather, bureau)].filter { (products ?? [flights]).contains($0.0) }.map(\.1), text: text)
        }
    }
}
