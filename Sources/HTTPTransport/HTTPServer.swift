import Glibc
import Synchronization

/// An HTTP/1.1 server over libmicrohttpd. Handlers are asynchronous functions.
///
/// A handler is started on a network thread and stays there until it first waits; then it goes on in Swift's pool, and the
/// connection sleeps until the answer is there. So handlers must not block. Where the client goes away, the handler's task
/// is cancelled within about a quarter of a second.
public final class HTTPServer: Sendable {
    public typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse
    public typealias BodyPolicyChoice = @Sendable (_ head: HTTPRequest) -> BodyDecision

    private enum State {
        case idle
        case running(Running)
        case stopped
    }

    private struct Running: Sendable {
        var daemon: ServerDaemon
        var acceptor: Acceptor
        var housekeeper: Housekeeper
    }

    private let core: ServerCore
    private let state = Mutex(State.idle)

    /// - Parameters:
    ///   - handler: answers each request; problems it finds it must turn into responses itself.
    ///   - bodyPolicy: asked, when the headers of a request with a body have come, what to do with the body; the request
    ///     it gets has none yet. Called on a network thread; must not block.
    public init(
        configuration: HTTPServerConfiguration, log: HTTPServerLog = HTTPServerLog(), handler: @escaping Handler,
        bodyPolicy: @escaping BodyPolicyChoice
    ) {
        core = ServerCore(configuration, log, handler, bodyPolicy)
    }

    /// A server that answers with a router's handlers.
    public convenience init(
        configuration: HTTPServerConfiguration, router: Router, log: HTTPServerLog = HTTPServerLog()
    ) {
        self.init(
            configuration: configuration, log: log, handler: { await router.handle($0) },
            bodyPolicy: { router.bodyDecision($0) })
    }

    /// Starts listening. When this returns, connections are accepted.
    public func start() throws(HTTPServerError) {
        try Self.check(core.configuration)
        // A client that closes early must cost a failed write, not the process.
        signal(SIGPIPE, SIG_IGN)
        let result: Result<Void, HTTPServerError> = state.withLock { state in
            guard case .idle = state else { return .failure(.alreadyStarted) }
            do throws(HTTPServerError) {
                state = .running(try launch())
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func launch() throws(HTTPServerError) -> Running {
        let listening = try ListeningSocket(address: core.configuration.address, port: core.configuration.port)
        let daemon = try ServerDaemon(core)
        guard let acceptor = Acceptor(core, daemon, listening), let housekeeper = Housekeeper(core) else {
            daemon.stop()
            throw .notStarted
        }
        guard housekeeper.start(), acceptor.start() else {
            housekeeper.stop()
            daemon.stop()
            throw .notStarted
        }
        return Running(daemon: daemon, acceptor: acceptor, housekeeper: housekeeper)
    }

    /// The port that the server listens on; `nil` before it has started and after it has stopped.
    public var port: UInt16? {
        state.withLock { state in if case .running(let running) = state { running.acceptor.port } else { nil } }
    }

    /// How many requests are being received, worked on or answered.
    public var requestsInProgress: Int { core.table.requestsInProgress }

    /// How many connections are open.
    public var openConnections: Int { core.table.count }

    /// Stops: accepts no more connections, lets the requests that are being worked on finish, then closes all connections.
    ///
    /// - Parameter graceSeconds: how long to wait. After that the handlers that still run are cancelled, get one more
    ///   second, and then their clients get a problem document with status 503.
    public func stop(graceSeconds: Double = 10) async {
        let running: Running? = state.withLock { state in
            guard case .running(let running) = state else { return nil }
            state = .stopped
            return running
        }
        guard let running else { return }
        core.beginStopping()
        running.acceptor.stop()
        if !(await wait(seconds: graceSeconds) { self.requestsInProgress == 0 }) {
            forEachRun { $0.cancel() }
            _ = await wait(seconds: 1) { self.requestsInProgress == 0 }
        }
        core.table.close()
        while core.table.hasSuspensions {
            forEachRun { $0.answer(.problem(.cancelled)) }
            _ = await wait(seconds: 0.05) { !self.core.table.hasSuspensions }
        }
        // The last answers are on their way to their clients.
        _ = await wait(seconds: 1) { self.requestsInProgress == 0 }
        _ = await wait(seconds: .infinity) { running.acceptor.isOver }
        running.housekeeper.stop()
        await OwnThread.run("http-stop") { running.daemon.stop() }
    }

    private func forEachRun(_ body: (HandlerRun) -> Void) {
        for connection in core.table.all {
            if let run = connection.run(startedBefore: Int64.max) { body(run) }
        }
    }

    /// Waits until the condition holds; false where it takes longer.
    private func wait(seconds: Double, until condition: @Sendable () -> Bool) async -> Bool {
        let deadline = monotonicMilliseconds() + Int64(max(0, min(seconds, 1e9)) * 1000)
        while !condition() {
            if monotonicMilliseconds() >= deadline { return false }
            // In a task of its own: in the caller's, `sleep` would return at once if that is cancelled.
            await Task.detached { try? await Task.sleep(for: .milliseconds(5)) }.value
        }
        return true
    }

    private static func check(_ configuration: HTTPServerConfiguration) throws(HTTPServerError) {
        func require(_ value: Int, _ range: ClosedRange<Int>, _ name: String) throws(HTTPServerError) {
            guard range.contains(value) else {
                throw .badConfiguration("\(name) must be from \(range.lowerBound) to \(range.upperBound), is \(value)")
            }
        }
        try require(configuration.threads, 1...64, "threads")
        try require(configuration.maximumConnections, 1...1_000_000, "maximumConnections")
        try require(configuration.maximumConnectionsPerAddress, 1...1_000_000, "maximumConnectionsPerAddress")
        try require(configuration.requestTimeoutSeconds, 1...86_400, "requestTimeoutSeconds")
        try require(configuration.maximumHeaderBytes, 1024...(1 << 20), "maximumHeaderBytes")
        try allowDescriptors(configuration.maximumConnections + 64)
    }

    /// Raises the soft limit of open files if it is too low for the connections.
    private static func allowDescriptors(_ needed: Int) throws(HTTPServerError) {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0, limit.rlim_cur < rlim_t(needed) else { return }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(needed))
        guard limit.rlim_cur >= rlim_t(needed), setrlimit(resource, &limit) == 0 else {
            throw .tooFewDescriptors(needed: needed, allowed: Int(clamping: limit.rlim_max))
        }
    }
}
