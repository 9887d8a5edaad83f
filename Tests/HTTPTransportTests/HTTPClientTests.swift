import Foundation
import Synchronization
import Testing

@testable import HTTPTransport

@Suite struct HTTPClientTests {
    private static func router() -> Router {
        var router = Router()
        router.add("GET", "/hello") { request, _ in
            .text(200, request.headers["X-Who"] ?? "nobody", headers: ["X-Two": "a", "x-two": "b"])
        }
        router.add("POST", "/echo", body: .memory(limitBytes: 8_000_000)) { request, _ in
            .bytes(201, type: request.headers["Content-Type"] ?? "none", request.body.bytes)
        }
        router.add("DELETE", "/thing") { _, _ in HTTPResponse(status: 204) }
        router.add("GET", "/missing") { _, _ in throw Problem.notFound("/missing") }
        router.add("GET", "/elsewhere") { _, _ in HTTPResponse(status: 302, headers: ["Location": "/hello"]) }
        router.add("GET", "/slow") { _, _ in
            try await Task.sleep(for: .seconds(30))
            return .text(200, "late")
        }
        router.add("GET", "/large") { _, _ in
            .bytes(200, type: "application/octet-stream", [UInt8](repeating: 7, count: 1_000_000))
        }
        return router
    }

    private func withClient(
        _ body: (HTTPClient, _ base: String, HTTPServer) async throws -> Void
    ) async throws {
        try await withServer(Self.router()) { server in
            try await body(HTTPClient(), "http://127.0.0.1:\(try #require(server.port))", server)
        }
    }

    @Test func anAnswerComesWithStatusFieldsAndBody() async throws {
        try await withClient { client, base, _ in
            let answer = try await client.send(HTTPClientRequest(url: "\(base)/hello", headers: ["X-Who": "Gansu"]))
            #expect(answer.status == 200)
            #expect(answer.body == Array("Gansu".utf8))
            #expect(answer.headers.values("X-Two") == ["a", "b"])
            let missing = try await client.send(HTTPClientRequest(url: "\(base)/missing"))
            #expect(missing.status == 404)
            let head = try await client.send(HTTPClientRequest(method: "HEAD", url: "\(base)/hello"))
            #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "6")
            let none = try await client.send(HTTPClientRequest(method: "DELETE", url: "\(base)/thing"))
            #expect(none.status == 204)
        }
    }

    @Test func bodiesAreSentFromMemoryAndFromFiles() async throws {
        let folder = try TemporaryFolder()
        var random = SplitMix(seed: 5)
        let content = random.bytes(3_000_000)
        let file = folder.write("upload", content)
        try await withClient { client, base, _ in
            for body in [HTTPClientRequest.Body.bytes(content), .file(path: file)] {
                let answer = try await client.send(
                    HTTPClientRequest(
                        method: "POST", url: "\(base)/echo", headers: ["Content-Type": "a/b"], body: body))
                #expect(answer.status == 201)
                #expect(answer.headers["Content-Type"] == "a/b")
                #expect(answer.body == content)
            }
            let empty = try await client.send(HTTPClientRequest(method: "POST", url: "\(base)/echo"))
            #expect(empty.status == 201 && empty.body.isEmpty && empty.headers["Content-Type"] == "none")
        }
    }

    @Test func theProgressOfAFileEndsWithItsLength() async throws {
        let folder = try TemporaryFolder()
        let content = [UInt8](repeating: 7, count: 1_000_000)
        let file = folder.write("upload", content)
        let told = Mutex<[UInt64]>([])
        try await withClient { client, base, _ in
            let request = HTTPClientRequest(
                method: "POST", url: "\(base)/echo", body: .file(path: file),
                uploadProgress: { count in told.withLock { $0.append(count) } })
            _ = try await client.send(request)
        }
        let counts = told.withLock { $0 }
        #expect(counts.count > 1)
        #expect(counts == counts.sorted())
        #expect(counts.last == 1_000_000)
    }

    @Test func aConnectionIsKeptForFurtherRequests() async throws {
        try await withClient { client, base, server in
            for _ in 0..<50 { _ = try await client.send(HTTPClientRequest(url: "\(base)/hello")) }
            #expect(server.openConnections == 1)
        }
    }

    @Test func manyRequestsRunSideBySide() async throws {
        try await withClient { client, base, _ in
            let right = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let request = HTTPClientRequest(url: "\(base)/hello", headers: ["X-Who": "n\(number)"])
                        return (try? await client.send(request))?.body == Array("n\(number)".utf8)
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(right == 200)
        }
    }

    @Test func redirectsAreNotFollowed() async throws {
        try await withClient { client, base, _ in
            let answer = try await client.send(HTTPClientRequest(url: "\(base)/elsewhere"))
            #expect(answer.status == 302)
            #expect(answer.headers["Location"] == "/hello")
        }
    }

