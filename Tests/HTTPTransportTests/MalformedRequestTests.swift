import Testing

@testable import HTTPTransport

@Suite struct MalformedRequestTests {
    private static func router() -> Router {
        var router = Router()
        router.add("GET", "/hello") { _, _ in .text(200, "hello") }
        router.add("POST", "/echo", body: .memory(limitBytes: 100)) { request, _ in
            .bytes(200, type: "text/plain", request.body.bytes)
        }
        return router
    }

    private static let isUp = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test(arguments: [
        "GET /hello HTTX/1.1\r\nHost: x\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET hello HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /hel\u{1}lo HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /h\u{E9}llo HTTP/1.1\r\nHost: x\r\n\r\n",
        "G@T /hello HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nX: a\u{1}b\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /%2e%2e/secret HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3x\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    ])
    func aMalformedRequestGets400AndTheServerStaysUp(text: String) async throws {
        try await withServer(Self.router()) { server in
            #expect(await exchange(server, text)?.status == 400)
            #expect(await exchange(server, Self.isUp)?.status == 200)
        }
    }

    @Test func anotherTransferCodingIsNotImplemented() async throws {
        try await withServer(Self.router()) { server in
            let text = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
            #expect(await exchange(server, text)?.status == 501)
        }
    }

    /// A body that is refused must not be read as the next request.
    @Test func whatFollowsAmbiguousFramingIsNeverServed() async throws {
        try await withServer(Self.router()) { server in
            let text = await converse(server) { client -> String in
                client.send(
                    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "0\r\n\r\n" + Self.isUp)
                return client.readToEnd()
            }
            #expect(text?.contains("hello") == false)
        }
    }

    @Test func aLineThatIsNoRequestEndsTheConnection() async throws {
        try await withServer(Self.router()) { server in
            // libmicrohttpd answers nothing where there is no space in the first line.
            let text = await converse(server) { client -> String in
                client.send("NONSENSE\r\n\r\n")
                return client.readToEnd()
            }
            #expect(text == "" || text?.hasPrefix("HTTP/1.1 400") == true)
            #expect(await exchange(server, Self.isUp)?.status == 200)
        }
    }

    @Test func otherFormsOfTheTargetAreUnderstood() async throws {
        try await withServer(Self.router()) { server in
            #expect(await exchange(server, "GET http://x/hello?a=1 HTTP/1.1\r\nHost: x\r\n\r\n")?.status == 200)
            #expect(await exchange(server, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")?.status == 204)
            #expect(await exchange(server, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n", hasBody: false)?.status == 200)
            #expect(await exchange(server, "GET /hello HTTP/1.0\r\n\r\n")?.status == 200)
        }
    }

    @Test func headHasTheLengthAndNoBody() async throws {
        try await withServer(Self.router()) { server in
            let text = await converse(server) { client -> String in
                client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return client.readToEnd()
            }
            #expect(text?.contains("Content-Length: 5\r\n") == true)
            #expect(text?.hasSuffix("\r\n\r\n") == true)
        }
    }

    @Test func randomBytesNeverBringTheServerDown() async throws {
        try await withServer(Self.router()) { server in
            guard let port = server.port else { throw NeverHappened() }
            await OwnThread.run("test-garbage") {
                var random = SplitMix(seed: 2026)
                for round in 0..<400 {
                    guard let client = RawClient(port: port) else { continue }
                    client.send(Self.garbage(round, &random))
                    // Half of them leave without reading.
                    if round % 2 == 0 { client.finishSending(); _ = client.readToEnd() }
                }
            }
            #expect(await exchange(server, Self.isUp)?.status == 200)
            try await eventually { server.requestsInProgress == 0 }
        }
    }

    /// Plain noise, or a sound request with a few bytes changed.
    private static func garbage(_ round: Int, _ random: inout SplitMix) -> [UInt8] {
        if round % 4 == 0 { return random.bytes(random.next(below: 600)) }
        var bytes = Array(
            "POST /echo?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nX-A: b\r\n\r\n0123456789GET /hello HTTP/1.1\r\n\r\n"
                .utf8)
        for _ in 0...random.next(below: 6) { bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256)) }
        return bytes
    }
}
