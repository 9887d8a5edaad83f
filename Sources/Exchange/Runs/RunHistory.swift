import Encoding
import Signing

/// A completed run that later ones of the same buyer are held against.
public struct EarlierRun: Sendable, Hashable, Codable {
    public var run: Identifier
    /// The entry that recorded it.
    public var seq: UInt64
    /// SHA-256 of what tells it from other runs, in hexadecimal: query as rewritten, tables, parameters.
    var likeness: String
}

/// Whose runs over which data are held against each other.
struct HistoryKey: Sendable, Hashable, Codable {
    var buyer: Identifier
    var product: Identifier
    var version: Int64
}

// Differencing: two answers that differ by few people tell of those few, though neither does alone. Where a product asks for it,
// a run is held against every different run that the same buyer has made of the same version.
extension ExchangeState {
    /// The products' versions of a query whose buyers' runs are held against each other.
    private func watchedVersions(_ submission: QuerySubmission, of buyer: Identifier) -> Set<HistoryKey> {
        guard submission.mode == .aggregate else { return [] }
        let watched = submission.tables.filter {
            products[$0.product]?.version($0.version)?.data?.aggregate?.differencing == true
        }
        return Set(watched.map { HistoryKey(buyer: buyer, product: $0.product, version: $0.version) })
    }

    /// The runs that one is to be held against, in the ledger's order; none for the repetition of an earlier run.
    public func earlierRuns(
        of query: Query, _ parameters: JSONObject, buyer: Identifier
    ) throws(Refusal) -> [EarlierRun] {
        let keys = watchedVersions(query.submission, of: buyer)
        guard !keys.isEmpty else { return [] }
        let likeness = query.likeness(parameters)
        var found: [UInt64: EarlierRun] = [:]
        var isNew = false
        for key in keys {
            let runs = runs.history[key] ?? []
            if runs.contains(where: { $0.likeness == likeness }) { continue }
            isNew = true
            for run in runs { found[run.seq] = run }
        }
        guard isNew else { return [] }
        let limit = space?.policy.runs.maximumEarlierRuns ?? RunsPolicy().maximumEarlierRuns
        guard found.count <= limit else {
            throw Refusal(
                .historyFull,
                "this run would have to be held against \(found.count) different ones that you have made of these products, and this space does that with \(limit) at most; ask again what you have asked before, or wait for a new version of the product, or for the operator to raise the limit")
        }
        return found.values.sorted { $0.seq < $1.seq }
    }

    /// Refuses to let a key that sees some rows only, which its own organisation chooses, take part in what is held against
    /// other runs: the rows would differ where the queries do not.
    func checkHistoryScope(ofKey identifier: String, _ submission: QuerySubmission, buyer: Identifier) throws(Refusal) {
        guard let delegation = identity.staffKeys[identifier]?.delegation,
            !watchedVersions(submission, of: buyer).isEmpty
        else { return }
        for (index, table) in submission.tables.enumerated() where !delegation.scope(for: table.product).rowFilters.isEmpty {
            throw Refusal(
                .scopeExceeded,
                "a product of this query holds each run against the buyer's earlier ones, over the same rows; the key of \(delegation.name) sees some rows of the table \(table.name) only. A key without a row scope can run it",
                pointer: "/tables/\(index)")
        }
    }

    mutating func remember(_ request: RunRequest, of buyer: Identifier, _ run: Identifier, _ mark: Mark) {
        guard let query = queries[request.query] else { return }
        let earlier = EarlierRun(run: run, seq: mark.seq, likeness: query.likeness(request.parameters))
        for key in watchedVersions(query.submission, of: buyer)
        where runs.history[key]?.contains(where: { $0.likeness == earlier.likeness }) != true {
            runs.history[key, default: []].append(earlier)
        }
    }
}

extension Query {
    /// SHA-256 of what a run of it computes, in hexadecimal.
    func likeness(_ parameters: JSONObject) -> String {
        let tables = submission.tables.map { table -> JSONValue in
            [.string(table.name), .string(table.product.text), .integer(table.version)]
        }
        let document: JSONValue = ["policy": .string(policy), "tables": .array(tables), "parameters": .string(parameters.likeness)]
        return SHA256.hash(document.serialized()).description
    }
}
