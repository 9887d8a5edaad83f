import Encoding
import Exchange
import Signing
import TransparencyLog

// The steps of the exchange's story, each signed by the one whose step it is.
extension ExchangeFixture {
    public func application(_ name: String, _ roles: [Role], _ keys: [VerificationKey]) -> ParticipantApplication {
        ParticipantApplication(name: name, type: .enterprise, country: "NL", creditCode: nil, roles: roles, keys: keys)
    }

    /// A key of the ledger; number 0 is the charter's.
    public func logSigner(_ number: UInt8, name: String = ExchangeFixture.origin) throws -> NoteSigner {
        try NoteSigner(name: name, key: try SigningKey.numbered(240 &+ number))
    }

    /// A change of the ledger's keys to those of these numbers, handed over by all of them.
    public func logKeys(_ numbers: [UInt8]) throws -> StatementContent {
        let signers = try numbers.map { try logSigner($0) }
        let previous = state.space?.logKeys ?? []
        return .logKeys(
            try LogKeys(handingOver: Self.origin, from: previous, to: signers, reason: "yearly rotation"))
    }

    @discardableResult
    public mutating func setLogKeys(_ numbers: [UInt8]) throws -> Event {
        try submit(try logKeys(numbers), by: operatorKey)
    }

    /// Applies with a fresh key, without a decision on it.
    public mutating func apply(_ name: String, _ roles: [Role]) throws -> Party {
        let key = try freshKey()
        let event = try submit(.participantApplication(application(name, roles, [key.verificationKey])), by: key)
        return Party(name: name, key: key, identifier: try Identifier(event.subject))
    }

    public mutating func register(_ name: String, _ roles: [Role]) throws -> Party {
        let party = try apply(name, roles)
        try decide(party.identifier, .approve)
        return party
    }

    @discardableResult
    public mutating func decide(_ participant: Identifier, _ verdict: ParticipantVerdict) throws -> Event {
        try submit(decision(participant, verdict), by: operatorKey)
    }

    /// A decision; `assure` is to level 2.
    public func decision(_ participant: Identifier, _ verdict: ParticipantVerdict) -> StatementContent {
        .participantDecision(
            ParticipantDecision(
                participant: participant, decision: verdict, reason: "按规则办理", assurance: verdict == .assure ? 2 : nil))
    }

    /// A listing of three columns that offers both modes, or the one that is asked for.
    public func listing(
        _ provider: Party, product: Identifier? = nil, version: Int64 = 1, price: Int64 = 500,
        modes: Set<QueryMode> = [.aggregate, .rows]
    ) -> ProductListing {
        ProductListing(
            provider: provider.identifier, product: product, version: version,
            title: ["en": "Weather of \(provider.name)", "zh": "天气"], summary: ["en": "Hourly.\nFor tests."],
            keywords: ["weather", "天气"], productClass: .basic, grade: .restricted, form: .dataset,
            origin: .selfCollected, licence: "CC-BY-4.0", updateCycle: "hourly",
            snapshot: SHA256.hash("\(provider.name) \(version)".utf8).description, rowCount: 26_115,
            columns: [
                ProductColumn(name: "origin", type: "VARCHAR", role: .dimension),
                ProductColumn(name: "wind_speed", type: "DOUBLE", role: .measure),
                ProductColumn(name: "station", type: "VARCHAR", role: .hidden),
            ],
            aggregate: modes.contains(.aggregate) ? AggregateTerms(minimumGroupSize: 10, maximumRows: 1000) : nil,
            rows: modes.contains(.rows) ? RowsTerms(columns: ["origin", "wind_speed"], maximumRows: 100) : nil,
            pricePerRun: price)
    }

    public mutating func list(
        _ provider: Party, price: Int64 = 500, modes: Set<QueryMode> = [.aggregate, .rows]
    ) throws -> Identifier {
        try Identifier(try submit(.productListing(listing(provider, price: price, modes: modes)), by: provider.key).subject)
    }

