import Dispatch
import Encoding
import Glibc
import HTTPTransport
import Signing

/// A node that serves: the program's whole wiring.
public final class NodeServer: Sendable {
    private let services: NodeServices
    private let server: HTTPServer
    private let log: StructuredLog

    /// Opens the home and makes ready to serve.
    public init(home: NodeHome, log: StructuredLog = StructuredLog()) throws {
        self.log = log
        services = try NodeServices(home: home, log: log)
        let services = services
        let authenticator = Authenticator(services: services, authorities: Self.authorities(home.configuration))
        let intake = StatementIntake(services: services, authenticator: authenticator)

        var router = Router()
        OperationsRoutes(services: services).add(to: &router)
        LedgerRoutes(services: services).add(to: &router)
        ParticipantRoutes(services: services, intake: intake).add(to: &router)
        ProductRoutes(services: services, intake: intake).add(to: &router)
        ContractRoutes(services: services, intake: intake).add(to: &router)
        QueryRoutes(services: services, intake: intake).add(to: &router)
        RunRoutes(services: services, runs: RunService(services), intake: intake).add(to: &router)
        router.onInternalError = { request, error in
            log.write(.error, "a request failed", ["request": .string(request), "reason": .string("\(error)")])
        }

        var configuration = HTTPServerConfiguration()
        configuration.address = home.configuration.address
        configuration.port = home.configuration.port
        server = HTTPServer(configuration: configuration, router: router, log: Self.serverLog(log, services.metrics))
    }

    private static func authorities(_ configuration: NodeConfiguration) -> Set<String> {
        let own = ["\(configuration.address):\(configuration.port)", "localhost:\(configuration.port)"]
        return Set((own + configuration.authorities).map { HTTPMessageComponents.normalizedAuthority($0) })
    }

    private static func serverLog(_ log: StructuredLog, _ metrics: Metrics) -> HTTPServerLog {
        HTTPServerLog(
            access: { record in
                metrics.countResponse(status: record.status, milliseconds: record.milliseconds)
                // Reads of the ledger and probes are many and say little; what changes or fails is logged.
                guard record.method != "GET" || record.status >= 400 else { return }
                log.write(
                    .info, "request",
                    [
                        "request": .string(record.requestIdentifier), "from": .string(record.remoteAddress),
                        "method": .string(record.method), "path": .string(record.path),
                        "status": .integer(Int64(record.status)), "bytes": .integer(Int64(record.responseBytes)),
                        "milliseconds": .number(record.milliseconds),
                    ])
            },
            message: { log.write(.warning, $0) })
    }

    /// Starts to accept connections.
    public func start() throws {
        try services.start()
        try server.start()
        log.write(
            .info, "serving",
            [
                "address": .string(services.home.configuration.address), "port": .integer(Int64(server.port ?? 0)),
                "entries": .integer(Int64(services.ledger.size)), "version": .string(NodeVersion.text),
            ])
    }

    /// Lets running requests finish, then closes everything.
    public func stop() async {
        log.write(.info, "stopping")
        await server.stop(graceSeconds: 10)
        await services.stop()
        log.write(.info, "stopped")
    }

    /// Serves until SIGTERM or SIGINT.
    public func run() async throws {
        let (signals, input) = AsyncStream.makeStream(of: Int32.self)
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { input.yield(number) }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        try start()
        for await _ in signals { break }
        await stop()
    }
}
