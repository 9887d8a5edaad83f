import Encoding
import Exchange
import Storage

/// What an event does to the search index.
enum ProjectedChange: Sendable {
    case change(IndexChange)
    /// An earlier entry's listing comes into force by this one. The words of listings are in the ledger alone.
    case listing(product: String, entry: UInt64, seq: UInt64, time: Timestamp)
}

/// What an event changes in the search index.
///
/// Beside the event, the state tells who provides a query's tables, how long a contract lets results be kept, and which
/// entry listed a product's version. None of it ever changes once it is recorded, so any state from the event's own to the
/// latest gives the same answer, and an index that is built anew is the same as one that was kept up.
enum IndexProjection {
    static func change(_ event: Event, seq: UInt64, time: Timestamp, _ state: ExchangeState) -> ProjectedChange? {
        let own = ownChange(event, seq: seq, time: time, state)
        let evidence = event.statement.evidence
        guard !evidence.isEmpty else { return own }
        let records = evidence.map {
            EvidenceRecord(
                sha256: $0.sha256, seq: seq, subject: event.subject, owner: event.actor, kind: $0.kind, name: $0.name,
                mediaType: $0.mediaType, size: $0.size)
        }
        switch own {
        case .change(let change): return .change(.several([change, .evidence(records)]))
        case nil: return .change(.evidence(records))
        // What brings an earlier listing into force is an operator's word, which names no evidence.
        case .listing: return own
        }
    }

    private static func ownChange(_ event: Event, seq: UInt64, time: Timestamp, _ state: ExchangeState) -> ProjectedChange? {
        switch event.statement.content {
        case .productListing(let listing):
            // A version that waits for the operator is found once it is in force.
            guard event.type == .productListed else { return nil }
            return .change(.upsert(document(listing, identifier: event.subject, seq: seq, time: time)))
        case .productWithdrawal(let withdrawal):
            return .change(.withdraw(identifier: withdrawal.product.text, updated: time, seq: seq))
        case .catalogue: return approved(event, seq: seq, time: time, state)
        case .runRequest(let request):
            return .change(.run(run(event, request, seq: seq, time: time, state)))
        case .run(.destruction(let destruction)): return .change(.resultDestroyed(run: destruction.run.text))
        case .right(let statement): return .change(.history(history(event, statement, seq: seq, time: time)))
        case .identity(.alarm(let report)):
            let members = JSONObject(report.members.compactMap { name, value in value.map { (name, $0) } })
            return .change(
                .alarm(
                    AlarmRecord(
                        seq: seq, time: time, kind: report.alarm.rawValue, participant: report.participant?.text ?? "",
                        body: .object(members))))
        default: return nil
        }
    }

    static func document(_ listing: ProductListing, identifier: String, seq: UInt64, time: Timestamp) -> CatalogueDocument {
        let languages = Set(listing.summary.keys).union(listing.description.keys)
        let texts = languages.map { ($0, [listing.summary[$0], listing.description[$0]].compactMap { $0 }.joined(separator: "\n")) }
        return CatalogueDocument(
            identifier: identifier, provider: listing.provider.text, titles: listing.title,
            descriptions: Dictionary(texts, uniquingKeysWith: { first, _ in first }), keywords: listing.keywords,
            grade: listing.grade.rawValue, class: listing.productClass.rawValue, form: listing.form.rawValue,
            updateCycle: listing.updateCycle,
            externalIdentifiers: listing.externalIdentifiers.map { .init(scheme: $0.scheme, value: $0.value) },
            status: CatalogueDocument.listedStatus, updated: time, seq: seq, body: .null)
    }

