import Encoding
import Synchronization
import Testing

@testable import HTTPTransport

@Suite struct RouterTests {
    private struct Secret: Error { let password = "swordfish" }

    private static func said(_ text: String) -> Router.Handler {
        { _, parameters in
            .text(200, ([text] + parameters.pairs.map { "\($0.name)=\($0.value)" }).joined(separator: " "))
        }
    }

    private static func router() -> Router {
        var router = Router()
        router.add("GET", "/", handler: said("root"))
        router.add("GET", "/products", handler: said("list"))
        router.add("POST", "/products", body: .memory(limitBytes: 10), handler: said("create"))
        router.add("GET", "/products/{prefix}/{suffix}", handler: said("one"))
        router.add("GET", "/products/{prefix}/latest", handler: said("latest"))
        router.add("DELETE", "/products/{prefix}/{suffix}", handler: said("remove"))
        router.add("GET", "/tile/{level}/{rest...}", handler: said("tile"))
        router.add("GET", "/fails/known") { _, _ in throw JSONMismatch(pointer: "/x", reason: "is missing") }
        router.add("GET", "/fails/unknown") { _, _ in throw Secret() }
        router.add("GET", "/fails/cancelled") { _, _ in throw CancellationError() }
        return router
    }

    private func ask(_ method: String, _ path: String, _ router: Router = router()) async -> (Int, String, HTTPHeaders) {
        let response = await router.handle(HTTPRequest(method: method, path: path, requestIdentifier: "r1"))
        guard case .bytes(let bytes) = response.body else { return (response.status, "", response.headers) }
        return (response.status, String(decoding: bytes, as: UTF8.self), response.headers)
    }

    @Test(arguments: [
        ("GET", "/", "root"), ("GET", "/products", "list"), ("POST", "/products", "create"),
        ("GET", "/products/86.gs/P1", "one prefix=86.gs suffix=P1"), ("GET", "/products/86.gs/latest", "latest prefix=86.gs"),
        ("DELETE", "/products/86.gs/latest", "remove prefix=86.gs suffix=latest"),
        ("GET", "/tile/0/x001/234.p/5", "tile level=0 rest=x001/234.p/5"), ("HEAD", "/products", "list"),
        ("GET", "/products/%E6%B2%B3/a%20b", "one prefix=河 suffix=a b"),
    ])
    func aRequestFindsItsHandler(method: String, path: String, answer: String) async {
        let (status, text, _) = await ask(method, path)
        #expect(status == 200)
        #expect(text == answer)
    }

    @Test(arguments: ["/nothing", "/products/a", "/products/a/b/c", "/tile/0", "/Products"])
    func anUnknownPathIsNotFound(path: String) async {
        let (status, text, _) = await ask("GET", path)
        #expect(status == 404)
        #expect(text.contains("/problems/not-found"))
    }

    @Test func anotherMethodIsRefusedWithTheAllowedOnes() async {
        let (status, _, headers) = await ask("PUT", "/products")
        #expect(status == 405)
        #expect(headers["Allow"] == "GET, HEAD, OPTIONS, POST")
        let (_, _, both) = await ask("PUT", "/products/a/latest")
        #expect(both["Allow"] == "DELETE, GET, HEAD, OPTIONS")
    }

    @Test func optionsTellsTheMethods() async {
        let (status, _, headers) = await ask("OPTIONS", "/products")
        #expect(status == 204)
        #expect(headers["Allow"] == "GET, HEAD, OPTIONS, POST")
        let (all, _, allHeaders) = await ask("OPTIONS", "*")
        #expect(all == 204)
        #expect(allHeaders["Allow"] == "DELETE, GET, HEAD, OPTIONS, POST")
        let (missing, _, _) = await ask("OPTIONS", "/nothing")
        #expect(missing == 404)
    }

    @Test func aPathThatLeadsElsewhereIsRefusedBeforeAnyHandler() async {
        for path in ["/tile/0/..", "/tile/0/%2e%2e/etc", "/tile/0/a%2Fb", "/products/"] {
            let (status, text, _) = await ask("GET", path)
            #expect(status == 400)
            #expect(text.contains("malformed-target"))
        }
    }

    @Test func anErrorThatKnowsItsProblemIsAnsweredWithIt() async {
        let (status, text, _) = await ask("GET", "/fails/known")
        #expect(status == 400)
        #expect(text.contains(#""pointer":"/x""#))
        #expect(await ask("GET", "/fails/cancelled").0 == 503)
    }

    @Test func anUnknownErrorIsTheLogsAndNotTheClients() async {
        let seen = Mutex<[String]>([])
        var router = Self.router()
        router.onInternalError = { identifier, error in seen.withLock { $0.append("\(identifier) \(error)") } }
        let (status, text, _) = await ask("GET", "/fails/unknown", router)
        #expect(status == 500)
        #expect(!text.contains("swordfish"))
        #expect(text.contains("urn:hexi:request:r1"))
        let log = seen.withLock { $0 }
        #expect(log.count == 1)
        #expect(log.first?.hasPrefix("r1 ") == true && log.first?.contains("swordfish") == true)
    }

    @Test func anAdmissionDecidesBeforeTheBodyAndItsWordReachesTheHandler() async throws {
        var router = Router()
        router.add(
            "POST", "/large", body: .memory(limitBytes: 1000),
            admission: { head in
                guard let name = head.headers["X-Name"] else { throw Problem(code: "nameless", status: 401, title: "", detail: "") }
                return name
            }
        ) { request, _ in .text(200, "\(request.admission as? String ?? "nobody"), \(request.body.count) bytes") }
        try await withServer(router) { server in
            // The server answers although the body, too long to be thrown away, never comes.
            let refused = await exchange(server, "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
            #expect(refused?.status == 401)
            let accepted = await exchange(
                server, "POST /large HTTP/1.1\r\nHost: x\r\nX-Name: Gansu\r\nContent-Length: 3\r\n\r\nabc")
            #expect(accepted.map { String(decoding: $0.body, as: UTF8.self) } == "Gansu, 3 bytes")
        }
    }

    @Test func theBodyPolicyIsTheRoutesOrTheRefusalThatComesAnyway() {
        let router = Self.router()
        func refusal(_ method: String, _ path: String) -> Int? {
            guard case .refuse(let problem) = router.bodyDecision(HTTPRequest(method: method, path: path)).policy else {
                return nil
            }
            return problem.status
        }
        #expect(refusal("GET", "/products") == 400)
        #expect(refusal("POST", "/products") == nil)
        #expect(refusal("POST", "/nothing") == 404)
        #expect(refusal("PUT", "/products") == 405)
        #expect(refusal("POST", "/%zz") == 400)
    }
}
