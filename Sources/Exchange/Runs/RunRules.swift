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
    /// The task that the run uses; `nil` while one is asked for.
    public var task: RunTask?
    /// The runs that it is to be held against, so that no two answers differ by a few people; in the ledger's order.
    public var earlierRuns: [EarlierRun] = []
    /// What it spends of each product's budget, in private mode.
    public var privacy: PrivacyCost?

    /// SHA-256 of the snapshot behind each table, by its name.
    public var snapshots: JSONObject {
        JSONObject(listings.map { ($0.table.name, .string($0.listing.snapshot)) }.sorted { $0.0 < $1.0 })
    }

    public static func == (left: RunAuthorization, right: RunAuthorization) -> Bool {
        left.run == right.run && left.charges == right.charges && left.query == right.query
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(run) }
}

/// What is wanted of a run, alike in a task request and in the request that uses it.
struct RunWish {
    var query: Identifier
    var contracts: [Identifier]
    var parameters: JSONObject
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
            try checkMethod(facts, against: authorization)
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
        var body: JSONObject = ["query": .string(query.text)]
        for (name, value) in facts.members { if let value { body[name] = value } }
        body["charges"] = .array(authorization.charges.map(\.json))
        if let task = authorization.task { body["task"] = .string(task.identifier.text) }
        return body
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

    /// What must hold of what is new since there are tasks.
    private func checkMethod(_ facts: RunFacts, against authorization: RunAuthorization) throws(Refusal) {
        let submission = authorization.query.submission
        guard facts.method != nil || authorization.task == nil else {
            throw Refusal(.outcomeInconsistent, "a run says by which method its result came to be")
        }
        if let method = facts.method, method.mode != submission.mode {
            throw Refusal(.outcomeInconsistent, "the run was made in the mode \(method.mode.rawValue), the query is of the mode \(submission.mode.rawValue)")
        }
        guard (facts.sealed != nil) == (authorization.task?.isSealed ?? false) else {
            throw Refusal(.outcomeInconsistent, "a result is sealed where its task asks for it, and nowhere else")
        }
        guard facts.privacy == authorization.privacy else {
            throw Refusal(.outcomeInconsistent, "the run spent something else of the privacy budget than the query says")
        }
        // What was released while this run was under way has not been looked at; it is held against that too, or thrown away.
        guard facts.comparedWith == authorization.earlierRuns.map(\.seq) else {
            throw Refusal(
                .historyChanged,
                "the run was held against \(facts.comparedWith.count) earlier runs of this buyer, by now there are \(authorization.earlierRuns.count)")
        }
        for (index, artefact) in facts.artefacts.enumerated() {
            guard let declared = submission.program?.artefacts.first(where: { $0.name == artefact.name }),
                (0...declared.maximumBytes).contains(artefact.bytes),
                !facts.artefacts[..<index].contains(where: { $0.name == artefact.name })
            else {
                throw Refusal(.outcomeInconsistent, "the artefact \"\(artefact.name)\" is not as the query declares it")
            }
        }
    }

    /// Whether a run may begin now: task, identity, query, contracts, time, count, parameters, budget.
    public func authorizeRun(_ command: Command, at time: Timestamp) throws(Refusal) -> RunAuthorization {
        guard case .runRequest(let request) = command.statement.content else {
            throw Refusal(.outcomeInconsistent, "only a run request can ask for a run")
        }
        let wish = RunWish(query: request.query, contracts: request.contracts, parameters: request.parameters)
        try requireSpace(command.statement.header)
        try checkSigningKeys(command.statement, at: time)
        let task = try requireTask(request, try activeSigner(command), at: time)
        var authorization = try authorize(wish, command, at: time)
        if let task, task.snapshots.contains(where: { authorization.snapshots[$0.key] != .string($0.value) }) {
            throw Refusal(.snapshotDiffers, "the data are other ones than those for which the task was minted; mint another", pointer: "/task")
        }
        authorization.task = task
        return authorization
    }

    /// What must hold both when a task is minted and when it is used.
    func authorize(_ wish: RunWish, _ command: Command, at time: Timestamp) throws(Refusal) -> RunAuthorization {
        try requireSpace(command.statement.header)
        try checkSigningKeys(command.statement, at: time)
        let signer = try activeSigner(command)
        try requireRole(.buyer, of: signer)
        try requireAssurance(.runQuery, of: signer)
        guard let query = queries[wish.query] else {
            throw Refusal(.notFound, "there is no query \(wish.query)", pointer: "/query")
        }
        try requireSigner(signer, is: query.submission.buyer, pointer: "/query")
        guard query.status == .approved else {
            throw Refusal(.queryNotApproved, "the query is \(query.status.rawValue), not approved", pointer: "/query")
        }
        let key = command.statement.keyIdentifiers.first ?? ""
        try checkScope(ofKey: key, query.submission)
        try checkHistoryScope(ofKey: key, query.submission, buyer: signer.identifier)
        try checkParameters(wish.parameters, query.submission.parameters)
        var authorization = try cover(query, wish.contracts, signer, command, at: time)
        authorization.earlierRuns = try earlierRuns(of: query, wish.parameters, buyer: signer.identifier)
        if let cost = query.submission.privacy {
            try requireBudget(cost, authorization.listings, buyer: signer.identifier, at: time)
            authorization.privacy = cost
        }
        if query.submission.mode == .match {
            for (table, listing) in authorization.listings {
                guard let terms = listing.match else { continue }
                try requireConsent(table, terms, wish.parameters, buyer: signer.identifier, at: time)
            }
        }
        return authorization
    }

    /// Finds for each table of a query the contract that covers it, and what the run will cost.
    private func cover(
        _ query: Query, _ named: [Identifier], _ signer: Participant, _ command: Command, at time: Timestamp
    ) throws(Refusal) -> RunAuthorization {
        var unused = Set(named)
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
            let contract = try contract(for: table, in: named, buyer: signer.identifier, at: time)
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
