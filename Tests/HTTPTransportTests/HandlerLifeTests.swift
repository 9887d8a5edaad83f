import Synchronization
import Testing

@testable import HTTPTransport

/// What happened to a handler.
private final class Witness: Sendable {
    private let counts = Mutex((started: 0, cancelled: 0, finished: 0))

    var started: Int { counts.withLock { $0.started } }
    var cancelled: Int { counts.withLock { $0.cancelled } }
    var finished: Int { counts.withLock { $0.finished } }

    func sleep(_ duration: Duration) async throws {
        counts.withLock { $0.started += 1 }
        do {
            try await Task.sleep(for: duration)
            counts.withLock { $0.finished += 1 }
        } catch {
            counts.withLock { $0.cancelled += 1 }
            throw error
        }
    }
}

@Suite struct HandlerLifeTests {
    private static let get = "GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n"

    private static func router(_ witness: Witness, _ duration: Duration) -> Router {
        var router = Router()
        router.add("GET", "/sleep") { _, _ in
            try await witness.sleep(duration)
            return .text(200, "rested")
        }
        router.add("GET", "/deaf") { _, _ in
            // Does not listen to cancellation.
            let end = monotonicMilliseconds() + 40_000
            while monotonicMilliseconds() < end {
                await Task.detached { try? await Task.sleep(for: .milliseconds(20)) }.value
            }
            return .text(200, "late")
        }
        return router
    }

