import Synchronization
import Testing

@testable import HTTPTransport

@Suite struct LimitTests {
    private static func router() -> Router {
        var router = Router()
        router.add("GET", "/hello") { _, _ in .text(200, "hello") }
        router.add("POST", "/small", body: .memory(limitBytes: 100)) { request, _ in .text(200, "\(request.body.count)") }
        router.add("POST", "/large", body: .memory(limitBytes: 10_000_000)) { request, _ in
            .text(200, "\(request.body.count)")
        }
        return router
    }

    private static let isUp = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"

    private static func post(_ path: String, _ body: Int, claimed: Int? = nil) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(claimed ?? body)\r\n\r\n"
            + String(repeating: "x", count: body)
    }

    private static func chunked(_ path: String, chunks: Int, of count: Int) -> String {
        let chunk = String(count, radix: 16) + "\r\n" + String(repeating: "x", count: count) + "\r\n"
        return "POST \(path) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + String(repeating: chunk, count: chunks) + "0\r\n\r\n"
    }

    @Test func aBodyOfExactlyTheLimitIsTakenAndOneByteMoreIsNot() async throws {
        try await withServer(Self.router()) { server in
            #expect(await exchange(server, Self.post("/small", 100))?.status == 200)
            #expect(await exchange(server, Self.post("/small", 101))?.status == 413)
            #expect(await exchange(server, Self.chunked("/small", chunks: 10, of: 10))?.status == 200)
            #expect(await exchange(server, Self.chunked("/small", chunks: 11, of: 10))?.status == 413)
        }
    }

    @Test func aShortRefusedBodyLeavesTheConnectionUsable() async throws {
        try await withServer(Self.router()) { server in
            let statuses = await converse(server) { client -> [Int] in
                client.send(Self.post("/small", 5000))
                let first = client.readAnswer()?.status ?? 0
                client.send(Self.isUp)
                return [first, client.readAnswer()?.status ?? 0]
            }
            #expect(statuses == [413, 200])
        }
    }

    @Test func aLongBodyIsRefusedBeforeItIsSent() async throws {
        try await withServer(Self.router()) { server in
            let text = await converse(server) { client -> String in
                client.send(Self.post("/small", 0, claimed: 1 << 40))
                return client.readToEnd()
            }
            #expect(text?.hasPrefix("HTTP/1.1 413 ") == true)
            #expect(text?.lowercased().contains("connection: close") == true)
            #expect(text?.contains("\"limitBytes\":100") == true)
        }
    }

    @Test func anEndlessChunkedBodyIsBrokenOff() async throws {
        try await withServer(Self.router()) { server in
            let sent = await converse(server) { client -> Int in
                client.send("POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n"
                return (0..<10_000).first { _ in !client.send(chunk) } ?? 10_000
            }
            #expect((sent ?? 10_000) < 10_000)
            #expect(await exchange(server, Self.isUp)?.status == 200)
        }
    }

    @Test func aClientThatAsksBeforeSendingIsToldAtOnce() async throws {
        try await withServer(Self.router()) { server in
            let head = "POST /small HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
            let refused = await exchange(server, head + "101\r\n\r\n")
            #expect(refused?.status == 413)
            let accepted = await converse(server) { client -> [Int] in
                client.send(head + "3\r\n\r\n")
                let first = client.readAnswer()?.status ?? 0
                client.send("abc")
                return [first, client.readAnswer()?.status ?? 0]
            }
            #expect(accepted == [100, 200])
        }
    }

    @Test func aBodyWhereNoneIsExpectedIsRefused() async throws {
        try await withServer(Self.router()) { server in
            let answer = await exchange(server, "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            #expect(answer?.status == 400)
            #expect(answer.map { String(decoding: $0.body, as: UTF8.self).contains("body-not-expected") } == true)
        }
    }

    @Test func headersBeyondTheLimitAreRefused() async throws {
        try await withServer(Self.router(), { $0.maximumHeaderBytes = 4096 }) { server in
            func header(_ count: Int) -> String {
                "GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "a", count: count))\r\n\r\n"
            }
            #expect(await exchange(server, header(4000))?.status == 200)
            #expect(await exchange(server, header(4200))?.status == 431)
            #expect(await exchange(server, header(15_000))?.status == 431)
            // Beyond all memory of the connection libmicrohttpd itself refuses, as soon as that is full.
            let huge = await exchange(server, header(1_000_000))
            #expect(huge == nil || huge?.status == 431 || huge?.status == 413)
            #expect(await exchange(server, Self.isUp)?.status == 200)
        }
    }

    @Test func bodiesThatAreReceivedTogetherHaveACommonLimit() async throws {
        try await withServer(Self.router(), { $0.maximumBufferedBodyBytes = 50_000 }) { server in
            #expect(await exchange(server, Self.post("/large", 50_000))?.status == 200)
            #expect(await exchange(server, Self.post("/large", 60_000))?.status == 503)
            // What was counted is given back.
            #expect(await exchange(server, Self.post("/large", 50_000))?.status == 200)
        }
    }

    @Test func slowHeadersEndTheConnectionHoweverTheyTrickle() async throws {
        try await withServer(Self.router(), { $0.requestTimeoutSeconds = 1 }) { server in
            let started = monotonicMilliseconds()
            await converse(server) { client -> Bool in
                client.send("GET /hello HTTP/1.1\r\nHost: x\r\n")
                for index in 0..<100 {
                    OwnThread.pause(milliseconds: 100)
                    if !client.send("X-\(index): y\r\n") { break }
                }
                return true
            }
            #expect(monotonicMilliseconds() - started < 4000)
            #expect(await exchange(server, Self.isUp)?.status == 200)
        }
    }

    @Test func aTricklingBodyEndsTheConnection() async throws {
        try await withServer(Self.router(), { $0.requestTimeoutSeconds = 1 }) { server in
            let started = monotonicMilliseconds()
            await converse(server) { client -> Bool in
                client.send(Self.post("/large", 0, claimed: 1000))
                for _ in 0..<100 {
                    OwnThread.pause(milliseconds: 100)
                    if !client.send("x") { break }
                }
                return true
            }
            #expect(monotonicMilliseconds() - started < 4000)
            #expect(server.requestsInProgress == 0)
        }
    }

    @Test func anIdleConnectionIsClosed() async throws {
        try await withServer(Self.router(), { $0.requestTimeoutSeconds = 1 }) { server in
            let started = monotonicMilliseconds()
            let text = await converse(server) { client -> String in
                client.send(Self.isUp)
                return client.readToEnd()
            }
            #expect(text?.hasSuffix("hello") == true)
            #expect((800...60_000).contains(monotonicMilliseconds() - started))
        }
    }

    @Test func connectionsBeyondTheLimitAreClosedAndRoomComesBack() async throws {
        try await withServer(Self.router(), { $0.maximumConnections = 5 }) { server in
            let (answered, refused) = await Self.hold(server, 8)
            #expect(answered == 5)
            #expect(refused == 3)
            try await eventually { server.openConnections == 0 }
            #expect(await exchange(server, Self.isUp)?.status == 200)
        }
    }

    @Test func connectionsOfOneAddressBeyondItsLimitAreClosed() async throws {
        try await withServer(Self.router(), { $0.maximumConnectionsPerAddress = 3 }) { server in
            let (answered, refused) = await Self.hold(server, 8)
            // libmicrohttpd counts for all threads together.
            #expect(answered == 3)
            #expect(refused == 5)
        }
    }

    /// Opens connections, one after the other, keeps them, and counts which of them answer.
    private static func hold(_ server: HTTPServer, _ count: Int) async -> (answered: Int, refused: Int) {
        guard let port = server.port else { return (0, 0) }
        return await OwnThread.run("test-hold") {
            var clients: [RawClient] = []
            var answered = 0
            for _ in 0..<count {
                guard let client = RawClient(port: port) else { continue }
                client.send(isUp)
                if client.readAnswer()?.status == 200 { answered += 1 }
                clients.append(client)
            }
            return (answered, clients.count - answered)
        }
    }
}
