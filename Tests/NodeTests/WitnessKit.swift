import Encoding
import Foundation
import Glibc
import HTTPTransport
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Node

/// A made-up log that a witness is shown: entry by entry, and with another history on another branch.
struct MadeUpLog {
    static let origin = "log.example/a"
    let signer: NoteSigner

    init(seed: UInt8 = 1, origin: String = MadeUpLog.origin) throws {
        signer = try NoteSigner(name: origin, key: try SigningKey(seed: [UInt8](repeating: seed, count: 32)))
    }

    func checkpoint(_ size: UInt64, branch: UInt8 = 0) -> Checkpoint {
        Checkpoint(origin: signer.name, size: size, root: MerkleTree.root(size: size) { Self.node($0, $1, branch) })
    }

    func request(old: UInt64, size: UInt64, branch: UInt8 = 0) throws -> AddCheckpointRequest {
        let proof = old > size
            ? [] : try ConsistencyProof(firstSize: old, secondSize: size) { Self.node($0, $1, branch) }.path
        return AddCheckpointRequest(oldSize: old, proof: proof, note: try checkpoint(size, branch: branch).signed(by: signer))
    }

    private static func node(_ level: UInt8, _ index: UInt64, _ branch: UInt8) -> SHA256Digest {
        guard level > 0 else { return MerkleTree.leafHash(Array("entry \(index) of \(branch)".utf8)) }
        return MerkleTree.nodeHash(node(level - 1, 2 * index, branch), node(level - 1, 2 * index + 1, branch))
    }
}

/// The homes of witnesses, made and removed.
enum WitnessKit {
    /// A home whose node witnesses the logs of some keys.
    static func makeHome(name: String = "witness.example/w1", logs: [NoteVerifier]) async throws -> (directory: String, key: CosignatureVerifier) {
        let directory = try await TestNode.makeHome()
        var home = try NodeHome(opening: directory)
        let key = try CosignatureVerifier(try home.enableWitness(name: name))
        for log in logs { try home.addWitnessedLog(log.description, url: nil) }
        return (directory, key)
    }

    static func remove(_ directory: String) { try? FileManager.default.removeItem(atPath: directory) }

    /// Runs a test against a node that witnesses ``MadeUpLog``.
    static func withWitness(_ body: (TestNode, CosignatureVerifier) async throws -> Void) async throws {
        let (directory, key) = try await makeHome(logs: [try MadeUpLog().signer.verifier])
        defer { remove(directory) }
        try await running(directory) { try await body($0, key) }
    }

    /// Runs a test against the node of a home, which stays.
    static func running(
        _ directory: String, configure: (inout NodeConfiguration) -> Void = { _ in }, _ body: (TestNode) async throws -> Void
    ) async throws {
        let node = try TestNode.start(in: directory, configure: configure)
        do { try await body(node) } catch {
            await node.server.stop()
            throw error
        }
        await node.server.stop()
    }

    /// The files of a witness' state.
    static func stateFiles(_ directory: String) throws -> [String] {
        let folder = "\(directory)/witness/state"
        return try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
    }

    static func evidence(_ directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/witness/evidence")) ?? []).sorted()
    }
}

extension TestNode {
    func addCheckpoint(_ request: AddCheckpointRequest) async throws -> Answer { try await addCheckpoint(request.bytes) }

    func addCheckpoint(_ body: [UInt8]) async throws -> Answer {
        let answer = try await client.send(
            HTTPClientRequest(method: "POST", url: "http://\(authority)/witness/add-checkpoint", body: .bytes(body)))
        return Answer(status: answer.status, headers: answer.headers, body: answer.body)
    }
}

/// A port where connections are taken and nothing is ever answered.
final class SilentPort {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(isListening)
    }

    deinit { close(descriptor) }
}

/// An address that stays while the witness behind it comes and goes.
final class WitnessRelay: Sendable {
    private final class Slot: Sendable { let node = Mutex<TestNode?>(nil) }

    let port: UInt16
    private let slot = Slot()
    private let server: HTTPServer

    init() throws {
        let slot = slot
        var router = Router()
        router.add("POST", "/witness/add-checkpoint", body: .memory(limitBytes: 1 << 20)) { request, _ in
            guard let node = slot.node.withLock({ $0 }) else { return HTTPResponse(status: 502) }
            let answer = try await node.addCheckpoint(request.body.bytes)
            return HTTPResponse(status: answer.status, headers: ["Content-Type": answer.headers["Content-Type"] ?? ""], body: .bytes(answer.body))
        }
        server = HTTPServer(configuration: HTTPServerConfiguration(), router: router)
        try server.start()
        port = server.port ?? 0
    }

    /// What stands behind the address from now on; `nil` for nobody.
    func connect(_ node: TestNode?) { slot.node.withLock { $0 = node } }

    func stop() async { await server.stop(graceSeconds: 1) }
}
