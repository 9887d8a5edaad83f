import CMicroHTTPD
import Glibc

/// One connection of the load generator: sends one request at a time and finds where its answer ends.
struct LoadConnection {
    enum Progress {
        case waiting
        /// A complete answer has come, with this status.
        case answered(Int)
        case broken
    }

    let descriptor: Int32
    /// When the request under way was due, in monotonic nanoseconds; `nil` while there is none.
    var due: Int64?
    private var received: [UInt8] = []
    /// How long the whole answer is, once its headers have come.
    private var expected: Int?
    private var status = 0
    private var unsent: [UInt8] = []

    init(address: String, port: UInt16) throws(HTTPBenchmarkError) {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else {
            throw .badPlan("\"\(address)\" is not a numeric IPv4 address")
        }
        descriptor = hexi_tcp_socket(AF_INET)
        let connected = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            let reason = systemErrorText(errno)
            if descriptor >= 0 { close(descriptor) }
            throw .cannotConnect(address: address, port: port, reason: reason)
        }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    /// Begins a request; false where the connection is broken.
    mutating func begin(_ request: [UInt8], due: Int64) -> Bool {
        self.due = due
        unsent = request
        return flush()
    }

    /// Sends what the socket takes now; the rest goes when it becomes writable. False where the connection is broken.
    mutating func flush() -> Bool {
        while !unsent.isEmpty {
            let count = unsent.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == unsent.count { unsent = [] } else { unsent.removeFirst(count) }
        }
        return true
    }

    /// Reads what has come. The scratch buffer is the thread's.
    mutating func read(_ scratch: UnsafeMutableRawBufferPointer) -> Progress {
        while true {
            let count = recv(descriptor, scratch.baseAddress, scratch.count, 0)
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .waiting : .broken }
            if count == 0 { return .broken }
            let piece = UnsafeRawBufferPointer(rebasing: scratch[..<count])
            if received.isEmpty, let (status, total) = Self.parseHead(piece), total == count { return .answered(status) }
            received.append(contentsOf: piece)
            if expected == nil, let (status, total) = received.withUnsafeBytes(Self.parseHead) {
                self.status = status
                expected = total
            }
            guard let expected else { continue }
            if received.count < expected { continue }
            defer {
                received.removeAll(keepingCapacity: true)
                self.expected = nil
            }
            return received.count == expected ? .answered(status) : .broken
        }
    }

    /// The status and the length of head and body together; `nil` while the head is not complete. Understands answers
    /// with `Content-Length`, which is what this project's server sends.
    static func parseHead(_ bytes: UnsafeRawBufferPointer) -> (status: Int, total: Int)? {
        guard let base = bytes.baseAddress, bytes.count >= 16 else { return nil }
        var status = 0
        for byte in bytes[9..<12] { status = status &* 10 &+ Int(byte &- 0x30) }
        let name: StaticString = "content-length:"
        let nameCount = name.utf8CodeUnitCount
        var length = 0
        var line = 0
        while line < bytes.count, let newline = memchr(base + line, 0x0A, bytes.count - line) {
            let next = newline - UnsafeMutableRawPointer(mutating: base) + 1
            // An empty line ends the head.
            if next - line == 2 { return (status, next &+ max(0, length)) }
            if next - line > nameCount, strncasecmp(base + line, name.utf8Start, nameCount) == 0 {
                for byte in bytes[(line + nameCount)..<next] where (0x30...0x39).contains(byte) {
                    length = length &* 10 &+ Int(byte - 0x30)
                }
            }
            line = next
        }
        return nil
    }
}
