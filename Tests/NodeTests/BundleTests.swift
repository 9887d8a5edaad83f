import Encoding
import Exchange
import Foundation
import HTTPTransport
import Signing
import Testing

@testable import Node

/// What a node does with requests that come as a file.
@Suite struct BundleTests {
    private struct Reply {
        var status: Int
        var answers: [(status: Int, body: JSONValue)] = []
        var problem: JSONValue?
    }

    private static func request(_ method: String, _ target: String, _ body: JSONValue? = nil) -> (BundledRequest, [UInt8]) {
        let bytes = body?.serialized() ?? []
        return (
            BundledRequest(
                method: method, target: target, contentType: body == nil ? nil : "application/json", accept: "application/json",
                body: BundlePart(count: UInt64(bytes.count), sha256: SHA256.hash(bytes))), bytes
        )
    }

    /// Brings a bundle as the operator would, and reads the answers with the node's own key.
    private static func deliver(
        _ node: TestNode, _ requests: [(BundledRequest, [UInt8])], by key: SigningKey, space: String = TestNode.prefix,
        issuedDaysAgo: Int64 = 0, validDays: Int64 = 30, carrier: SigningKey? = nil
    ) async throws -> Reply {
        let issued = Clock.now().advanced(byMilliseconds: -issuedDaysAgo * 86_400_000)
        let manifest = RequestBundleManifest(
            space: space, bundle: Nonce.make(), issuedAt: issued, validUntil: issued.advanced(byMilliseconds: validDays * 86_400_000),
            key: key.verificationKey, requests: requests.map(\.0))
        let path = NSTemporaryDirectory() + "hexi-bundle-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try BundleWriter.write(manifest, requests.map { .bytes($0.1) }, key: key, to: path)
        return try await send(node, Array(try Data(contentsOf: URL(fileURLWithPath: path))), carrier: carrier ?? node.operatorKey)
    }

    private static func send(_ node: TestNode, _ bytes: [UInt8], carrier: SigningKey?) async throws -> Reply {
        var request = TestRequest("POST", "/api/v1/bundles", signer: carrier)
        request.body = bytes
        request.contentType = "application/octet-stream"
        let answer = try await node.send(request)
        guard answer.status == 200 else { return Reply(status: answer.status, problem: try? JSONValue.parse(answer.body)) }
        let path = NSTemporaryDirectory() + "hexi-answers-" + UUID().uuidString
        try Data(answer.body).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let key = try await node.services.voice().verificationKey
        let file = try BundleFile<ResponseBundleManifest>(path: path) { _, _ in key }
        return Reply(
            status: 200,
            answers: try file.manifest.answers.indices.map { number in
                (file.manifest.answers[number].status, try JSONValue.parse(try file.bytes(number)))
            })
    }

    private static func withMarket(_ body: (TestNode, TestMarket) async throws -> Void) async throws {
        let home = try await TestNode.makeHome()
        let node = try TestNode.start(in: home)
        do {
            try await body(node, try await TestMarket(node))
            await node.server.stop()
        } catch {
            await node.server.stop()
            throw error
        }
        try? FileManager.default.removeItem(atPath: home)
    }

    @Test func theAnswersAreThoseThatTheSignerWouldGetOverTheNetwork() async throws {
        try await Self.withMarket { node, market in
            let reply = try await Self.deliver(
                node, [Self.request("GET", "/api/v1/whoami"), Self.request("GET", "/api/v1/space"), Self.request("GET", "/nowhere")],
                by: market.insurer.key)
            #expect(reply.answers.map(\.status) == [200, 200, 404])
            #expect(reply.answers.first?.body["identifier"] == .string(market.insurer.identifier.text))
            // What only the operator may see stays closed to others, whoever carries the file.
            let theirs = try await Self.deliver(node, [Self.request("GET", "/api/v1/whoami")], by: market.bank.key)
            #expect(theirs.answers.first?.body["identifier"] == .string(market.bank.identifier.text))
        }
    }

    @Test func whoIsNotRegisteredCanOnlyApply() async throws {
        try await Self.withMarket { node, _ in
            let key = SigningKey.generate()
            let statement = try TestNode.sign(TestMarket.application("Newcomer", [.buyer], key), by: key)
            let reply = try await Self.deliver(
                node,
                [Self.request("POST", "/api/v1/participants", ["statement": statement.json]), Self.request("GET", "/api/v1/whoami")],
                by: key)
            #expect(reply.answers.map(\.status) == [201, 403])
        }
    }

    @Test func whoIsSuspendedGetsNothingDone() async throws {
        try await Self.withMarket { node, market in
            let reply = try await Self.deliver(node, [Self.request("GET", "/api/v1/whoami")], by: market.suspended.key)
            #expect(reply.answers.allSatisfy { $0.status >= 400 }, "\(reply)")
        }
    }

    @Test func aBundleOutOfItsTimeOrItsPlaceIsRefusedAsAWhole() async throws {
        try await Self.withMarket { node, market in
            let requests = [Self.request("GET", "/api/v1/whoami")]
            let key = market.insurer.key
            var reply: Reply
            let old = try await Self.deliver(node, requests, by: key, issuedDaysAgo: 31, validDays: 30)
            #expect(old.status == 422 && old.problem?["detail"]?.stringValue?.contains("was valid until") == true)
            reply = try await Self.deliver(node, requests, by: key, validDays: 31)
            #expect(reply.status == 422)
            reply = try await Self.deliver(node, requests, by: key, issuedDaysAgo: -1)
            #expect(reply.status == 422)
            reply = try await Self.deliver(node, requests, by: key, space: "86.gs.other")
            #expect(reply.status == 422)
            reply = try await Self.deliver(node, requests, by: key, issuedDaysAgo: 29)
            #expect(reply.status == 200)
        }
    }

    @Test func strangersCarryNothingAndGarbageIsRefused() async throws {
        try await Self.withMarket { node, market in
            let stranger = SigningKey.generate()
            let carried = try await Self.deliver(node, [Self.request("GET", "/api/v1/space")], by: market.insurer.key, carrier: stranger)
            #expect(carried.status == 401)
            var reply = try await Self.send(node, Array("nonsense".utf8), carrier: node.operatorKey)
            #expect(reply.status == 422)
            reply = try await Self.send(node, Array("hexi-request-bundle/1\n".utf8), carrier: node.operatorKey)
            #expect(reply.status == 422)
            reply = try await Self.send(node, Array("hexi-request-bundle/1\na.b.c\n".utf8), carrier: node.operatorKey)
            #expect(reply.status == 422)
        }
    }

    @Test func aBundleHoldsNoBundle() async throws {
        try await Self.withMarket { node, market in
            let reply = try await Self.deliver(
                node, [Self.request("POST", "/api/v1/bundles", ["a": 1]), Self.request("GET", "/api/v1/bundles/welcome")],
                by: market.insurer.key)
            #expect(reply.answers.map(\.status) == [404, 404])
        }
    }

    @Test func limitsOfBodiesHoldInABundle() async throws {
        try await Self.withMarket { node, market in
            let long = JSONValue.object(["statement": .string(String(repeating: "a", count: StatementIntake.maximumBodyBytes))])
            let reply = try await Self.deliver(
                node, [Self.request("POST", "/api/v1/contracts", long), Self.request("POST", "/api/v1/whoami", ["a": 1])],
                by: market.insurer.key)
            #expect(reply.answers.map(\.status) == [413, 405])
        }
    }
}
