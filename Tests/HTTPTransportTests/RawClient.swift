import Glibc

@testable import HTTPTransport

/// A blocking socket that sends whatever bytes a test wants. Used on threads of its own only.
final class RawClient {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init?(port: UInt16) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
    }

    deinit { close(descriptor) }

    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Appends what comes next; false at the end of the stream or after an error.
    private func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = piece.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return false }
        buffer += piece[..<count]
        return true
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Everything until the other end closes.
    func readToEnd() -> String {
        while fill() {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    struct Answer: Sendable {
        var status: Int
        var head: String
        var body: [UInt8]

        func header(_ name: String) -> String? {
            for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name.lowercased() + ":") {
                return String(line.dropFirst(name.count + 1).drop { $0 == " " })
            }
            return nil
        }
    }

    /// One response with `Content-Length` (or none, after `HEAD`).
    func readAnswer(hasBody: Bool = true) -> Answer? {
        let mark = Array("\r\n\r\n".utf8)
        var end: Int?
        while true {
            end = buffer.indices.first { buffer[$0...].starts(with: mark) }
            if end != nil || !fill() { break }
        }
        guard let end else { return nil }
        let head = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeFirst(end + 4)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var answer = Answer(status: status, head: head, body: [])
        let count = hasBody ? answer.header("Content-Length").flatMap { Int($0) } ?? 0 : 0
        while buffer.count < count, fill() {}
        guard buffer.count >= count else { return nil }
        answer.body = Array(buffer[..<count])
        buffer.removeFirst(count)
        return answer
    }
}

/// Runs a conversation over one connection on a thread of its own.
@discardableResult func converse<Result: Sendable>(
    _ server: HTTPServer, _ body: @escaping @Sendable (RawClient) -> Result?
) async -> Result? {
    guard let port = server.port else { return nil }
    return await OwnThread.run("test-client") { RawClient(port: port).flatMap(body) }
}

/// Sends one text and reads one answer.
func exchange(_ server: HTTPServer, _ text: String, hasBody: Bool = true) async -> RawClient.Answer? {
    await converse(server) { client in
        client.send(text)
        return client.readAnswer(hasBody: hasBody)
    }
}

/// A server for the length of a test.
func withServer<Result>(
    _ router: Router, log: HTTPServerLog = HTTPServerLog(), _ change: (inout HTTPServerConfiguration) -> Void = { _ in },
    _ body: (HTTPServer) async throws -> Result
) async throws -> Result {
    var configuration = HTTPServerConfiguration()
    change(&configuration)
    let server = HTTPServer(configuration: configuration, router: router, log: log)
    try server.start()
    do {
        let result = try await body(server)
        await server.stop(graceSeconds: 5)
        return result
    } catch {
        await server.stop(graceSeconds: 5)
        throw error
    }
}

extension OwnThread {
    /// Only for threads of the test's own.
    static func pause(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }
}

struct NeverHappened: Error {}

/// Waits until the condition holds, for at most a minute.
func eventually(_ condition: @Sendable () -> Bool) async throws {
    for _ in 0..<6000 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw NeverHappened()
}
