import Encoding
import Signing

/// A query that passed the checks, with everything that decides what runs. Only `SandboxEngine.check` makes one.
public struct CheckedQuery: Sendable {
    enum Plan: Sendable {
        case aggregate(AggregatePlan)
        case rows(RowsPlan)
    }

    public let sql: String
    public let mode: QueryMode
    public let parameters: [QueryParameter]
    /// Names of the output columns, in order.
    public let columnNames: [String]
    /// The policies' names of the tables read, in the order of FROM.
    public let tableNames: [String]
    /// The smallest group, in distinct privacy units; 1 where none applies.
    public let minimumGroupSize: Int
    /// The most rows a result may have.
    public let maximumRows: Int
    /// SHA-256 of the rewritten template: the trees with parameters left open, the thresholds and caps, and the list of
    /// functions. Two checks of the same text under the same policies give the same hash, so it can be signed as approved.
    public private(set) var policyHash = SHA256Digest.zero

    let scope: Scope
    let plan: Plan
    let edges: [JoinChecker.Edge]
    let multiplicityLimits: [JoinChecker.MultiplicityLimit]
    let limit: Expression?
    let offset: Expression?

    init(
        sql: String, mode: QueryMode, parameters: [QueryParameter], scope: Scope, plan: Plan, edges: [JoinChecker.Edge],
        multiplicityLimits: [JoinChecker.MultiplicityLimit], limit: Expression?, offset: Expression?, maximumRows: Int,
        engine: String
    ) {
        self.sql = sql
        self.mode = mode
        self.parameters = parameters
        self.scope = scope
        self.plan = plan
        self.edges = edges
        self.multiplicityLimits = multiplicityLimits
        self.limit = limit
        self.offset = offset
        self.maximumRows = maximumRows
        tableNames = scope.tables.map(\.policy.name)
        let outputs: [AggregatePlan.Output]
        switch plan {
        case .aggregate(let aggregate):
            outputs = aggregate.outputs
            minimumGroupSize = aggregate.units.isEmpty ? 1 : aggregate.minimumGroupSize
        case .rows(let rows):
            outputs = rows.outputs
            minimumGroupSize = 1
        }
        columnNames = outputs.map { String($0.name.prefix(256)) }
        policyHash = SHA256.hash(Self.template(of: self, engine: engine).serialized())
    }

    /// The template as one document.
    private static func template(of query: CheckedQuery, engine: String) -> JSONValue {
        let writer = QueryWriter(query, values: nil)
        var statements: [JSONValue] = writer.multiplicityTrees
        switch query.plan {
        case .aggregate(let plan):
            statements.append(writer.rawTree(plan))
            statements.append(.string(writer.shownStatement(plan)))
            statements.append(.string(writer.summaryStatement(plan)))
            statements.append(writer.resultTree(plan, cap: query.maximumRows))
        case .rows(let plan): statements.append(writer.rowsTree(plan, cap: query.maximumRows))
        }
        return [
            "engine": .string(engine), "mode": .string(query.mode.rawValue),
            "tables": .array(query.tableNames.map { .string($0) }),
            "columns": .array(query.columnNames.map { .string($0) }),
            "parameters": .array(query.parameters.map { ["name": .string($0.name), "type": .string($0.type.rawValue)] }),
            "multiplicities": .array(query.multiplicityLimits.map { .integer(Int64($0.limit)) }),
            "maximumRows": .integer(Int64(query.maximumRows)), "statements": .array(statements),
        ]
    }
}
