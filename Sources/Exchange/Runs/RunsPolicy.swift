import Encoding

/// The space's own rules of tasks and runs.
public struct RunsPolicy: Sendable, Hashable, Codable {
    /// How many hours a task is good for, 1 to 720.
    public var taskHours: Int64 = 24
    /// How many open tasks a buyer may have, 1 to 10,000.
    public var maximumOpenTasks: Int64 = 1000
    /// Against how many earlier runs one is held, 1 to 256, where a product asks for it. A buyer who has made as many different
    /// ones of a product's version can make no other.
    public var maximumEarlierRuns: Int64 = 32

    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        taskHours = try cursor.optionalMember("taskHours")?.integer(in: 1...720) ?? taskHours
        maximumOpenTasks = try cursor.optionalMember("maximumOpenTasks")?.integer(in: 1...10_000) ?? maximumOpenTasks
        maximumEarlierRuns =
            try cursor.optionalMember("maximumEarlierRuns")?.integer(in: 1...Int64(RunFacts.maximumComparisons))
            ?? maximumEarlierRuns
    }

    /// As it stands in a `space-policy` statement.
    public var json: JSONValue {
        [
            "taskHours": .integer(taskHours), "maximumOpenTasks": .integer(maximumOpenTasks),
            "maximumEarlierRuns": .integer(maximumEarlierRuns),
        ]
    }
}
