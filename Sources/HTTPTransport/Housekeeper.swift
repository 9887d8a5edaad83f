import CMicroHTTPD
import Glibc
import Synchronization

/// Looks after the connections five times a second: shuts down those whose client is too slow or has
/// gone away, and cancels the handlers whose client has gone away, which libmicrohttpd does not notice while a connection
/// is suspended.
final class Housekeeper: Sendable {
    private let core: ServerCore
    private let isOver = Atomic<Bool>(false)
    private let wakeDescriptor: Int32

    private static let pauseMilliseconds: Int32 = 200
    /// What has lasted for less than this is not looked after: most of it is done by then.
    private static let patienceMilliseconds: Int64 = 100

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
            endAbandoned(connections, at: now)
        }
    }

    /// What is to be done about a connection if its client has closed its side.
    private enum Finding {
        case run(WatchedConnection, HandlerRun)
        case expecting(WatchedConnection, since: Int64)

        init?(_ connection: WatchedConnection, before limit: Int64) {
            if let run = connection.run(startedBefore: limit) {
                self = .run(connection, run)
            } else if let since = connection.expectingSince, since <= limit {
                self = .expecting(connection, since: since)
            } else {
                return nil
            }
        }

        var descriptor: Int32 {
            switch self {
            case .run(let connection, _), .expecting(let connection, _): connection.descriptor
            }
        }

        /// Acts only if the connection is still at what it was at when it was looked at: then the descriptor has been its
        /// own all the time; else it may be a later connection's that got the same number.
        func act(at now: Int64) {
            switch self {
            case .run(let connection, let run): if connection.run(startedBefore: now) === run { run.cancel() }
            case .expecting(let connection, let since):
                // libmicrohttpd 0.9.75 misses the end of the stream where it comes together with the last data.
                var unread: Int32 = 0
                guard hexi_socket_unread(connection.descriptor, &unread) == 0, unread == 0 else { return }
                connection.shutDown(ifExpectingSince: since)
            }
        }
    }

    private func endAbandoned(_ connections: [WatchedConnection], at now: Int64) {
        let findings = connections.compactMap { Finding($0, before: now - Self.patienceMilliseconds) }
        guard !findings.isEmpty else { return }
        var polled = findings.map { pollfd(fd: $0.descriptor, events: HEXI_POLLRDHUP, revents: 0) }
        guard poll(&polled, nfds_t(polled.count), 0) > 0 else { return }
        for (finding, descriptor) in zip(findings, polled) where descriptor.revents != 0 { finding.act(at: now) }
    }
}