    @Test func aThousandRequestsAreHandledAtTheSameTime() async throws {
        let inside = Mutex((now: 0, most: 0))
        var router = Router()
        router.add("GET", "/wait/{number}") { _, parameters in
            inside.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            defer { inside.withLock { $0.now -= 1 } }
            // Until all thousand are inside, or too long.
            for _ in 0..<1000 where inside.withLock({ $0.most }) < 1000 { try await Task.sleep(for: .milliseconds(20)) }
            return .text(200, try parameters.value("number"))
        }
        try await withServer(router, { $0.maximumConnections = 1100 }) { server in
            guard let port = server.port else { throw NeverHappened() }
            let right = await OwnThread.run("test-thousand") { () -> Int in
                let clients = (0..<1000).compactMap { _ in RawClient(port: port) }
                for (number, client) in clients.enumerated() {
                    client.send("GET /wait/n\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
                }
                return clients.enumerated().count { number, client in
                    client.readAnswer()?.body == Array("n\(number)".utf8)
                }
            }
            #expect(right == 1000)
            #expect(inside.withLock { $0.most } == 1000)
            try await eventually { server.requestsInProgress == 0 && server.openConnections == 0 }
        }
    }

    @Test func theHandlerOfAClientThatLeavesIsCancelled() async throws {
        let witness = Witness()
        try await withServer(Self.router(witness, .seconds(60))) { server in
            await converse(server) { client -> Bool in
                client.send(Self.get)
                while witness.started == 0 { OwnThread.pause(milliseconds: 5) }
                return true
            }
            try await eventually { witness.cancelled == 1 }
            try await eventually { server.requestsInProgress == 0 && server.openConnections == 0 }
        }
    }

    @Test func manyClientsThatLeaveLeaveNothingBehind() async throws {
        let witness = Witness()
        try await withServer(Self.router(witness, .milliseconds(40))) { server in
            guard let port = server.port else { throw NeverHappened() }
            await OwnThread.run("test-leavers") {
                for round in 0..<300 {
                    guard let client = RawClient(port: port) else { continue }
                    client.send(Self.get)
                    if round % 3 == 0 { OwnThread.pause(milliseconds: round % 7) }
                }
            }
            try await eventually { server.requestsInProgress == 0 && server.openConnections == 0 }
            #expect(witness.started == witness.finished + witness.cancelled)
            #expect(await exchange(server, Self.get)?.status == 200)
        }
    }

    @Test func stoppingLetsRunningRequestsFinishAndRefusesNewConnections() async throws {
        // What the request waits for: it must still be under way when the server has begun to stop, however slow the
        // machine is.
        let started = Mutex(false)
        let mayFinish = Mutex(false)
        var router = Router()
        router.add("GET", "/sleep") { _, _ in
            started.withLock { $0 = true }
            while !mayFinish.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
            return .text(200, "rested")
        }
        let server = HTTPServer(configuration: HTTPServerConfiguration(), router: router)
        try server.start()
        let port = try #require(server.port)
        async let answer = exchange(server, Self.get)
        try await eventually { started.withLock { $0 } }
        async let stopped: Void = server.stop(graceSeconds: 60)
        try await eventually { server.port == nil && RawClient(port: port) == nil }
        mayFinish.withLock { $0 = true }
        let received = await answer
        #expect(received?.status == 200)
        #expect(received?.header("Connection")?.lowercased() == "close")
        await stopped
        #expect(server.openConnections == 0)
    }

    @Test func stoppingAfterTheGraceCancelsAndAnswers503() async throws {
        let witness = Witness()
        let server = HTTPServer(configuration: HTTPServerConfiguration(), router: Self.router(witness, .seconds(60)))
        try server.start()
        async let answer = exchange(server, Self.get)
        try await eventually { witness.started == 1 }
        await server.stop(graceSeconds: 0.1)
        #expect(witness.cancelled == 1)
        #expect(await answer?.status == 503)
    }

    @Test func aHandlerThatIgnoresCancellationDoesNotHoldTheStopUp() async throws {
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(), router: Self.router(Witness(), .seconds(60)))
        try server.start()
        async let answer = exchange(server, "GET /deaf HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually { server.requestsInProgress == 1 }
        let started = monotonicMilliseconds()
        await server.stop(graceSeconds: 0.1)
        #expect(monotonicMilliseconds() - started < 20_000)
        #expect(await answer?.status == 503)
    }

    /// Connections with requests coming in all the time, while the server stops: libmicrohttpd would abort the process if
    /// one of them were suspended at the end.
    @Test func stoppingUnderLoadIsSafe() async throws {
        for _ in 0..<10 {
            let server = HTTPServer(
                configuration: HTTPServerConfiguration(), router: Self.router(Witness(), .milliseconds(3)))
            try server.start()
            var plan = HTTPBenchmarkPlan(port: try #require(server.port), path: "/sleep")
            plan.seconds = 0.3
            async let load = HTTPBenchmark.run(plan)
            try await eventually { server.openConnections == 64 }
            try await Task.sleep(for: .milliseconds(50))
            await server.stop(graceSeconds: 0.02)
            #expect(try await load.succeeded > 0)
            #expect(server.openConnections == 0)
        }
    }

    @Test func aServerCanBeStoppedTwiceAndNotStartedTwice() async throws {
        let server = HTTPServer(configuration: HTTPServerConfiguration(), router: Router())
        try server.start()
        #expect(throws: HTTPServerError.alreadyStarted) { try server.start() }
        await server.stop()
        await server.stop()
        #expect(server.port == nil)
    }

    @Test func aTakenPortAndABadAddressAreToldApart() async throws {
        try await withServer(Router()) { server in
            var configuration = HTTPServerConfiguration()
            configuration.port = try #require(server.port)
            let second = HTTPServer(configuration: configuration, router: Router())
            #expect(throws: HTTPServerError.cannotListen(
                address: "127.0.0.1", port: configuration.port, reason: "Address already in use")) { try second.start() }
            configuration.address = "localhost"
            let third = HTTPServer(configuration: configuration, router: Router())
            #expect(throws: HTTPServerError.badAddress("localhost")) { try third.start() }
            configuration.threads = 0
            let fourth = HTTPServer(configuration: configuration, router: Router())
            #expect(throws: HTTPServerError.self) { try fourth.start() }
        }
    }

    @Test func everyRequestIsInTheAccessLogOnce() async throws {
        let records = Mutex<[AccessRecord]>([])
        let log = HTTPServerLog(access: { record in records.withLock { $0.append(record) } })
        try await withServer(Self.router(Witness(), .milliseconds(50)), log: log) { server in
            let started = monotonicMilliseconds()
            let answer = await exchange(server, "GET /sleep?secret=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = await exchange(server, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
            try await eventually { records.withLock { $0.count } == 2 }
            let elapsed = Double(monotonicMilliseconds() - started + 1)
            let record = records.withLock { $0[0] }
            #expect(record.requestIdentifier == answer?.header("X-Request-Id"))
            #expect(record.method == "GET" && record.path == "/sleep" && record.status == 200)
            #expect(record.responseBytes == 6 && record.isComplete && record.remoteAddress == "127.0.0.1")
            #expect(record.milliseconds >= 50 && record.milliseconds <= elapsed)
            #expect(records.withLock { $0[1].status } == 404)
        }
    }
}
