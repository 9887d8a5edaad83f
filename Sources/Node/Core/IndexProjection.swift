import Encoding
import Exchange
import Storage

/// What an event changes in the search index.
enum IndexProjection {
    static func change(_ event: Event, seq: UInt64, time: Timestamp) -> IndexChange? {
        switch event.statement.content {
        case .productListing(let listing):
            return .upsert(
                CatalogueDocument(
                    identifier: event.subject, provider: listing.provider.text, titles: listing.title,
                    descriptions: listing.summary, keywords: listing.keywords, grade: listing.grade.rawValue,
                    class: listing.productClass.rawValue, status: ProductStatus.listed.rawValue, updated: time, seq: seq,
                    body: .null))
        case .productWithdrawal(let withdrawal):
            return .withdraw(identifier: withdrawal.product.text, updated: time, seq: seq)
        case .runRequest(let request):
            return .run(run(event, request, seq: seq, time: time))
        default: return nil
        }
    }

    private static func run(_ event: Event, _ request: RunRequest, seq: UInt64, time: Timestamp) -> RunRecord {
        let charges = (event.body["charges"]?.arrayValue ?? []).compactMap { try? Charge(JSONCursor($0)) }
        let isCompleted = event.type == .runCompleted
        return RunRecord(
            identifier: event.subject, seq: seq, time: time, buyer: event.actor,
            providers: Set(charges.map(\.payee.text)).sorted(), query: request.query.text,
            contracts: request.contracts.map(\.text), outcome: isCompleted ? "completed" : "refused",
            reason: event.body["code"]?.stringValue, rows: event.body["rows"]?.integerValue,
            charges: charges.map {
                RunCharge(payer: $0.payer.text, payee: $0.payee.text, contract: $0.contract.text, amount: $0.amount)
            })
    }
}
