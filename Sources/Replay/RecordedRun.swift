import Audit
import Encoding
import Exchange
import struct Sandbox.RowRestriction

/// A completed run as the ledger tells it: all that is needed to run it again, apart from the data.
public struct RecordedRun: Sendable {
    /// A table of the query, with the data that the product's version named when the run was recorded.
    public struct Table: Sendable {
        public var name: String
        public var product: Identifier
        public var version: Int64
        public var provider: Identifier
        public var data: ProductData
        /// SHA-256 of the snapshot that the run used, in hexadecimal.
        public var snapshot: String
        /// What the delegation of the key that asked for it left of the table.
        public var restrictions: [RowRestriction]
    }

    public var identifier: Identifier
    public var seq: UInt64
    public var query: Identifier
    public var submission: QuerySubmission
    public var parameters: JSONObject
    public var tables: [Table]
    /// Of the rewritten query, in hexadecimal.
    public var policy: String
    public var engine: String
    /// SHA-256 of the result as computed, in hexadecimal.
    public var result: String
    public var rowCount: Int64
    /// Whether the ledger says that the result can be had again bit for bit.
    public var isExact: Bool
    /// What was spent of the products' budgets; `nil` outside private mode.
    public var privacy: JSONValue?
}

/// Looks for one run while a ledger is verified.
public final class RunFinder: AuditVisitor {
    public enum Finding: Sendable {
        case missing
        /// It was recorded as refused, so there is no result.
        case refused(seq: UInt64, reason: String)
        case completed(RecordedRun)
        /// The entry is there, but what it rests on is not.
        case unreadable(seq: UInt64, reason: String)
    }

    public let identifier: Identifier
    public private(set) var finding = Finding.missing

    public init(of identifier: Identifier) { self.identifier = identifier }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        let event = audited.entry.event
        guard event.subject == identifier.text else { return }
        switch event.type {
        case .runRefused: finding = .refused(seq: audited.entry.seq, reason: event.body["reason"]?.stringValue ?? "")
        case .runCompleted:
            do throws(JSONMismatch) {
                finding = .completed(try run(audited, state))
            } catch { finding = .unreadable(seq: audited.entry.seq, reason: "\(error)") }
        default: break
        }
    }

    private func run(_ audited: AuditedEntry, _ state: ExchangeState) throws(JSONMismatch) -> RecordedRun {
        let entry = audited.entry
        let body = JSONCursor(.object(entry.event.body))
        guard case .runRequest(let request) = audited.verified.statement.content, let query = state.queries[request.query] else {
            throw body.mismatch("names a query that the ledger does not have")
        }
        let signer = try? state.signer(ofKey: audited.verified.statement.keyIdentifiers.first ?? "", at: entry.time)
        var tables: [RecordedRun.Table] = []
        for table in query.submission.tables {
            guard let product = state.products[table.product], let data = product.version(table.version)?.data else {
                throw body.mismatch("names the table \(table.name), whose product the ledger does not have")
            }
            let filters = signer?.delegation?.scope(for: table.product).rowFilters ?? []
            tables.append(
                RecordedRun.Table(
                    name: table.name, product: table.product, version: table.version, provider: product.provider, data: data,
                    snapshot: try body.member("snapshots").member(table.name).string(maximumCount: 64),
                    restrictions: filters.map { RowRestriction(column: $0.column, values: $0.values) }))
        }
        return RecordedRun(
            identifier: identifier, seq: entry.seq, query: request.query, submission: query.submission,
            parameters: request.parameters, tables: tables, policy: try body.member("policy").string(maximumCount: 64),
            engine: try body.member("engine").string(maximumCount: 100), result: try body.member("result").string(maximumCount: 64),
            rowCount: try body.member("rows").integer(in: 0...Int64.max),
            isExact: try body.optionalMember("exact")?.bool() ?? false, privacy: entry.event.body["privacy"])
    }
}