    /// The version that comes into force when the operator has done the last thing it waited for; unless a newer one was in
    /// force by then.
    private static func approved(_ event: Event, seq: UInt64, time: Timestamp, _ state: ExchangeState) -> ProjectedChange? {
        guard event.type == .productReviewed || event.type == .complianceAccepted,
            event.body["awaiting"]?.arrayValue?.isEmpty == true, let number = event.body["version"]?.integerValue,
            let product = (try? Identifier(event.subject)).flatMap({ state.products[$0] }), let version = product.version(number)
        else { return nil }
        // Declarations can be made, and accepted, again once a version is in force: nothing changes then.
        guard version.listed.seq < seq, version.status == .listed else { return nil }
        let isOutdated = product.versions.dropFirst(Int(number)).contains { newer in
            newer.status == .listed && max(newer.listed.seq, newer.reviewed?.seq ?? 0) < seq
        }
        guard !isOutdated else { return nil }
        return .listing(product: event.subject, entry: version.listed.seq, seq: seq, time: time)
    }

    /// The rights and resources that the event names, also those that a split or a merge makes.
    private static func history(
        _ event: Event, _ statement: RightStatement, seq: UInt64, time: Timestamp
    ) -> HistoryRecord {
        var identifiers: Set<String> = []
        func collect(_ value: JSONValue) {
            switch value {
            case .string(let text):
                guard let identifier = try? Identifier(text), identifier.kind == .right || identifier.kind == .resource else { return }
                identifiers.insert(text)
            case .array(let elements): elements.forEach(collect)
            case .object(let object): object.members.forEach { collect($0.value) }
            default: break
            }
        }
        collect(.string(event.subject))
        collect(.object(event.body))
        return HistoryRecord(
            identifiers: identifiers.sorted(), seq: seq, time: time, type: event.type.rawValue, actor: event.actor,
            editions: editions(event, statement).map(\.text))
    }

    /// The certificates that the event issues, or of which it changes what they say.
    private static func editions(_ event: Event, _ statement: RightStatement) -> [Identifier] {
        switch statement {
        case .decision(let decision): event.type == .rightGranted ? [decision.right] : []
        case .transfer(let transfer): event.type == .rightTransferred ? [transfer.right] : []
        case .split(let split): split.parts.indices.map { Right.part($0 + 1, of: event.statement) }
        case .merge: [event.statement.identifier(.right)]
        case .change(let change): [change.right]
        case .renewal(let renewal): [renewal.right]
        default: []
        }
    }

    private static func run(
        _ event: Event, _ request: RunRequest, seq: UInt64, time: Timestamp, _ state: ExchangeState
    ) -> RunRecord {
        let charges = event.charges
        let isCompleted = event.type == .runCompleted
        // A refused run moves no money, but the providers whose data it asked for see it too.
        let providers = state.providers(ofQuery: request.query).map(\.text)
        return RunRecord(
            identifier: event.subject, seq: seq, time: time, buyer: event.actor,
            providers: Set(charges.map(\.payee.text) + providers).sorted(), query: request.query.text,
            contracts: request.contracts.map(\.text), outcome: isCompleted ? "completed" : "refused",
            reason: event.body["code"]?.stringValue, rows: event.body["rows"]?.integerValue,
            charges: charges.map {
                RunCharge(payer: $0.payer.text, payee: $0.payee.text, contract: $0.contract.text, amount: $0.amount)
            },
            result: event.keptResult?.description,
            resultExpires: state.resultExpiry(event, recordedAt: time))
    }
}

extension Event {
    /// What a completed run costs; nothing for every other event.
    var charges: [Charge] { (body["charges"]?.arrayValue ?? []).compactMap { try? Charge(JSONCursor($0)) } }
}

extension ExchangeState {
    func providers(ofQuery query: Identifier) -> [Identifier] {
        (queries[query]?.submission.tables ?? []).compactMap { products[$0.product]?.provider }
    }

    /// Until when a completed run's result may be kept: the shortest time that a contract it was charged to allows.
    func resultExpiry(_ event: Event, recordedAt time: Timestamp) -> Timestamp? {
        guard event.type == .runCompleted else { return nil }
        let days = event.charges.map { contracts[$0.contract]?.terms.resultRetentionDays ?? 0 }.min() ?? 0
        return time.advanced(byMilliseconds: days * 86_400_000)
    }
}
