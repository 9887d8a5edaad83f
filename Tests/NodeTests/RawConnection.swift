import Dispatch
import Glibc

extension TestNode {
    /// Sends a request's head alone, which promises a body of so many bytes, and returns the beginning of the answer;
    /// nothing if none comes within five seconds.
    func answer(toHeadOf request: PreparedRequest, contentLength: Int) async throws -> String {
        var head = "\(request.method) \(request.target) HTTP/1.1\r\nHost: \(authority)\r\nContent-Length: \(contentLength)\r\n"
        for field in request.headers.fields { head += "\(field.name): \(field.value)\r\n" }
        let (bytes, port) = (Array((head + "\r\n").utf8), port)
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: Self.exchange(bytes, port)) }
        }
    }

    /// Sends bytes and returns the first piece of what comes back.
    static func exchange(_ bytes: [UInt8], _ port: UInt16) -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        guard connected == 0, write(descriptor, bytes, bytes.count) == bytes.count else { return "" }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }
}
