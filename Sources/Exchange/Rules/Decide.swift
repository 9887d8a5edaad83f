import Encoding
import Signing

extension ExchangeState {
    /// How old a statement may be when it is accepted, and how far in the future its time may lie, in milliseconds.
    /// Within this window a replay is recognised by memory; outside it, by age.
    public static let maximumStatementAge: Int64 = 600_000
    public static let maximumStatementLead: Int64 = 60_000
    /// How old a run request may be when its outcome is recorded: a run may wait for its turn, and take its time. It must
    /// begin within `maximumStatementAge`, which the node sees to.
    public static let maximumRunAge: Int64 = 3_600_000

    /// Decides a command: the event that it leads to, or the refusal.
    ///
    /// Pure: the same state, command and time give the same answer on every machine, which is how an auditor replays
    /// a ledger.
    ///
    /// - Parameter time: the new entry's time, not before the state's own.
    public func decide(_ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let event = try verdict(command, at: time)
        // Of the other events, no part is a node's word.
        if case .none = command.facts { return event }
        return try event.fitForLedger()
    }

    /// What ``decide(_:at:)`` answers, before what a node reports is known to fit into an entry.
    func verdict(_ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let statement = command.statement
        if case .spaceCharter(let charter) = statement.content { return try decideFounding(charter, command) }
        try requireSpace(statement.header)
        // A retry of what is recorded already is told so whatever its age.
        if let seq = recordedAt(statement) {
            throw Refusal(.duplicate, "this very statement is recorded already, as entry \(seq)", recordedAt: seq)
        }
        // The parties may take as long as they like to sign: every signer signs the same bytes, so the same time.
        let isFurtherSignature = statement.kind == .contract && contracts[statement.identifier(.contract)] != nil
        if !isFurtherSignature {
            let limit = statement.kind == .runRequest ? Self.maximumRunAge : Self.maximumStatementAge
            try checkFreshness(statement.header, at: time, maximumAge: limit)
        }
        // Contracts and runs look at their signers themselves: an earlier signature may have been made with a key that has
        // been removed since, and a run that is refused is recorded.
        if statement.kind != .contract, statement.kind != .runRequest { try checkSigningKeys(statement, at: time) }
        switch statement.content {
        case .spaceCharter: throw Refusal(.spaceAlreadyFounded, "the space has been founded already")
        case .logKeys(let change): return try decide(change, command)
        case .spacePolicy(let policy): return try decide(policy, command)
        case .identity(let statement): return try decide(statement, command, at: time)
        case .catalogue(let statement): return try decide(statement, command, at: time)
        case .right(let statement): return try decide(statement, command, at: time)
        case .run(let statement): return try decide(statement, command, at: time)
        case .participantApplication(let application): return try decide(application, command)
        case .participantDecision(let decision): return try decide(decision, command)
        case .productListing(let listing): return try decide(listing, command, at: time)
        case .productWithdrawal(let withdrawal): return try decide(withdrawal, command)
        case .contract(let terms): return try decide(terms, command, at: time)
        case .contractTermination(let termination): return try decide(termination, command)
        case .querySubmission(let submission): return try decide(submission, command, at: time)
        case .queryDecision(let decision): return try decide(decision, command)
        case .runRequest(let request): return try decide(request, command, at: time)
        }
    }

    /// Refuses what is made for another space, which may have the same participants and contracts.
    func requireSpace(_ header: StatementHeader) throws(Refusal) {
        guard let space else { throw Refusal(.spaceNotFounded, "the space has not been founded yet") }
        guard header.space == space.prefix else {
            throw Refusal(
                .wrongSpace, "the statement is for the space \(header.space), this is \(space.prefix)", pointer: "/space")
        }
    }

    /// Whether a statement is fresh enough to be accepted at a time.
    public func checkFreshness(
        _ header: StatementHeader, at time: Timestamp, maximumAge: Int64 = maximumStatementAge
    ) throws(Refusal) {
        if let acceptUntil = header.acceptUntil {
            try checkValidity(header, until: acceptUntil, at: time)
        } else if header.issuedAt.advanced(byMilliseconds: maximumAge) < time {
            throw Refusal(
                .statementTooOld,
                "the statement was issued at \(header.issuedAt), more than \(maximumAge / 60_000) minutes before \(time); sign it anew, or set the clock",
                pointer: "/issuedAt")
        }
        if header.issuedAt > time.advanced(byMilliseconds: Self.maximumStatementLead) {
            throw Refusal(
                .statementFromFuture,
                "the statement was issued at \(header.issuedAt), more than \(Self.maximumStatementLead / 1000) seconds after \(time); set the signer's clock",
                pointer: "/issuedAt")
        }
    }

