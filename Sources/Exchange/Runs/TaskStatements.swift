import Encoding

/// Which of one buyer's waiting runs comes first.
public enum TaskPriority: String, Sendable, CaseIterable, Codable { case normal, low }

/// A buyer asks for a task: leave for one run of a query, with these contracts and parameters, on the data as they are now.
public struct TaskRequest: Sendable, Hashable {
    public var query: Identifier
    public var contracts: [Identifier]
    /// Values by parameter name: integers, booleans, or text for every other type.
    public var parameters: JSONObject
    /// Until when the result must be there; `nil` for as long as a task is good.
    public var deadline: Timestamp?
    public var priority: TaskPriority
    /// Whether the result is encrypted to the key that signs the run's request.
    public var isSealed: Bool

    public init(
        query: Identifier, contracts: [Identifier], parameters: JSONObject, deadline: Timestamp? = nil,
        priority: TaskPriority = .normal, isSealed: Bool = false
    ) {
        self.query = query
        self.contracts = contracts
        self.parameters = parameters
        self.deadline = deadline
        self.priority = priority
        self.isSealed = isSealed
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        query = try cursor.member("query").identifier(.query)
        contracts = try cursor.member("contracts").runContracts()
        parameters = try cursor.member("parameters").parameterValues()
        deadline = try cursor.optionalMember("deadline")?.timestamp()
        priority = try cursor.optionalMember("priority")?.oneOf(TaskPriority.self) ?? .normal
        isSealed = try cursor.isMarked("sealed")
    }

    public var members: [(String, JSONValue?)] {
        [
            ("query", .string(query.text)), ("contracts", .array(contracts.map { .string($0.text) })),
            ("parameters", .object(parameters)), ("deadline", deadline.map { .string($0.description) }),
            ("priority", priority == .normal ? nil : .string(priority.rawValue)), ("sealed", isSealed ? true : nil),
        ]
    }
}

/// The buyer, a provider of one of the query's tables, or an operator ends a task before it is used.
public struct TaskCancellation: Sendable, Hashable {
    public var task: Identifier
    public var reason: String

    public init(task: Identifier, reason: String) {
        self.task = task
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        task = try cursor.member("task").identifier(.task)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] { [("task", .string(task.text)), ("reason", .string(reason))] }
}

extension JSONCursor {
    /// The contracts that a run is charged to, at most eight.
    func runContracts() throws(JSONMismatch) -> [Identifier] {
        var contracts: [Identifier] = []
        for element in try array(maximumCount: 8) {
            let contract = try element.identifier(.contract)
            if contracts.contains(contract) { throw element.mismatch("names a contract twice") }
            contracts.append(contract)
        }
        return contracts
    }

    /// The values of a query's parameters by name.
    func parameterValues() throws(JSONMismatch) -> JSONObject {
        for (name, value) in try members() {
            switch value.value {
            case .integer, .bool: break
            case .string(let text) where text.unicodeScalars.count <= 1000: break
            default: throw value.mismatch("parameter \"\(name.prefix(64))\" must be an integer, a boolean or a text of at most 1,000 characters")
            }
        }
        return value.objectValue ?? [:]
    }
}