    @Test func anAnswerThatTakesTooLongIsGivenUp() async throws {
        try await withClient { client, base, _ in
            let url = "\(base)/slow"
            await #expect(throws: HTTPClientError.timedOut(url: url, seconds: 0.2)) {
                try await client.send(HTTPClientRequest(url: url, timeoutSeconds: 0.2))
            }
        }
    }

    @Test func anAnswerThatIsTooLongIsGivenUp() async throws {
        try await withClient { client, base, _ in
            let url = "\(base)/large"
            await #expect(throws: HTTPClientError.responseTooLarge(url: url, limitBytes: 999_999)) {
                try await client.send(HTTPClientRequest(url: url, maximumResponseBytes: 999_999))
            }
            let answer = try await client.send(HTTPClientRequest(url: url, maximumResponseBytes: 1_000_000))
            #expect(answer.body.count == 1_000_000)
        }
    }

    @Test func aCancelledTaskGetsItsErrorAtOnceAndTheServersHandlerEnds() async throws {
        try await withClient { client, base, server in
            let task = Task { try await client.send(HTTPClientRequest(url: "\(base)/slow")) }
            try await eventually { server.requestsInProgress == 1 }
            let started = monotonicMilliseconds()
            task.cancel()
            await #expect(throws: HTTPClientError.cancelled) { try await task.value }
            #expect(monotonicMilliseconds() - started < 20_000)
            try await eventually { server.requestsInProgress == 0 }
            // A task that is cancelled before it sends does not hang either.
            let early = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await client.send(HTTPClientRequest(url: "\(base)/slow"))
            }
            await #expect(throws: HTTPClientError.cancelled) { try await early.value }
        }
    }

    @Test(arguments: [
        "ftp://127.0.0.1/x", "file:///etc/passwd", "/relative", "", "http://", "gopher://x", "http://user:word@127.0.0.1/",
        "http://127.0.0.1:99999/",
    ])
    func onlySoundWebAddressesAreSentTo(url: String) async {
        do {
            _ = try await HTTPClient().send(HTTPClientRequest(url: url))
            Issue.record("was sent")
        } catch {
            guard case .badURL = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func aFieldCannotSmuggleAnother() async throws {
        try await withClient { client, base, _ in
            await #expect(throws: HTTPClientError.badHeader(name: "X-Who")) {
                try await client.send(HTTPClientRequest(url: "\(base)/hello", headers: ["X-Who": "a\r\nX-Other: b"]))
            }
            await #expect(throws: HTTPClientError.badHeader(name: "X Who")) {
                try await client.send(HTTPClientRequest(url: "\(base)/hello", headers: ["X Who": "a"]))
            }
        }
    }

    @Test func whyThereIsNoConnectionIsTold() async throws {
        let listening = try ListeningSocket(address: "127.0.0.1", port: 0)
        let url = "http://127.0.0.1:\(listening.port)/"
        listening.shut()
        await #expect(throws: HTTPClientError.cannotConnect(url: url, reason: "Connection refused")) {
            try await HTTPClient().send(HTTPClientRequest(url: url))
        }
        await #expect(throws: HTTPClientError.unreadableFile(path: "/nowhere", reason: "No such file or directory")) {
            try await HTTPClient().send(HTTPClientRequest(method: "POST", url: url, body: .file(path: "/nowhere")))
        }
    }

    @Test func onlyTheNamedAuthorityIsTrusted() async throws {
        let folder = try TemporaryFolder()
        let (process, port) = try await Self.startTLSServer(folder)
        // OpenSSL's test server does not end on SIGTERM here.
        defer { kill(process.processIdentifier, SIGKILL) }
        let url = "https://127.0.0.1:\(port)/"
        do {
            _ = try await HTTPClient().send(HTTPClientRequest(url: url))
            Issue.record("an unknown authority was trusted")
        } catch {
            guard case .insecure = error else {
                Issue.record("\(error)")
                return
            }
        }
        var configuration = HTTPClientConfiguration()
        configuration.authorityFile = "\(folder.path)/certificate.pem"
        let answer = try await HTTPClient(configuration: configuration).send(HTTPClientRequest(url: url))
        #expect(answer.status == 200)
    }

    /// A certificate that names 127.0.0.1, and OpenSSL's test server with it.
    private static func startTLSServer(_ folder: TemporaryFolder) async throws -> (Process, UInt16) {
        let listening = try ListeningSocket(address: "127.0.0.1", port: 0)
        let port = listening.port
        listening.shut()
        func openssl(_ arguments: [String]) throws -> Process {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            try process.run()
            return process
        }
        let (key, certificate) = ("\(folder.path)/key.pem", "\(folder.path)/certificate.pem")
        let request = try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ])
        try await eventually { !request.isRunning }
        let server = try openssl(["s_server", "-quiet", "-www", "-accept", "127.0.0.1:\(port)", "-key", key, "-cert", certificate])
        do { try await eventually { RawClient(port: port) != nil } } catch {
            kill(server.processIdentifier, SIGKILL)
            throw error
        }
        return (server, port)
    }
}
