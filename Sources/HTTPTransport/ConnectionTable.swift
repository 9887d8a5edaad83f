import Synchronization

/// All open connections, and the requests that are being worked on.
final class ConnectionTable: Sendable {
    private let connections = Mutex<[ObjectIdentifier: WatchedConnection]>([:])
    private let openCount = Atomic<Int>(0)
    private let workingCount = Atomic<Int>(0)
    private let bufferedCount = Atomic<Int>(0)

    /// How many connections are open.
    var count: Int { openCount.load(ordering: .relaxed) }

    /// Requests whose headers have come and whose answers have not gone.
    var requestsInProgress: Int { workingCount.load(ordering: .acquiring) }

    var all: [WatchedConnection] { connections.withLock { Array($0.values) } }

    func insert(_ connection: WatchedConnection) {
        openCount.wrappingAdd(1, ordering: .relaxed)
        connections.withLock { $0[ObjectIdentifier(connection)] = connection }
    }

    func remove(_ connection: WatchedConnection) {
        openCount.wrappingSubtract(1, ordering: .relaxed)
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    func beginRequest() { workingCount.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    func endRequest() { workingCount.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

    /// Counts bytes of bodies in memory; false, and nothing counted, where they would be more than the limit.
    func reserveBuffer(_ count: Int, limit: Int) -> Bool {
        let total = bufferedCount.wrappingAdd(count, ordering: .relaxed).newValue
        if total <= limit { return true }
        releaseBuffer(count)
        return false
    }

    func releaseBuffer(_ count: Int) { bufferedCount.wrappingSubtract(count, ordering: .relaxed) }
}
