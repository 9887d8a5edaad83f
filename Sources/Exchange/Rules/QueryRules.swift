import Encoding

// Queries: submitted → approved (when every provider concerned has approved) | refused; approved → revoked.
// One whose text fails the machine check is recorded as refused at once.
extension ExchangeState {
    func decide(_ submission: QuerySubmission, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        try checkSubmission(submission, command, at: time)
        let identifier = command.statement.identifier(.query)
        switch command.facts {
        case .check(.accepted(let policy, let engine)):
            let providers = providers(of: submission).map { JSONValue.string($0.text) }
            return Event(
                type: .querySubmitted, subject: identifier.text, actor: submission.buyer.text,
                body: ["policy": .string(policy), "engine": .string(engine), "awaiting": .array(providers)],
                statement: command.statement)
        case .check(.refused(let fault)):
            let fault = fault.recordable
            return Event(
                type: .queryRefused, subject: identifier.text, actor: Event.nodeActor,
                body: [
                    "code": .string(fault.code), "reason": .string(fault.message), "piece": .string(fault.piece),
                    "line": .integer(fault.line), "column": .integer(fault.column),
                ], statement: command.statement)
        default: throw Refusal(.outcomeInconsistent, "a query is recorded with the verdict of its machine check")
        }
    }

    /// What must hold of a submission before its text is worth checking.
    public func checkSubmission(_ submission: QuerySubmission, _ command: Command, at time: Timestamp) throws(Refusal) {
        try requireSpace(command.statement.header)
        try checkSigningKeys(command.statement, at: time)
        let signer = try activeSigner(command)
        try requireSigner(signer, is: submission.buyer, pointer: "/buyer")
        try requireRole(.buyer, of: signer)
        try requireAssurance(.runQuery, of: signer)
        for (index, table) in submission.tables.enumerated() {
            let pointer = "/tables/\(index)"
            let (_, _, data) = try usableVersion(table.product, table.version, pointer: pointer)
            guard data.offers(submission.mode) else {
                throw Refusal(
                    .modeNotOffered, "the product of the table \(table.name) does not offer the mode \(submission.mode.rawValue)",
                    pointer: "/mode")
            }
            try data.checkTerms(submission, table: table)
            let isCovered = contracts.values.contains { contract in
                contract.terms.buyer == signer.identifier && contract.isInForce(at: time) && contract.covers(table)
            }
            guard isCovered else {
                throw Refusal(
                    .contractMissing, "no contract in force covers the table \(table.name) (\(table.product) version \(table.version))",
                    pointer: pointer)
            }
        }
        try checkScope(ofKey: command.statement.keyIdentifiers.first ?? "", submission)
    }

    /// The providers whose approval a query needs, in order.
    func providers(of submission: QuerySubmission) -> [Identifier] {
        Set(submission.tables.compactMap { products[$0.product]?.provider }).sorted()
    }

    func decide(_ decision: QueryDecision, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        guard let query = queries[decision.query] else {
            throw Refusal(.notFound, "there is no query \(decision.query)", pointer: "/query")
        }
        guard let own = query.decisions[signer.identifier] else {
            throw Refusal(.signerNotNamed, "\(signer.name) provides no table of this query", pointer: "/query")
        }
        if let mark = own.mark, command.statement.header.issuedAt <= mark.issuedAt {
            throw Refusal(.staleDecision, "a later decision of yours on this query is recorded already", pointer: "/issuedAt")
        }
        let isAllowed =
            switch decision.decision {
            case .approve: query.status == .submitted && own.verdict == nil
            case .refuse: query.status == .submitted
            case .revoke: query.status == .approved
            }
        guard isAllowed else {
            let yours = own.verdict.map { ", and yours is \($0.rawValue)" } ?? ""
            throw Refusal(
                .wrongStatus, "the query is \(query.status.rawValue)\(yours); it cannot take the decision \(decision.decision.rawValue)",
                pointer: "/decision")
        }
        let approvals = query.decisions.filter { $0.value.verdict == .approve }.count
        let isComplete = decision.decision == .approve && approvals + 1 == query.decisions.count
        let (type, body): (EventType, JSONObject) =
            switch decision.decision {
            case .approve: (.queryApproved, ["reason": .string(decision.reason), "complete": .bool(isComplete)])
            case .refuse:
                (
                    .queryRefused,
                    [
                        "code": "refused-by-provider", "reason": .string(decision.reason), "piece": "", "line": 0,
                        "column": 0,
                    ]
                )
            case .revoke: (.queryRevoked, ["reason": .string(decision.reason)])
            }
        return Event(
            type: type, subject: query.identifier.text, actor: signer.identifier.text, body: body,
            statement: command.statement)
    }
}

extension Contract {
    func covers(_ table: QueryTable) -> Bool {
        terms.products.contains { $0.product == table.product && $0.version == table.version }
    }
}
