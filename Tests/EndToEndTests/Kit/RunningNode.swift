import Encoding
import Glibc
import HTTPTransport

/// A node that a test serves with the built program.
struct RunningNode: Sendable {
    let process: ChildProcess
    let address: String
    private let workspace: Workspace
    private let streams: String

    /// Starts `hexi serve` and waits until the node answers.
    static func start(
        _ workspace: Workspace, home: String, port: UInt16, client: HTTPClient = HTTPClient(), streams: String = "node"
    ) async throws -> RunningNode {
        let process = try workspace.start(BuiltPrograms.hexi, ["serve", home], streams: streams)
        return try await wait(workspace, process, port: port, client: client, streams: streams)
    }

    /// Waits until a node that was started answers.
    static func wait(
        _ workspace: Workspace, _ process: ChildProcess, port: UInt16, client: HTTPClient = HTTPClient(),
        streams: String = "node"
    ) async throws -> RunningNode {
        let node = RunningNode(
            process: process, address: "http://127.0.0.1:\(port)", workspace: workspace, streams: streams)
        let limit = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < limit {
            if let answer = try? await client.send(HTTPClientRequest(method: "GET", url: "\(node.address)/healthz")),
                answer.status == 200
            {
                return node
            }
            if let status = process.poll() { throw node.failure("ended with \(status) instead of serving") }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw node.failure("does not serve")
    }

    /// Asks it to stop, and gives its exit status.
    func stop(seconds: Double = 30) async throws -> Int32 {
        process.signal(SIGTERM)
        return try await process.wait(seconds: seconds)
    }

    /// Ends it at once, as a power cut would.
    func kill() async throws {
        process.signal(SIGKILL)
        _ = try await process.wait(seconds: 10)
    }

    var log: String { (try? workspace.read("\(streams).err")) ?? "" }

    private func failure(_ what: String) -> ChildProcess.Failure {
        ChildProcess.Failure(description: "the node \(what)\n\(log.suffix(2000))")
    }
}

/// A local port that nothing listens on at this moment.
func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var count = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, count) == 0 && getsockname(descriptor, $0, &count) == 0
        }
    }
    guard isBound else { throw ChildProcess.Failure(description: "no local port is free") }
    return UInt16(bigEndian: address.sin_port)
}
