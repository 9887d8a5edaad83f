import Encoding
import Foundation
import HTTPTransport
import Signing
import Storage
import TransparencyLog

@testable import Node

/// A ledger and its routes on a free port, without a node around them.
final class LedgerServer: Sendable {
    let directory: String
    let ledger: Ledger
    let port: UInt16
    private let server: HTTPServer
    private let client = HTTPClient()

    /// - Parameters:
    ///   - count: how many entries there are; all their full tiles are written.
    ///   - published: how many of them the published checkpoint covers, as far as the routes are told.
    init(entries count: Int, published: UInt64? = nil) async throws {
        directory = NSTemporaryDirectory() + "hexi-ledger-server-" + UUID().uuidString
        let signer = try NoteSigner(name: "log.example/test", key: try SigningKey(seed: [UInt8](repeating: 1, count: 32)))
        let ledger = try Ledger.create(
            directory: directory, signer: signer, snapshotKey: [UInt8](repeating: 7, count: 32))
        self.ledger = ledger
        for start in stride(from: 0, to: count, by: 1000) {
            _ = try await ledger.append((start..<min(count, start + 1000)).map { Self.draft($0) })
        }
        for _ in 0..<12_000 where ledger.tiledSize < ledger.size / 256 * 256 {
            try await Task.sleep(for: .milliseconds(5))
        }
        var router = Router()
        LedgerRoutes(ledger: ledger) {
            let size = ledger.size
            return PublishedCheckpoint(note: ledger.checkpoint(), size: published ?? size)
        }.add(to: &router)
        var configuration = HTTPServerConfiguration()
        configuration.port = 0
        server = HTTPServer(configuration: configuration, router: router)
        try server.start()
        port = server.port ?? 0
    }

    private static func draft(_ number: Int) -> EntryDraft {
        let time = Timestamp(milliseconds: 1_795_248_000_000 + Int64(number))
        return EntryDraft(time: time, content: Array(#""time":"\#(time)","type":"test","body":{"number":\#(number)}}"#.utf8))
    }

    func send(_ method: String, _ target: String, headers: HTTPHeaders = [:]) async throws -> Answer {
        let answer = try await client.send(
            HTTPClientRequest(method: method, url: "http://127.0.0.1:\(port)\(target)", headers: headers))
        return Answer(status: answer.status, headers: answer.headers, body: answer.body)
    }

    func get(_ target: String, headers: HTTPHeaders = [:]) async throws -> Answer { try await send("GET", target, headers: headers) }

    func stop() async {
        await server.stop(graceSeconds: 1)
        ledger.close()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// Runs a test against a ledger's routes, which are gone afterwards.
func withLedgerServer(
    entries: Int, published: UInt64? = nil, _ body: (LedgerServer) async throws -> Void
) async throws {
    let server = try await LedgerServer(entries: entries, published: published)
    do { try await body(server) } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}