    /// Terms over the first versions of products, at their listed prices, valid for thirty days from now.
    public func terms(_ buyer: Party, _ products: [Identifier], maximumRuns: Int64 = 100) throws -> ContractTerms {
        var items: [ContractProduct] = []
        var providers: Set<Identifier> = []
        for identifier in products {
            guard let product = state.products[identifier], let data = product.version(1)?.data else {
                throw FixtureError("\(identifier) is not listed")
            }
            providers.insert(product.provider)
            items.append(ContractProduct(product: identifier, version: 1, pricePerRun: data.pricePerRun))
        }
        return ContractTerms(
            buyer: buyer.identifier, providers: providers.sorted(), products: items, purpose: .research, validFrom: time,
            validUntil: time.advanced(byMilliseconds: 30 * 86_400_000), maximumRuns: maximumRuns, resultRetentionDays: 30)
    }

    /// A contract signed by the buyer and then by each provider.
    public mutating func contract(
        _ buyer: Party, _ providers: [Party], _ products: [Identifier], maximumRuns: Int64 = 100
    ) throws -> Identifier {
        var statement = try sign(.contract(try terms(buyer, products, maximumRuns: maximumRuns)), by: buyer.key)
        try submit(statement)
        for provider in providers {
            statement = try statement.signedAlso(by: provider.key)
            try submit(statement)
        }
        return statement.identifier(.contract)
    }

    public func submission(
        _ buyer: Party, _ products: [Identifier], mode: QueryMode = .aggregate, parameters: [QueryParameter] = []
    ) -> QuerySubmission {
        let tables = products.enumerated().map { QueryTable(name: "table_\($0)", product: $1, version: 1) }
        return QuerySubmission(
            buyer: buyer.identifier, title: "Mean wind speed", mode: mode, tables: tables, parameters: parameters,
            sql: "SELECT origin, avg(wind_speed) FROM table_0 GROUP BY origin")
    }

    public static let policy = SHA256.hash("the rewritten query".utf8).description
    public static let engine = "DuckDB 1.5.6"
    public static let accepted = Facts.check(.accepted(policy: policy, engine: engine))

    public mutating func submitQuery(
        _ buyer: Party, _ products: [Identifier], mode: QueryMode = .aggregate, parameters: [QueryParameter] = []
    ) throws -> Identifier {
        let submission = submission(buyer, products, mode: mode, parameters: parameters)
        return try Identifier(try submit(.querySubmission(submission), by: buyer.key, Self.accepted).subject)
    }

    @discardableResult
    public mutating func decide(_ query: Identifier, _ verdict: QueryVerdict, by provider: Party) throws -> Event {
        try submit(verdict.statement(query), by: provider.key)
    }

    /// What a run that went as the query's approval says would report.
    public func facts(for query: Identifier, rows: Int64 = 10) throws -> RunFacts {
        guard let submission = state.queries[query]?.submission else { throw FixtureError("there is no query \(query)") }
        var snapshots: [String: String] = [:]
        for table in submission.tables {
            snapshots[table.name] = state.products[table.product]?.version(table.version)?.data?.snapshot
        }
        return RunFacts(
            snapshots: snapshots, policy: Self.policy, engine: Self.engine, rowCount: rows, suppressedGroups: 1,
            result: SHA256.hash("the result".utf8).description, milliseconds: 21)
    }

    public func request(_ query: Identifier, _ contracts: [Identifier], _ parameters: JSONObject = [:]) -> StatementContent {
        .runRequest(RunRequest(query: query, contracts: contracts, parameters: parameters))
    }

    @discardableResult
    public mutating func run(
        _ buyer: Party, _ query: Identifier, _ contracts: [Identifier], _ parameters: JSONObject = [:]
    ) throws -> Event {
        let outcome = Facts.outcome(.completed(try facts(for: query)))
        return try submit(request(query, contracts, parameters), by: buyer.key, outcome)
    }
}

extension QueryVerdict {
    public func statement(_ query: Identifier) -> StatementContent {
        .queryDecision(QueryDecision(query: query, decision: self, reason: "checked by hand"))
    }
}
