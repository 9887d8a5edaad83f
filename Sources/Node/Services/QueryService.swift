import Encoding
import Exchange
import HTTPTransport
import Sandbox

/// A query's tables with the data of the product versions behind them.
typealias ListedTable = (table: QueryTable, listing: ProductData)

/// Checks queries' texts with the engine's own parser.
actor QueryService {
    private let engine: SandboxEngine
    private let sequencer: Sequencer
    private let log: StructuredLog
    /// Checked queries by identifier: the check of an approved text gives the same answer every time.
    private var checked: [Identifier: CheckedSubmission] = [:]
    private static let maximumCached = 1000

    init(engine: SandboxEngine, sequencer: Sequencer, log: StructuredLog) {
        self.engine = engine
        self.sequencer = sequencer
        self.log = log
    }

    /// The policies of a query's tables, from their products' listings.
    private nonisolated func policies(_ listings: [ListedTable]) async -> [TablePolicy] {
        let products = listings.map(\.table.product)
        let owners = await sequencer.read { state in products.map { state.products[$0]?.provider.text ?? "" } }
        return zip(listings, owners).map { $0.listing.policy(name: $0.table.name, owner: $1) }
    }

    /// Checks a text, or a program's declaration.
    ///
    /// - Throws: `SandboxError`; `.refused` where the policy refuses it. `Refusal` for a program that a product does not take.
    nonisolated func check(_ submission: QuerySubmission, _ listings: [ListedTable]) async throws -> CheckedSubmission {
        let tables = await policies(listings)
        if let program = submission.program {
            return .program(try CheckedProgram(program, listings, tables: tables, usual: engine.configuration.limits))
        }
        let parameters = submission.parameters.compactMap { parameter in
            Sandbox.ParameterType(rawValue: parameter.type.rawValue).map {
                Sandbox.QueryParameter(name: parameter.name, type: $0)
            }
        }
        guard let mode = Sandbox.QueryMode(rawValue: submission.mode.rawValue) else {
            throw Problem(
                code: "mode-not-run", status: 422, title: "This node does not run the query's mode",
                detail: "queries of the mode \(submission.mode.rawValue) are not run by this node")
        }
        do {
            return .query(try await engine.check(sql: submission.sql, mode: mode, tables: tables, parameters: parameters))
        } catch {
            if let detail = SandboxProblem.operatorDetail(error) {
                log.write(.error, "the query check failed", ["detail": .string(detail)])
            }
            throw error
        }
    }

    /// Checks a text; a program is refused.
    nonisolated func checkText(_ submission: QuerySubmission, _ listings: [ListedTable]) async throws -> CheckedQuery {
        if case .query(let query) = try await check(submission, listings) { return query }
        throw Problem(
            code: "mode-not-run", status: 422, title: "This cannot be done with a program",
            detail: "synthetic rows are for queries; a program is tried on rows of your own")
    }

    /// The checked form of an approved query, which must rewrite exactly as it did when it was approved.
    func checked(_ query: Exchange.Query, _ listings: [ListedTable]) async throws -> CheckedSubmission {
        if let known = checked[query.identifier] { return known }
        let fresh = try await check(query.submission, listings)
        guard fresh.policyHash.description == query.policy else {
            throw Problem(
                code: "policy-changed", status: 409, title: "The query policy has changed since the approval",
                detail: "this node now rewrites the query differently from the way that was approved",
                hint: "Submit the query again, and have it approved again.")
        }
        if checked.count >= Self.maximumCached { checked.removeAll() }
        checked[query.identifier] = fresh
        return fresh
    }

    // MARK: Staff

    /// What a delegation leaves of a query: which rows of each table the run may see.
    ///
    /// The query is checked as if the columns outside the delegation's field set were hidden, and must then be rewritten just
    /// as it was for everybody: a star that would quietly stand for fewer columns is refused like a column that is named.
    ///
    /// - Parameter policy: of the query as it was checked without the delegation, in hexadecimal.
    nonisolated func restrictions(
        _ delegation: Delegation?, _ submission: QuerySubmission, _ listings: [ListedTable], policy: String
    ) async throws -> [String: [RowRestriction]] {
        guard let delegation else { return [:] }
        var rows: [String: [RowRestriction]] = [:]
        var narrowed: [ListedTable] = []
        for (table, listing) in listings {
            let scope = delegation.scope(for: table.product)
            rows[table.name] = scope.rowFilters.map { RowRestriction(column: $0.column, values: $0.values) }
            narrowed.append((table, scope.columns.map { listing.narrowed(to: $0, submission.mode) } ?? listing))
        }
        guard zip(listings, narrowed).contains(where: { $0.0.listing != $0.1.listing }) else { return rows }
        do {
            let checked = try await check(submission, narrowed)
            guard checked.policyHash.description == policy else {
                throw Self.outOfScope(delegation, "it reads columns outside the delegation's field set", nil)
            }
        } catch SandboxError.refused(let refusal) {
            let fault = SandboxProblem.fault(refusal)
            throw Self.outOfScope(delegation, fault.message, SandboxProblem.members(fault))
        }
        return rows
    }

    private static func outOfScope(_ delegation: Delegation, _ reason: String, _ place: JSONObject?) -> Problem {
        Problem(
            code: RefusalCode.scopeExceeded.rawValue, status: 403, title: "The signing key may not read this",
            detail: "the key of \(delegation.name) may not run this query: \(reason)",
            hint: "The organisation delegates more with \"hexi staff add\", or a key of its own signs.", extensions: place ?? [:])
    }
}

extension ProductData {
    /// The listing as it looks to somebody who may read some of its columns only. What protects the people in the data stays:
    /// in aggregates a privacy unit is counted, never shown.
    func narrowed(to columns: Set<String>, _ mode: Exchange.QueryMode) -> ProductData {
        var listing = self
        for index in listing.columns.indices where !columns.contains(listing.columns[index].name) {
            // Programs get a pseudonym in its place.
            if mode != .rows, listing.columns[index].role == .privacyUnit { continue }
            listing.columns[index].role = .hidden
        }
        listing.rows?.columns.removeAll { !columns.contains($0) }
        return listing
    }
}
