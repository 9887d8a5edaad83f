import Encoding
import Exchange
import Foundation
import HTTPTransport
import Signing

@testable import Node

/// A node in this process, in a folder of its own, on a free port.
final class TestNode: Sendable {
    static let prefix = "86.gs.test"

    let directory: String
    let server: NodeServer
    let client: HTTPClient
    let operatorKey: SigningKey
    let port: UInt16

    var authority: String { "127.0.0.1:\(port)" }
    var services: NodeServices { server.services }

    private init(directory: String, server: NodeServer, port: UInt16) throws {
        self.directory = directory
        self.server = server
        self.port = port
        client = HTTPClient()
        operatorKey = try KeyFile.read("\(directory)/keys/operator.pem", passphrase: nil)
    }

    /// Makes a home in a fresh folder.
    static func makeHome() async throws -> String {
        let directory = NSTemporaryDirectory() + "hexi-node-" + UUID().uuidString
        _ = try await NodeHome.initialise(directory: directory, prefix: prefix, name: ["en": "Test space", "zh": "试验空间"])
        return directory
    }

    /// Starts a node in a home.
    static func start(
        in directory: String, log: StructuredLog = StructuredLog(isOn: false),
        configure: (inout NodeConfiguration) -> Void = { _ in }
    ) throws -> TestNode {
        var home = try NodeHome(opening: directory)
        home.configuration.port = 0
        home.configuration.duckdb = duckdb
        home.configuration.stopSeconds = 10
        configure(&home.configuration)
        let server = try NodeServer(home: home, log: log)
        try server.start()
        return try TestNode(directory: directory, server: server, port: server.port ?? 0)
    }

    /// `HEXI_DUCKDB`, else `Tools/duckdb` in the checkout.
    static var duckdb: String {
        if let path = ProcessInfo.processInfo.environment["HEXI_DUCKDB"], !path.isEmpty { return path }
        return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Tools/duckdb").path
    }

    func send(_ request: TestRequest) async throws -> Answer {
        try await deliver(try request.prepared(for: authority))
    }

    /// Sends a request as it was prepared, so that it can be sent twice.
    func deliver(_ request: PreparedRequest) async throws -> Answer {
        let answer = try await client.send(
            HTTPClientRequest(
                method: request.method, url: "http://\(authority)\(request.target)", headers: request.headers,
                body: request.body.map { .bytes($0) } ?? .none,
                // The tests of all modules share the machine; a node that is late is not wrong.
                timeoutSeconds: 900))
        return Answer(status: answer.status, headers: answer.headers, body: answer.body)
    }

    func get(_ target: String, by key: SigningKey? = nil) async throws -> Answer {
        try await send(TestRequest("GET", target, signer: key))
    }

    /// Posts a statement, signed by its signer over HTTP too.
    func post(_ target: String, _ statement: SignedStatement, by key: SigningKey) async throws -> Answer {
        try await send(TestRequest("POST", target, json: ["statement": statement.json], signer: key))
    }

    func post(_ target: String, _ content: StatementContent, by key: SigningKey) async throws -> Answer {
        try await post(target, try Self.sign(content, by: key), by: key)
    }

    static func sign(
        _ content: StatementContent, by key: SigningKey, issuedAt: Timestamp = Clock.now()
    ) throws -> SignedStatement {
        try SignedStatement.sign(content, space: prefix, issuedAt: issuedAt, nonce: Nonce.make(), key: key)
    }
}

/// Runs a test against a fresh node, which is stopped and removed afterwards.
func withNode(
    configure: (inout NodeConfiguration) -> Void = { _ in }, _ body: (TestNode) async throws -> Void
) async throws {
    let directory = try await TestNode.makeHome()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let node = try TestNode.start(in: directory, configure: configure)
    do { try await body(node) } catch {
        await node.server.stop()
        throw error
    }
    await node.server.stop()
}

/// What a node answered.
struct Answer: CustomStringConvertible {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]

    var json: JSONValue { (try? JSONValue.parse(body, maximumCount: 1 << 26)) ?? .null }
    var text: String { String(decoding: body, as: UTF8.self) }
    /// The problem document, if it is one.
    var problem: Problem? {
        headers["Content-Type"]?.hasPrefix("application/problem+json") == true ? Problem(json: json) : nil
    }
    var code: String? { problem?.code }
    var identifier: String { json["identifier"]?.stringValue ?? "" }
    var description: String { "\(status) \(text.prefix(600))" }
}
