import Encoding

/// A table of a query: the name it has in the SQL text, and the product version behind it.
public struct QueryTable: Sendable, Hashable, Codable {
    public var name: String
    public var product: Identifier
    public var version: Int64

    public init(name: String, product: Identifier, version: Int64) {
        self.name = name
        self.product = product
        self.version = version
    }
}

public enum ParameterType: String, Sendable, CaseIterable, Codable {
    case integer, decimal, text, date, timestamp, boolean
}

public struct QueryParameter: Sendable, Hashable, Codable {
    public var name: String
    public var type: ParameterType

    public init(name: String, type: ParameterType) {
        self.name = name
        self.type = type
    }
}

/// A query put forward for approval.
public struct QuerySubmission: Sendable, Hashable, Codable {
    public var buyer: Identifier
    public var title: String
    public var mode: QueryMode
    public var tables: [QueryTable]
    public var parameters: [QueryParameter]
    /// Empty where a program stands in its place.
    public var sql: String
    /// What a run spends of each product's budget; in private mode only, and always there.
    public var privacy: PrivacyCost?
    /// In the mode `metrics` only, and always there.
    public var program: ProgramSubmission?

    public init(
        buyer: Identifier, title: String, mode: QueryMode, tables: [QueryTable], parameters: [QueryParameter], sql: String,
        privacy: PrivacyCost? = nil, program: ProgramSubmission? = nil
    ) {
        self.buyer = buyer
        self.title = title
        self.mode = mode
        self.tables = tables
        self.parameters = parameters
        self.sql = sql
        self.privacy = privacy
        self.program = program
    }

    /// The longest query text, in UTF-8 bytes; an entry must hold it, encoded, beside everything else.
    public static let maximumTextCount = 16_384

    /// Reads a submission's own members; the statement's header is read elsewhere.
    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        buyer = try cursor.member("buyer").identifier(.participant)
        title = try cursor.member("title").text(1...300)
        mode = try cursor.member("mode").oneOf(QueryMode.self)
        var tables: [QueryTable] = []
        for element in try cursor.member("tables").array(minimumCount: 1, maximumCount: 8) {
            let table = QueryTable(
                name: try element.member("name").simpleName(), product: try element.member("product").identifier(.product),
                version: try element.member("version").integer(in: 1...1_000_000))
            if tables.contains(where: { $0.name == table.name }) { throw element.mismatch("repeats the table \"\(table.name)\"") }
            tables.append(table)
        }
        self.tables = tables
        var parameters: [QueryParameter] = []
        for element in try cursor.member("parameters").array(maximumCount: 32) {
            let parameter = QueryParameter(
                name: try element.member("name").simpleName(), type: try element.member("type").oneOf(ParameterType.self))
            if parameters.contains(where: { $0.name == parameter.name }) {
                throw element.mismatch("repeats the parameter \"\(parameter.name)\"")
            }
            parameters.append(parameter)
        }
        self.parameters = parameters
        if let member = try cursor.optionalMember("sql") {
            sql = try member.text(1...Self.maximumTextCount, allowsLines: true)
            _ = try member.string(maximumCount: Self.maximumTextCount)
        } else {
            sql = ""
        }
        if let member = try cursor.optionalMember("privacy") { privacy = try PrivacyCost(member) }
        if let member = try cursor.optionalMember("program") { program = try ProgramSubmission(member) }
        try checkConsistency(cursor)
    }

    /// The parameter that names the subject, in the mode `match`.
    public static let subjectParameter = QueryParameter(name: "subject", type: .text)

    /// What the members must say together.
    private func checkConsistency(_ cursor: JSONCursor) throws(JSONMismatch) {
        guard (program != nil) == (mode == .metrics), sql.isEmpty == (mode == .metrics) else {
            throw cursor.mismatch("a query of the mode metrics has \"program\" and no \"sql\", one of another mode has \"sql\" and no \"program\"")
        }
        guard (privacy != nil) == (mode == .private) else {
            throw cursor.mismatch("a query of the mode private says in \"privacy\" what a run spends, one of another mode has no \"privacy\"")
        }
        guard mode != .match || (tables.count == 1 && parameters.contains(Self.subjectParameter)) else {
            throw cursor.mismatch("a query of the mode match has one table, and a parameter \"subject\" of type text")
        }
    }

    public var members: [(String, JSONValue?)] {
        let tableValues = tables.map { table -> JSONValue in
            ["name": .string(table.name), "product": .string(table.product.text), "version": .integer(table.version)]
        }
        let parameterValues = parameters.map { parameter -> JSONValue in
            ["name": .string(parameter.name), "type": .string(parameter.type.rawValue)]
        }
        return [
            ("buyer", .string(buyer.text)), ("title", .string(title)), ("mode", .string(mode.rawValue)),
            ("tables", .array(tableValues)), ("parameters", .array(parameterValues)),
            ("sql", sql.isEmpty ? nil : .string(sql)), ("privacy", privacy?.json),
            ("program", program?.json),
        ]
    }
}

public enum QueryVerdict: String, Sendable, CaseIterable, Codable { case approve, refuse, revoke }

/// A provider's word on a query over its product.
public struct QueryDecision: Sendable, Hashable {
    public var query: Identifier
    public var decision: QueryVerdict
    public var reason: String

    public init(query: Identifier, decision: QueryVerdict, reason: String) {
        self.query = query
        self.decision = decision
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        query = try cursor.member("query").identifier(.query)
        decision = try cursor.member("decision").oneOf(QueryVerdict.self)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [("query", .string(query.text)), ("decision", .string(decision.rawValue)), ("reason", .string(reason))]
    }
}

/// A buyer's request for one run, which is also the buyer's consent to be charged for it.
public struct RunRequest: Sendable, Hashable {
    /// The task that it uses. What the request says beside it is what the task says.
    public var task: Identifier?
    public var query: Identifier
    /// The contracts that the run is charged to; one for each product, or one for several.
    public var contracts: [Identifier]
    /// Values by parameter name: integers, booleans, or text for every other type.
    public var parameters: JSONObject

    public init(task: Identifier? = nil, query: Identifier, contracts: [Identifier], parameters: JSONObject) {
        self.task = task
        self.query = query
        self.contracts = contracts
        self.parameters = parameters
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        task = try cursor.optionalMember("task")?.identifier(.task)
        query = try cursor.member("query").identifier(.query)
        contracts = try cursor.member("contracts").runContracts()
        parameters = try cursor.member("parameters").parameterValues()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("task", task.map { .string($0.text) }), ("query", .string(query.text)), ("contracts", .array(contracts.map { .string($0.text) })),
            ("parameters", .object(parameters)),
        ]
    }
}

extension JSONCursor {
    /// A name that needs no quoting in SQL: a lower-case letter, then lower-case letters, digits and underscores.
    func simpleName() throws(JSONMismatch) -> String {
        let text = try string(minimumCount: 1, maximumCount: 63)
        let isSimple = text.utf8.enumerated().allSatisfy { index, character in
            (0x61...0x7A).contains(character) || (index > 0 && ((0x30...0x39).contains(character) || character == 0x5F))
        }
        guard isSimple else { throw mismatch("must be lower-case letters, digits and underscores, a letter first") }
        return text
    }
}
