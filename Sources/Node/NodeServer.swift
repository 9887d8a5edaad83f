import Dispatch
import Encoding
import Glibc
import HTTPTransport
import Signing

/// A node that serves: the program's whole wiring.
public final class NodeServer: Sendable {
    let services: NodeServices
    let housekeeping: Housekeeping
    let scrubbing: ScrubService
    /// Every route as method and pattern.
    let routes: [(method: String, pattern: String)]
    private let runs: RunService
    private let server: HTTPServer
    private let authenticator: Authenticator
    private let log: StructuredLog

    /// Opens the home and makes ready to serve.
    public init(home: NodeHome, log: StructuredLog = StructuredLog()) throws {
        self.log = log
        services = try NodeServices(home: home, log: log)
        let services = services
        scrubbing = ScrubService(services.ledger, log: log, schedule: ScrubService.Schedule(home.configuration))
        let scrubbing = scrubbing
        let runs = RunService(services)
        self.runs = runs
        let authenticator = Authenticator(services: services)
        self.authenticator = authenticator
        let intake = StatementIntake(services: services, authenticator: authenticator)

        var router = Router()
        OperationsRoutes(services: services, scrubbing: scrubbing).add(to: &router)
        let publication = services.publication
        LedgerRoutes(ledger: services.ledger) {
            // The size first: what is published only grows, so the note covers it.
            let size = publication.size
            return PublishedCheckpoint(note: publication.note, size: size)
        }.add(to: &router)
        LogProofRoute(services: services).add(to: &router)
        WitnessRoutes(services: services).add(to: &router)
        LogKeyRoutes(services: services, intake: intake).add(to: &router)
        ParticipantRoutes(services: services, intake: intake).add(to: &router)
        KeyRoutes(services: services, intake: intake).add(to: &router)
        SpaceRoutes(services: services, intake: intake).add(to: &router)
        CredentialRoutes(services: services).add(to: &router)
        EvidenceRoutes(services: services, intake: intake).add(to: &router)
        AlarmRoutes(services: services, intake: intake).add(to: &router)
        ProductRoutes(services: services, intake: intake).add(to: &router)
        ReviewRoutes(services: services, intake: intake).add(to: &router)
        QualityRoutes(services: services, intake: intake).add(to: &router)
        CatalogueRoutes(services: services, intake: intake).add(to: &router)
        ResolutionRoutes(services: services).add(to: &router)
        RightRoutes(services: services, intake: intake).add(to: &router)
        CertificateRoutes(services: services).add(to: &router)
        VerificationRoutes(services: services).add(to: &router)
        ContractRoutes(services: services, intake: intake).add(to: &router)
        QueryRoutes(services: services, intake: intake).add(to: &router)
        QueryTestRoute(services: services, intake: intake).add(to: &router)
        RunRoutes(services: services, runs: runs, intake: intake).add(to: &router)
        TaskRoutes(services: services, intake: intake).add(to: &router)
        ConsentRoutes(services: services, intake: intake).add(to: &router)
        ProgramRoutes(services: services, intake: intake).add(to: &router)
        ArtefactRoutes(services: services, intake: intake).add(to: &router)
        let bundles = BundleService(services, router: router)
        housekeeping = Housekeeping(services, bundles: bundles)
        BundleRoutes(services: services, authenticator: authenticator, bundles: bundles).add(to: &router)
        router.onInternalError = { request, error in
            log.write(.error, "a request failed", ["request": .string(request), "reason": .string("\(error)")])
        }

        routes = router.routes
        var configuration = HTTPServerConfiguration()
        configuration.address = home.configuration.address
        configuration.port = home.configuration.port
        server = HTTPServer(configuration: configuration, router: router, log: Self.serverLog(log, services.metrics))
    }

    /// The port that the node listens on; `nil` unless it serves.
    public var port: UInt16? { server.port }

    private static func authorities(_ configuration: NodeConfiguration, port: UInt16) -> Set<String> {
        let host = configuration.address.contains(":") ? "[\(configuration.address)]" : configuration.address
        let own = ["\(host):\(port)", "localhost:\(port)"]
        // The host of the public address, without its scheme.
        let outside = configuration.publicURL.isEmpty ? [] : [String(configuration.publicURL.drop { $0 != "/" }.dropFirst(2))]
        return Set((own + outside + configuration.authorities).map { HTTPMessageComponents.normalizedAuthority($0) })
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
        let configuration = services.home.configuration
        services.address.listens(on: server.port ?? configuration.port)
        authenticator.authorities.withLock {
            $0 = Self.authorities(configuration, port: server.port ?? configuration.port)
        }
        services.watch.start { [runs] in await runs.sweep() }
        housekeeping.start()
        scrubbing.start()
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
        await scrubbing.stop()
        await housekeeping.stop()
        let seconds = services.home.configuration.stopSeconds
        // Runs that take too long are ended while their clients are still connected, and on the record.
        let deadline = Task { [runs] in
            try await Task.sleep(for: .seconds(seconds))
            await runs.cancelAll()
        }
        await server.stop(graceSeconds: Double(seconds) + 5)
        deadline.cancel()
        await runs.cancelAll()
        await runs.finish()
        services.watch.stop()
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
