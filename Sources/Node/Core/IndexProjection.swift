import Encoding
import Exchange
import Storage

/// What an event changes in the search index.
///
/// Beside the event, the state tells who provides a query's tables and how long a contract lets results be kept. Neither
/// ever changes once it is recorded, so any state from the event's own to the latest gives the same answer, and an
/// index that is built anew is the same as one that was kept up.
enum IndexProjection {
    static func change(_ event: Event, seq: UInt64, time: Timestamp, _ state: ExchangeState) -> IndexChange? {
        switch event.statement.content {
        case .productListing(let listing):
            guard event.type == .productListed else { return nil }
            return .upsert(
                CatalogueDocument(
                    identifier: event.subject, provider: listing.provider.text, titles: listing.title,
                    descriptions: listing.summary, keywords: listing.keywords, grade: listing.grade.rawValue,
                    class: listing.productClass.rawValue, status: ProductStatus.listed.rawValue, updated: time, seq: seq,
                    body: .null))
        case .productWithdrawal(let withdrawal):
            return .withdraw(identifier: withdrawal.product.text, updated: time, seq: seq)
        case .runRequest(let request):
            return .run(run(event, request, seq: seq, time: time, state))
        case .right: return .history(history(event, seq: seq, time: time))
        default: return nil
        }
    }

    /// The rights and resources that the event names, also those that a split or a merge makes.
    private static func history(_ event: Event, seq: UInt64, time: Timestamp) -> HistoryRecord {
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
            identifiers: identifiers.sorted(), seq: seq, time: time, type: event.type.rawValue, actor: event.actor)
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
            result: isCompleted ? event.body["result"]?.stringValue : nil,
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