    private func checkValidity(_ header: StatementHeader, until acceptUntil: Timestamp, at time: Timestamp) throws(Refusal) {
        let days = space?.policy.offline.maximumDays ?? 0
        guard acceptUntil <= header.issuedAt.advanced(byMilliseconds: days * 86_400_000) else {
            throw Refusal(
                .validityTooLong,
                days == 0
                    ? "this space takes no statements by file; leave out \"acceptUntil\" and send it over the network"
                    : "a statement may be valid for \(days) days here, from \(header.issuedAt); sign it with an earlier \"acceptUntil\"",
                pointer: "/acceptUntil")
        }
        guard time <= acceptUntil else {
            throw Refusal(
                .statementTooOld, "the statement was valid until \(acceptUntil), it is \(time); sign it anew",
                pointer: "/acceptUntil")
        }
    }

    /// The entry that records this very statement, where the state still knows it.
    public func recordedAt(_ statement: SignedStatement) -> UInt64? {
        if statement.header.acceptUntil != nil, let seq = lastingStatements[statement.recordKey] { return seq }
        func match(_ mark: Mark?) -> UInt64? { mark.flatMap { $0.statement == statement.payloadHash ? $0.seq : nil } }
        switch statement.content {
        case .spaceCharter: return nil
        case .logKeys: return match(space?.logKeyChanges.last?.mark)
        case .spacePolicy: return match(space?.policySet)
        case .identity(let content): return match(lastMark(content, statement))
        case .catalogue(let content): return match(lastMark(content, statement))
        case .right(let content): return match(lastMark(content, statement))
        case .run(let content): return match(lastMark(content, statement))
        case .participantApplication: return match(participants[statement.identifier(.participant)]?.created)
        case .participantDecision(let decision): return match(participants[decision.participant]?.decided)
        case .productListing(let listing):
            return match(products[listing.product ?? statement.identifier(.product)]?.version(listing.version)?.listed)
        case .productWithdrawal(let withdrawal): return match(products[withdrawal.product]?.changed)
        case .contract:
            return contracts[statement.identifier(.contract)].flatMap { recordedSignatures(statement, in: $0) }
        case .contractTermination(let termination): return match(contracts[termination.contract]?.changed)
        case .querySubmission: return match(queries[statement.identifier(.query)]?.created)
        case .queryDecision(let decision):
            // Two providers may sign the same words; each is on the record only with its own.
            let owner = statement.keyIdentifiers.first.flatMap(holder)
            return owner.flatMap { match(queries[decision.query]?.decisions[$0]?.mark) }
        case .runRequest: return recentRuns[statement.identifier(.run)]
        }
    }

    /// The entry that recorded the last of a contract's signatures, if it has all that the statement brings. The same
    /// terms come once for each signer; only what adds no signature is a repetition.
    private func recordedSignatures(_ statement: SignedStatement, in contract: Contract) -> UInt64? {
        let recorded = Dictionary(zip(contract.signers, contract.signatureEntries), uniquingKeysWith: { first, _ in first })
        var last: UInt64?
        for keyIdentifier in statement.keyIdentifiers {
            guard let signer = holder(ofKey: keyIdentifier), let seq = recorded[signer] else { return nil }
            last = max(last ?? seq, seq)
        }
        return last
    }
}

extension SignedStatement {
    /// SHA-256 of the payload, in hexadecimal.
    public var payloadHash: String { payloadDigest.description }

    /// Tells a statement from every other, and one signer's from another's: several may sign the same bytes one by one.
    var recordKey: String { ([payloadHash] + keyIdentifiers.sorted()).joined(separator: " ") }

    /// The identifier of what the statement creates.
    public func identifier(_ kind: IdentifierKind) -> Identifier {
        Identifier(kind: kind, prefix: header.space, digest: payloadDigest)
    }
}
