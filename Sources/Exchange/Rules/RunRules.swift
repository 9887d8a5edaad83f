import Encoding

/// What the rules allow a run to do: which version of each table, and what it will cost.
public struct RunAuthorization: Sendable, Hashable {
    public var run: Identifier
    public var query: Query
    public var buyer: Identifier
    /// The data of the product version behind each table, in the query's order.
    public var listings: [(table: QueryTable, listing: ProductData)]
    public var charges: [Charge]
    /// How long the result is kept, in days: the shortest of the contracts', since each provider may demand that it
    /// is destroyed then.
    public var resultRetentionDays: Int64

    public static func == (left: RunAuthorization, right: RunAuthorization) -> Bool {
        left.run == right.run && left.charges == right.charges && left.query == right.query
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(run) }
}

/// What one run of one product costs, in minor units of the space's currency.
public struct Charge: Sendable, Hashable, Codable {
    public var contract: Identifier
    public var product: Identifier
    public var payer: Identifier
    public var payee: Identifier
    public var amount: Int64

    public var json: JSONValue {
        [
            "contract": .string(contract.text), "product": .string(product.text), "payer": .string(payer.text),
            "payee": .string(payee.text), "amount": .integer(amount),
        ]
    }
}

extension ExchangeState {
    func decide(_ request: RunRequest, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        guard case .outcome(let outcome) = command.facts else {
            throw Refusal(.outcomeInconsistent, "a run is recorded with its outcome")
        }
        let run = command.statement.identifier(.run)
        // Whoever is registered may be told no on the record; a stranger's request is no event.
        let signer = command.statement.keyIdentifiers.first ?? ""
        guard identity.retiredKeys[signer] == nil, let owner = holder(ofKey: signer) else {
            try checkSigningKey(signer, .runRequest, at: time)
            throw Refusal(.signerUnknown, "the signing key is not registered to a participant of this space")
        }
        let actor = owner.text
        let authorization: RunAuthorization
        do { authorization = try authorizeRun(command, at: time) } catch {
            // The result of a run that lost its ground while it ran is withheld, and this says why.
            return runRefused(command, run, actor, by: "rules", code: error.code.rawValue, reason: error.message)
        }
        switch outcome {
        case .refusedByRules:
            throw Refusal(.outcomeInconsistent, "the rules allow this run, so it cannot be recorded as refused by them")
        case .refusedBySandbox(let code, let message):
            return runRefused(command, run, actor, by: "sandbox", code: code, reason: message)
        case .completed(let facts):
            try check(facts, against: authorization)
            return Event(
                type: .runCompleted, subject: run.text, actor: actor,
                body: Self.body(request.query, facts, authorization), statement: command.statement)
        }
    }

    private func runRefused(
        _ command: Command, _ run: Identifier, _ actor: String, by: String, code: String, reason: String
    ) -> Event {
        var query = ""
        if case .runRequest(let request) = command.statement.content { query = request.query.text }
        return Event(
            type: .runRefused, subject: run.text, actor: actor,
            body: [
                "query": .string(query), "by": .string(by), "code": .string(code.recordable(maximumCount: 100)),
                "reason": .string(reason.recordable(maximumCount: Event.maximumReasonCount)),
            ], statement: command.statement)
    }

