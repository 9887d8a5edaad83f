import Encoding
import Synchronization
import Testing

@testable import HTTPTransport

@Suite struct HTTPServerTests {
    private static func router() -> Router {
        var router = Router()
        router.add("GET", "/hello") { request, _ in .text(200, "hello \(try request.queryValue("name") ?? "you")") }
        router.add("GET", "/items/{name}") { _, parameters in .text(200, try parameters.value("name")) }
        router.add("GET", "/slow") { _, _ in
            try await Task.sleep(for: .milliseconds(30))
            return .text(200, "slept")
        }
        router.add("POST", "/echo", body: .memory(limitBytes: 1000)) { request, _ in
            .bytes(200, type: "application/octet-stream", request.body.bytes)
        }
        return router
    }

    @Test func aRequestIsAnsweredWithTheHandlersResponse() async throws {
        try await withServer(Self.router()) { server in
            let answer = await exchange(server, "GET /hello?name=Gansu HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(answer?.status == 200)
            #expect(answer.map { String(decoding: $0.body, as: UTF8.self) } == "hello Gansu")
            #expect(answer?.header("X-Request-Id")?.utf8.count == 15)
            #expect(answer?.header("Server") == nil)
            #expect(answer?.header("X-Content-Type-Options") == "nosniff")
        }
    }

    @Test func oneConnectionServesManyRequestsFastAndSlow() async throws {
        try await withServer(Self.router()) { server in
            let bodies = await converse(server) { client in
                (0..<20).map { index -> String in
                    let path = index % 2 == 0 ? "/slow" : "/items/n\(index)"
                    client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                    return client.readAnswer().map { String(decoding: $0.body, as: UTF8.self) } ?? "nothing"
                }
            }
            #expect(bodies == (0..<20).map { $0 % 2 == 0 ? "slept" : "n\($0)" })
        }
    }

    @Test func aBodyIsEchoedWhetherItsLengthIsGivenOrItIsChunked() async throws {
        try await withServer(Self.router()) { server in
            let plain = await exchange(server, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde")
            #expect(plain?.body == Array("abcde".utf8))
            let chunked = await exchange(
                server,
                "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            #expect(chunked?.body == Array("abcde".utf8))
        }
    }
}
