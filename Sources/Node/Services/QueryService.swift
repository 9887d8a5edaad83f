import Encoding
import Exchange
import HTTPTransport
import Sandbox

/// A query's tables with the data of the product versions behind them.
typealias ListedTable = (table: QueryTable, listing: ProductData)

/// Checks queries' texts with the engine's own parser.
actor QueryService {
    private let engine: SandboxEngine
    private let log: StructuredLog
    /// Checked queries by identifier: the check of an approved text gives the same answer every time.
    private var checked: [Identifier: CheckedQuery] = [:]
    private static let maximumCached = 1000

    init(engine: SandboxEngine, log: StructuredLog) {
        self.engine = engine
        self.log = log
    }

    /// The policies of a query's tables, from their products' listings.
    private static func policies(_ listings: [ListedTable]) -> [TablePolicy] {
        listings.map { table, listing in
            TablePolicy(
                name: table.name,
                columns: listing.columns.compactMap { column in
                    Sandbox.ColumnRole(rawValue: column.role.rawValue).map {
                        ColumnDefinition(name: column.name, type: column.type, role: $0)
                    }
                },
                aggregate: listing.aggregate.map {
                    AggregatePolicy(minimumGroupSize: Int($0.minimumGroupSize), maximumRows: Int($0.maximumRows))
                },
                rows: listing.rows.map { RowsPolicy(columns: $0.columns, maximumRows: Int($0.maximumRows)) })
        }
    }

    /// Checks a text.
    ///
    /// - Throws: `SandboxError`; `.refused` where the policy refuses it.
    nonisolated func check(_ submission: QuerySubmission, _ listings: [ListedTable]) async throws -> CheckedQuery {
        let parameters = submission.parameters.compactMap { parameter in
            Sandbox.ParameterType(rawValue: parameter.type.rawValue).map {
                Sandbox.QueryParameter(name: parameter.name, type: $0)
            }
        }
        let mode: Sandbox.QueryMode = submission.mode == .rows ? .rows : .aggregate
        do {
            return try await engine.check(
                sql: submission.sql, mode: mode, tables: Self.policies(listings), parameters: parameters)
        } catch {
            if let detail = SandboxProblem.operatorDetail(error) {
                log.write(.error, "the query check failed", ["detail": .string(detail)])
            }
            throw error
        }
    }

    /// The checked form of an approved query, which must rewrite exactly as it did when it was approved.
    func checked(_ authorization: RunAuthorization) async throws -> CheckedQuery {
        let identifier = authorization.query.identifier
        if let known = checked[identifier] { return known }
        let fresh = try await check(authorization.query.submission, authorization.listings)
        guard fresh.policyHash.description == authorization.query.policy else {
            throw Problem(
                code: "policy-changed", status: 409, title: "The query policy has changed since the approval",
                detail: "this node now rewrites the query differently from the way that was approved",
                hint: "Submit the query again, and have it approved again.")
        }
        if checked.count >= Self.maximumCached { checked.removeAll() }
        checked[identifier] = fresh
        return fresh
    }
}
