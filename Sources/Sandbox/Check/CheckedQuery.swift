import Encoding
import Signing

/// A query that passed the checks, with everything that decides what runs. Only `SandboxEngine.check` makes one.
public struct CheckedQuery: Sendable {
    public let sql: String
    public let mode: QueryMode
    public let parameters: [QueryParameter]
    /// Names of the output columns, in order.
    public let columnNames: [String]
    /// The policies' names of the tables read, each once, in the order in which the text first names them.
    public let tableNames: [String]
    /// The smallest group, in distinct privacy units; 1 where none applies.
    public let minimumGroupSize: Int
    /// The most rows a result may have.
    public let maximumRows: Int
    /// Whether a run on the same snapshot gives the same bytes again: there is no sum in floating point, whose last digits depend
    /// on the order of addition.
    public let isExact: Bool
    /// SHA-256 of the rewritten template: the SQL with parameters left open, the thresholds and caps, the policies and the list
    /// of functions. Two checks of the same text under the same policies give the same hash, so it can be signed as approved.
    public let policyHash: SHA256Digest

    /// The tables read; the i-th is `d<i>.main.data` in the plan.
    let tables: [TablePolicy]
    /// With parameters as placeholders.
    let template: QueryPlan

    init(
        sql: String, mode: QueryMode, parameters: [QueryParameter], tables: [TablePolicy], template: QueryPlan,
        columnNames: [String], maximumRows: Int, isExact: Bool, engine: String
    ) {
        self.sql = sql
        self.mode = mode
        self.parameters = parameters
        self.tables = tables
        self.template = template
        self.maximumRows = maximumRows
        self.isExact = isExact
        self.columnNames = columnNames.map { String($0.prefix(256)) }
        tableNames = tables.map(\.name)
        minimumGroupSize = template.stages.filter { !$0.cells.units.isEmpty }.map(\.cells.minimumGroupSize).max() ?? 1
        let document: JSONValue = [
            "engine": .string(engine), "mode": .string(mode.rawValue), "tables": .array(tables.map(\.document)),
            "columns": .array(self.columnNames.map { .string($0) }),
            "parameters": .array(parameters.map { ["name": .string($0.name), "type": .string($0.type.rawValue)] }),
            "maximumRows": .integer(Int64(maximumRows)),
            "plan": template.mapText { SQLTemplate.named($0, parameters) }.document,
        ]
        policyHash = SHA256.hash(document.serialized())
    }

    /// The plan with the parameters' values, by folded name.
    func written(values: [String: ParameterValue]) -> QueryPlan {
        template.mapText { SQLTemplate.bound($0, parameters, values) }
    }

    /// The plan as a person reads it, parameters as `$name`.
    var described: QueryPlan { template.mapText { SQLTemplate.named($0, parameters) } }
}
