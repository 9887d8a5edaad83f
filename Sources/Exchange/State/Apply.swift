import Encoding
import Signing

extension ExchangeState {
    /// Applies an event that `decide` made at this very state, as the next entry.
    ///
    /// It does not decide anything again: an event that does not fit the state (which a sound ledger never holds)
    /// changes nothing but the size and the time.
    public mutating func apply(_ event: Event, at time: Timestamp) {
        let statement = event.statement
        let mark = Mark(statement: statement.payloadHash, seq: size, issuedAt: statement.header.issuedAt)
        size += 1
        self.time = max(self.time, time)
        recentRuns.forget(before: time.advanced(byMilliseconds: -(Self.maximumRunAge + Self.maximumStatementLead)))
        lastingStatements.forget(before: time)
        runs.forget(at: time)
        if let acceptUntil = statement.header.acceptUntil {
            lastingStatements.insert(statement.recordKey, seq: mark.seq, until: acceptUntil)
        }
        switch statement.content {
        case .spaceCharter(let charter): apply(charter, statement.header, at: time)
        case .logKeys(let change): apply(change, mark)
        case .spacePolicy(let policy):
            space?.policy = policy
            space?.policySet = mark
        case .identity(let statement): apply(statement, event, mark, at: time)
        case .catalogue(let statement): apply(statement, event, mark, at: time)
        case .right(let statement): apply(statement, event, mark, at: time)
        case .run(let statement): apply(statement, event, mark, at: time)
        case .participantApplication(let application): apply(application, statement, mark)
        case .participantDecision(let decision): apply(decision, mark)
        case .productListing(let listing): apply(listing, event, mark)
        case .productWithdrawal(let withdrawal): apply(withdrawal, mark)
        case .contract(let terms): apply(terms, event, mark)
        case .contractTermination(let termination):
            contracts[termination.contract]?.status = .ended
            contracts[termination.contract]?.changed = mark
        case .querySubmission(let submission): apply(submission, event, mark)
        case .queryDecision(let decision): apply(decision, event, mark)
        case .runRequest(let request): apply(request, event, mark, at: time)
        }
    }

    private mutating func apply(_ charter: SpaceCharter, _ header: StatementHeader, at time: Timestamp) {
        guard space == nil else { return }
        space = Space(
            prefix: header.space, name: charter.name, origin: charter.origin, logKeys: charter.logKeys,
            currency: charter.currency, operatorKey: charter.operatorKey, nodeKeys: charter.nodeKeys, foundedAt: time)
    }

    private mutating func apply(_ change: LogKeys, _ mark: Mark) {
        let keys = change.logKeys.map(\.description)
        guard let before = space?.logKeys else { return }
        space?.logKeyChanges.append(LogKeyChange(mark: mark, before: before))
        space?.logKeys = keys
    }

    private mutating func apply(_ application: ParticipantApplication, _ statement: SignedStatement, _ mark: Mark) {
        let identifier = statement.identifier(.participant)
        for key in application.keys {
            keys[key.keyIdentifier] = KeyOwner(participant: identifier, key: key)
        }
        if let code = application.creditCode?.text { creditCodes[code] = identifier }
        participants[identifier] = Participant(
            identifier: identifier, name: application.name, type: application.type, country: application.country,
            creditCode: application.creditCode?.text, level: application.level, roles: application.roles,
            keyIdentifiers: application.keys.map(\.keyIdentifier), status: .applied, created: mark, decided: nil)
    }

    private mutating func apply(_ decision: ParticipantDecision, _ mark: Mark) {
        let participant = decision.participant
        if let status = decision.decision.status { participants[participant]?.status = status }
        if let assurance = decision.assurance { participants[participant]?.assurance = assurance }
        participants[participant]?.decided = mark
        if decision.decision == .approve { participants[participant]?.approved = mark }
        switch decision.decision {
        case .refuse: freeCreditCode(of: participant)
        case .revoke:
            freeCreditCode(of: participant)
            if identity.recoveries[participant]?.status == .waiting {
                identity.recoveries[participant]?.status = .void
                identity.recoveries[participant]?.ended = mark
            }
        default: break
        }
    }

    private mutating func apply(_ terms: ContractTerms, _ event: Event, _ mark: Mark) {
        let identifier = event.statement.identifier(.contract)
        let signers = (event.body["signers"]?.arrayValue ?? []).compactMap { try? Identifier($0.stringValue ?? "") }
        let status: ContractStatus = event.body["active"]?.boolValue == true ? .active : .offered
        let earlier = contracts[identifier]?.signatureEntries ?? []
        let entries = earlier + Array(repeating: mark.seq, count: max(0, signers.count - earlier.count))
        if contracts[identifier] == nil {
            contracts[identifier] = Contract(
                identifier: identifier, terms: terms, signers: signers, signatureEntries: entries, status: status,
                created: mark, changed: mark, completedRuns: 0, charged: [:])
        } else {
            contracts[identifier]?.signers = signers
            contracts[identifier]?.signatureEntries = entries
            contracts[identifier]?.status = status
            contracts[identifier]?.changed = mark
        }
    }

    private mutating func apply(_ submission: QuerySubmission, _ event: Event, _ mark: Mark) {
        let identifier = event.statement.identifier(.query)
        let isAccepted = event.type == .querySubmitted
        let waiting = isAccepted ? providers(of: submission) : []
        queries[identifier] = Query(
            identifier: identifier, submission: submission, status: isAccepted ? .submitted : .refused,
            policy: event.body["policy"]?.stringValue ?? "",
            decisions: Dictionary(waiting.map { ($0, Query.ProviderDecision()) }, uniquingKeysWith: { first, _ in first }),
            created: mark)
    }

    private mutating func apply(_ decision: QueryDecision, _ event: Event, _ mark: Mark) {
        guard let provider = try? Identifier(event.actor) else { return }
        queries[decision.query]?.decisions[provider] = Query.ProviderDecision(verdict: decision.decision, mark: mark)
        switch decision.decision {
        case .approve:
            if event.body["complete"]?.boolValue == true { queries[decision.query]?.status = .approved }
        case .refuse: queries[decision.query]?.status = .refused
        case .revoke: queries[decision.query]?.status = .revoked
        }
    }
}
