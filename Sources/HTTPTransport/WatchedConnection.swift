import Glibc
import Synchronization

/// What the housekeeper needs to know of a connection: which socket, and what it is waiting for since when.
final class WatchedConnection: Sendable {
    enum Phase {
        /// For a request's line and headers (or idle).
        case request(since: Int64)
        case body(since: Int64, receivedCount: Int, last: Int64)
        /// For its handler, with the connection suspended.
        case handler(HandlerRun, since: Int64)
        /// For nothing: a handler works on the network thread, or the client takes the answer, which libmicrohttpd's own
        /// time-out watches over.
        case work
        case closed
    }

    let descriptor: Int32
    private let phase: Mutex<Phase>

    init(descriptor: Int32) {
        self.descriptor = descriptor
        phase = Mutex(.request(since: monotonicMilliseconds()))
    }

    func enter(_ next: Phase) { phase.withLock { $0 = next } }

    func receivedBody(_ count: Int) {
        phase.withLock { phase in
            guard case .body(let since, let before, _) = phase else { return }
            phase = .body(since: since, receivedCount: before + count, last: monotonicMilliseconds())
        }
    }

    /// The run that has been going on since before the given time, if there is one.
    func run(startedBefore limit: Int64) -> HandlerRun? {
        phase.withLock { phase in
            if case .handler(let run, let since) = phase, since <= limit { run } else { nil }
        }
    }

    /// Since when the client has been expected to send something; `nil` while it is not.
    var expectingSince: Int64? { phase.withLock { Self.expectingSince($0) } }

    private static func expectingSince(_ phase: Phase) -> Int64? {
        switch phase {
        case .request(let since): since
        case .body(_, _, let last): last
        case .handler, .work, .closed: nil
        }
    }

    /// Shuts the socket down if the client has been expected to send something since exactly that time.
    func shutDown(ifExpectingSince time: Int64) {
        phase.withLock { phase in
            if Self.expectingSince(phase) == time { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Shuts the socket down if the client has taken too long. The lock is held meanwhile, and `enter(.closed)` takes it
    /// before libmicrohttpd closes the socket, so the descriptor cannot have become another connection's.
    func shutDownIfOverdue(at now: Int64, _ configuration: HTTPServerConfiguration) {
        let allowed = Int64(configuration.requestTimeoutSeconds) * 1000
        phase.withLock { phase in
            let deadline: Int64
            switch phase {
            case .request(let since): deadline = since + allowed
            case .body(let since, let receivedCount, _):
                deadline = since + allowed + Int64(receivedCount) * 1000 / Int64(max(1, configuration.minimumBodyRate))
            case .handler, .work, .closed: return
            }
            if now > deadline { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }
}
