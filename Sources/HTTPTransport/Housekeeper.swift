import CMicroHTTPD
import Glibc
import Synchronization

/// Looks after the connections five times a second: shuts down those whose client is too slow, and cancels the handlers
/// whose client has gone away, which libmicrohttpd does not notice while a connection is suspended.
final class Housekeeper: Sendable {
    private let core: ServerCore
    private let isOver = Atomic<Bool>(false)
    private let wakeDescriptor: Int32

    private static let pauseMilliseconds: Int32 = 200
    /// A handler that has been running for less than this is not looked after: most are done by then.
    private static let patienceMilliseconds: Int64 = 50

    init?(_ core: ServerCore) {
        self.core = core
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeDescriptor >= 0 else { return nil }
    }

    deinit { close(wakeDescriptor) }

    func start() -> Bool { OwnThread.start("http-keeper") { [self] in run() } }

    func stop() {
        isOver.store(true, ordering: .releasing)
        eventfd_write(wakeDescriptor, 1)
    }

    private func run() {
        while true {
            var wake = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
            // A node that nobody talks to should let the processor sleep.
            poll(&wake, 1, core.table.count == 0 ? 1000 : Self.pauseMilliseconds)
            if isOver.load(ordering: .acquiring) { return }
            let now = monotonicMilliseconds()
            let connections = core.table.all
            for connection in connections { connection.shutDownIfOverdue(at: now, core.configuration) }
            cancelAbandonedRuns(connections, at: now)
        }
    }

    private func cancelAbandonedRuns(_ connections: [WatchedConnection], at now: Int64) {
        var runs: [(connection: WatchedConnection, run: HandlerRun)] = []
        var polled: [pollfd] = []
        for connection in connections {
            guard let run = connection.run(startedBefore: now - Self.patienceMilliseconds) else { continue }
            runs.append((connection, run))
            polled.append(pollfd(fd: connection.descriptor, events: HEXI_POLLRDHUP, revents: 0))
        }
        guard !polled.isEmpty, poll(&polled, nfds_t(polled.count), 0) > 0 else { return }
        for (index, descriptor) in polled.enumerated() where descriptor.revents != 0 {
            // If the same run still goes on, the descriptor was its connection's all the time; else the finding may be
            // about a later connection that got the same number.
            let (connection, run) = runs[index]
            if connection.run(startedBefore: now) === run { run.cancel() }
        }
    }
}
