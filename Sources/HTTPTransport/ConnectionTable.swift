import Synchronization

/// All open connections, and the requests that are being worked on.
final class ConnectionTable: Sendable {
    private let connections = Mutex<[ObjectIdentifier: WatchedConnection]>([:])
    private let openCount = Atomic<Int>(0)
    private let workingCount = Atomic<Int>(0)
    private let bufferedCount = Atomic<Int>(0)
    private let suspendedCount = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)

    /// How many connections are open.
    var count: Int { openCount.load(ordering: .relaxed) }

    /// Requests whose headers have come and whose answers have not gone.
    var requestsInProgress: Int { workingCount.load(ordering: .acquiring) }

    var all: [WatchedConnection] { connections.withLock { Array($0.values) } }

    /// Counts a connection that has just been accepted; false, and nothing counted, where there are enough already.
    func admit(limit: Int) -> Bool {
        if openCount.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
        dismiss()
        return false
    }

    /// Takes back `admit`, for a connection that libmicrohttpd did not take.
    func dismiss() { openCount.wrappingSubtract(1, ordering: .relaxed) }

    func insert(_ connection: WatchedConnection) {
        connections.withLock { $0[ObjectIdentifier(connection)] = connection }
    }

    func remove(_ connection: WatchedConnection) {
        dismiss()
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    func beginRequest() { workingCount.wrappingAdd(1, ordering: .acquiringAndReleasing) }
    func endRequest() { workingCount.wrappingSubtract(1, ordering: .acquiringAndReleasing) }

    // libmicrohttpd aborts the process if it is stopped while a connection is suspended. So, once closed, the table allows
    // no more suspensions, and the daemon is stopped when those there were have ended. Either the suspending thread sees
    // that the table is closed or the closing one sees the count: that takes sequential consistency.

    /// Called before a connection is suspended; false where it must not be.
    func beginSuspension() -> Bool {
        suspendedCount.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if !isClosed.load(ordering: .sequentiallyConsistent) { return true }
        endSuspension()
        return false
    }

    /// Called on the connection's thread once it is no longer suspended.
    func endSuspension() { suspendedCount.wrappingSubtract(1, ordering: .sequentiallyConsistent) }

    func close() { isClosed.store(true, ordering: .sequentiallyConsistent) }

    var hasSuspensions: Bool { suspendedCount.load(ordering: .sequentiallyConsistent) > 0 }

    /// Counts bytes of bodies in memory; false, and nothing counted, where they would be more than the limit.
    func reserveBuffer(_ count: Int, limit: Int) -> Bool {
        let total = bufferedCount.wrappingAdd(count, ordering: .relaxed).newValue
        if total <= limit { return true }
        releaseBuffer(count)
        return false
    }

    func releaseBuffer(_ count: Int) { bufferedCount.wrappingSubtract(count, ordering: .relaxed) }
}
