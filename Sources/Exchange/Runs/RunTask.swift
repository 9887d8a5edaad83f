import Encoding
import Signing

/// Where a task stands. One whose time is over is still `open` here; the time is looked at in each use.
public enum TaskStatus: String, Sendable, Codable, CaseIterable { case open, used, cancelled }

/// Leave for one run.
public struct RunTask: Sendable, Hashable, Codable {
    public var identifier: Identifier
    public var buyer: Identifier
    public var query: Identifier
    public var contracts: [Identifier]
    /// SHA-256 of the values with their names in order, in hexadecimal.
    public var parameters: String
    /// SHA-256 of the snapshot behind each table, by its name.
    public var snapshots: [String: String]
    public var priority: TaskPriority
    public var isSealed: Bool
    public var status: TaskStatus
    public var minted: Mark
    /// Until when a run of it must be on record: the deadline, or the end of a task's life.
    public var expiresAt: Timestamp
    /// By which entry it was used or cancelled, and when.
    public var closed: Mark?
    public var closedAt: Timestamp?

    public func isOpen(at time: Timestamp) -> Bool { status == .open && time <= expiresAt }

    /// "open", "used", "cancelled" or "expired".
    public func standing(at time: Timestamp) -> String {
        status == .open && time > expiresAt ? "expired" : status.rawValue
    }
}

extension JSONObject {
    /// SHA-256 of the members in the order of their names, in hexadecimal: the same for the same values, however they are
    /// written down.
    var likeness: String {
        let sorted = JSONObject(members.sorted { $0.name < $1.name }.map { ($0.name, $0.value) })
        return SHA256.hash(JSONValue.object(sorted).serialized()).description
    }
}

extension RunsState {
    mutating func add(_ task: RunTask) {
        requiresTasks = true
        tasks[task.identifier] = task
        openTasks[task.buyer, default: []].insert(task.identifier)
    }

    mutating func close(_ identifier: Identifier, _ status: TaskStatus, _ mark: Mark, at time: Timestamp) {
        guard let task = tasks[identifier], task.status == .open else { return }
        tasks[identifier]?.status = status
        tasks[identifier]?.closed = mark
        tasks[identifier]?.closedAt = time
        openTasks[task.buyer]?.remove(identifier)
        if openTasks[task.buyer]?.isEmpty == true { openTasks[task.buyer] = nil }
    }

    /// How many tasks of a buyer can still be used.
    public func openTaskCount(of buyer: Identifier, at time: Timestamp) -> Int {
        (openTasks[buyer] ?? []).filter { tasks[$0]?.isOpen(at: time) == true }.count
    }
}