    private static func body(_ query: Identifier, _ facts: RunFacts, _ authorization: RunAuthorization) -> JSONObject {
        let snapshots = facts.snapshots.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) }
        return [
            "query": .string(query.text), "policy": .string(facts.policy), "engine": .string(facts.engine),
            "snapshots": .object(JSONObject(snapshots)), "result": .string(facts.result),
            "rows": .integer(facts.rowCount), "suppressedGroups": .integer(facts.suppressedGroups),
            "milliseconds": .integer(facts.milliseconds), "charges": .array(authorization.charges.map(\.json)),
        ]
    }

    /// Whether the reported outcome is what the approved query allows.
    private func check(_ facts: RunFacts, against authorization: RunAuthorization) throws(Refusal) {
        let expected = Dictionary(
            authorization.listings.map { ($0.table.name, $0.listing.snapshot) }, uniquingKeysWith: { first, _ in first })
        guard facts.snapshots == expected else {
            throw Refusal(.outcomeInconsistent, "the run used other snapshots than those of the product versions under contract")
        }
        guard facts.policy == authorization.query.policy else {
            throw Refusal(.outcomeInconsistent, "the run used another rewriting of the query than the one approved")
        }
        let limit = authorization.query.submission.maximumRows(authorization.listings.map(\.listing))
        guard facts.rowCount >= 0, facts.rowCount <= limit, facts.suppressedGroups >= 0, facts.milliseconds >= 0 else {
            throw Refusal(.outcomeInconsistent, "the run released \(facts.rowCount) rows; at most \(limit) are allowed")
        }
    }

    /// Whether a run may begin now: identity, query, contracts, time, count, parameters.
    public func authorizeRun(_ command: Command, at time: Timestamp) throws(Refusal) -> RunAuthorization {
        guard case .runRequest(let request) = command.statement.content else {
            throw Refusal(.outcomeInconsistent, "only a run request can ask for a run")
        }
        try requireSpace(command.statement.header)
        try checkSigningKeys(command.statement, at: time)
        let signer = try activeSigner(command)
        try requireRole(.buyer, of: signer)
        try requireAssurance(.runQuery, of: signer)
        guard let query = queries[request.query] else {
            throw Refusal(.notFound, "there is no query \(request.query)", pointer: "/query")
        }
        try requireSigner(signer, is: query.submission.buyer, pointer: "/query")
        guard query.status == .approved else {
            throw Refusal(.queryNotApproved, "the query is \(query.status.rawValue), not approved", pointer: "/query")
        }
        try checkScope(ofKey: command.statement.keyIdentifiers.first ?? "", query.submission)
        try checkParameters(request.parameters, query.submission.parameters)
        var unused = Set(request.contracts)
        var charges: [Charge] = []
        var listings: [(table: QueryTable, listing: ProductData)] = []
        var retention = Int64.max
        var chargedProducts: Set<ContractProduct> = []
        for table in query.submission.tables {
            let (product, version, listing) = try usableVersion(table.product, table.version)
            try requireGrade(of: version, table.product, allows: signer)
            guard participants[product.provider]?.status == .active else {
                throw Refusal(.providerNotActive, "the provider of \(table.name) is not active")
            }
            let contract = try contract(for: table, in: request.contracts, buyer: signer.identifier, at: time)
            unused.remove(contract.identifier)
            retention = min(retention, contract.terms.resultRetentionDays)
            listings.append((table, listing))
            // A product that a query reads under two names is paid for once.
            if let item = contract.terms.products.first(where: { $0.product == table.product && $0.version == table.version }),
                chargedProducts.insert(item).inserted
            {
                charges.append(
                    Charge(
                        contract: contract.identifier, product: table.product, payer: signer.identifier,
                        payee: product.provider, amount: item.pricePerRun))
            }
        }
        if let extra = unused.sorted().first {
            throw Refusal(.contractUnused, "the run needs no charge to the contract \(extra); name only the contracts that it is charged to", pointer: "/contracts")
        }
        return RunAuthorization(
            run: command.statement.identifier(.run), query: query, buyer: signer.identifier, listings: listings,
            charges: charges, resultRetentionDays: retention)
    }

    /// The first named contract that covers a table and is in force with runs left.
    private func contract(
        for table: QueryTable, in named: [Identifier], buyer: Identifier, at time: Timestamp
    ) throws(Refusal) -> Contract {
        var reason = Refusal(
            .contractMissing, "the run names no contract that covers the table \(table.name) (\(table.product) version \(table.version))",
            pointer: "/contracts")
        for identifier in named {
            guard let contract = contracts[identifier], contract.terms.buyer == buyer, contract.covers(table) else { continue }
            guard contract.isInForce(at: time) else {
                let state = contract.status == .active
                    ? "is valid from \(contract.terms.validFrom) to \(contract.terms.validUntil)"
                    : contract.status == .ended ? "has ended" : "is not signed by every party yet"
                reason = Refusal(.contractNotInForce, "the contract \(identifier) \(state)", pointer: "/contracts")
                continue
            }
            guard contract.completedRuns < contract.terms.maximumRuns else {
                reason = Refusal(
                    .contractExhausted, "the contract \(identifier) allows \(contract.terms.maximumRuns) runs, and all are used",
                    pointer: "/contracts")
                continue
            }
            return contract
        }
        throw reason
    }

    private func checkParameters(_ values: JSONObject, _ parameters: [QueryParameter]) throws(Refusal) {
        for name in values.names where !parameters.contains(where: { $0.name == name }) {
            throw Refusal(.parametersWrong, "the query has no parameter \"\(name.prefix(64))\"", pointer: "/parameters")
        }
        for parameter in parameters {
            guard let value = values[parameter.name] else {
                throw Refusal(.parametersWrong, "the parameter \"\(parameter.name)\" is missing", pointer: "/parameters")
            }
            let fits =
                switch (parameter.type, value) {
                case (.integer, .integer), (.boolean, .bool): true
                case (.decimal, .string), (.text, .string), (.date, .string), (.timestamp, .string): true
                default: false
                }
            guard fits else {
                throw Refusal(
                    .parametersWrong, "the parameter \"\(parameter.name)\" must be of type \(parameter.type.rawValue), is \(value.kindName)",
                    pointer: "/parameters/\(parameter.name)")
            }
        }
    }
}

extension QuerySubmission {
    /// The most rows that a result may have: the least that any of the products' terms allow in this mode.
    public func maximumRows(_ listings: [ProductData]) -> Int64 {
        listings.map { listing in
            switch mode {
            case .aggregate: listing.aggregate?.maximumRows ?? 0
            case .rows: listing.rows?.maximumRows ?? 0
            }
        }.min() ?? 0
    }
}
