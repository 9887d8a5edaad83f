import Encoding
import Exchange
import HTTPTransport
import Signing
import Synchronization
import Testing

@testable import hexi

@Suite struct StatementSenderTests {
    static let content = StatementContent.contractTermination(
        ContractTermination(contract: identifier(.contract, 1), reason: "done"))
    static let answer: JSONValue = ["identifier": .string(identifier(.contract, 1).text), "duplicate": false]
    static let unreachable = HTTPClientError.cannotConnect(url: "http://127.0.0.1:8620", reason: "refused")

    @Test func aStatementIsSavedBeforeItIsSentAndForgottenAfterTheAnswer() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let outbox = "\(bench.folder.path)/outbox"
        let saved = Mutex<[String]>([])
        let node = ScriptedNode { _ in
            saved.withLock { $0 = LocalFiles.names(in: outbox) }
            return ScriptedNode.json(201, Self.answer)
        }
        let answer = try await bench.sender(node).send(Self.content, to: "/x")
        #expect(answer.identifier == identifier(.contract, 1).text)
        #expect(saved.withLock { $0.count } == 1)
        #expect(LocalFiles.names(in: outbox).isEmpty)
    }

    @Test func theSameBytesGoThreeTimesWithFreshRequestSignatures() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let node = ScriptedNode { _ throws(HTTPClientError) in throw Self.unreachable }
        await #expect(throws: ClientError.self) { try await bench.sender(node).send(Self.content, to: "/x") }
        #expect(node.requests.count == 3)
        #expect(Set(node.requests.map(\.bytes)).count == 1)
        #expect(Set(node.requests.compactMap { $0.headers["Signature-Input"] }).count == 3)
        let items = try bench.sender(node).outbox.items()
        #expect(items.map(\.statement) == [node.requests[0].statement])
    }

    @Test func aKeptStatementIsSentInItsOwnBytesLater() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, Self.answer) }
        let broken = ScriptedNode { _ throws(HTTPClientError) in throw Self.unreachable }
        _ = try? await bench.sender(broken).send(Self.content, to: "/api/v1/x")
        #expect(await bench.run("outbox", "send") == .success)
        #expect(bench.node.requests.map(\.bytes) == [broken.requests[0].bytes])
        #expect(bench.node.requests.map(\.target) == ["/api/v1/x"])
        #expect(LocalFiles.names(in: "\(bench.folder.path)/outbox").isEmpty)
    }

    @Test(arguments: [400, 401, 403, 404, 409, 422])
    func aRefusalIsFinal(status: Int) async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let node = ScriptedNode { _ in ScriptedNode.problem("no", status) }
        await #expect(throws: ClientError.self) { try await bench.sender(node).send(Self.content, to: "/x") }
        #expect(node.requests.count == 1)
        #expect(try bench.sender(node).outbox.items().isEmpty)
    }

    @Test(arguments: [429, 500, 503])
    func aNodeThatCannotNowIsAskedAgain(status: Int) async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let count = Mutex(0)
        let node = ScriptedNode { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number < 3 ? ScriptedNode.problem("later", status) : ScriptedNode.json(200, Self.answer)
        }
        _ = try await bench.sender(node).send(Self.content, to: "/x")
        #expect(node.requests.count == 3)
    }

    @Test func retryAfterIsHonouredUpToTenSeconds() {
        func wait(_ text: String) -> Int64? {
            let problem = Problem(code: "later", status: 503, title: "", detail: "", headers: ["Retry-After": text])
            return StatementSender.milliseconds(beforeRetryOf: .problem(problem), attempt: 1)
        }
        #expect(wait("5") == 5000)
        #expect(wait("86400") == 10_000)
        #expect(wait("-1") == 0)
        #expect(wait("soon") == 2000)
        #expect(wait("9223372036854775807") == 10_000)
    }

    @Test func requestsVerifyAndCoverTheBody() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let node = ScriptedNode { _ in ScriptedNode.json(201, Self.answer) }
        _ = try await bench.sender(node).send(Self.content, to: "/api/v1/contracts/x/y/termination")
        let request = try #require(node.requests.first)
        try ContentDigest.verify(try #require(request.headers["Content-Digest"]), body: request.bytes)
        let message = HTTPMessageComponents(
            method: "POST", authority: "127.0.0.1:8620", target: request.target, hasContent: true,
            fields: request.headers.fields.map { ($0.name, $0.value) })
        let verified = try HTTPMessageSignature.verify(
            signatureInput: request.headers["Signature-Input"], signature: request.headers["Signature"], components: message,
            now: CommandBench.now.milliseconds / 1000, nonceMemory: NonceMemory(startedAt: 0)
        ) { $0 == bench.key.keyIdentifier ? bench.key.verificationKey : nil }
        #expect(verified.keyIdentifier == bench.key.keyIdentifier)
        let statement = try SignedStatement(request.statement).verified { _ in bench.key.verificationKey }
        #expect(statement.statement.header.space == "86.gs.test")
    }

    @Test func noncesAreTwentyFourURLSafeCharactersAndNeverTheSame() {
        let nonces = (0..<100).map { _ in StatementSender.makeNonce() }
        #expect(Set(nonces).count == 100)
        #expect(nonces.allSatisfy { $0.utf8.count == 24 && Base64.decodeURL($0) != nil })
    }
}
