import CMicroHTTPD
import Glibc
import Synchronization

/// A listening, non-blocking TCP socket; closed by `shut`, or else when it goes.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    let port: UInt16
    private let isOpen = Atomic<Bool>(true)

    deinit { shut() }

    func shut() { if isOpen.exchange(false, ordering: .relaxed) { close(descriptor) } }

    init(address: String, port: UInt16) throws(HTTPServerError) {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, String(port), &hints, &found) == 0, let found else { throw .badAddress(address) }
        defer { freeaddrinfo(found) }
        let descriptor = hexi_nonblocking_tcp_socket(found.pointee.ai_family)
        guard descriptor >= 0 else {
            throw .cannotListen(address: address, port: port, reason: systemErrorText(errno))
        }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0, listen(descriptor, 1024) == 0,
            let bound = Self.boundPort(descriptor)
        else {
            let reason = systemErrorText(errno)
            close(descriptor)
            throw .cannotListen(address: address, port: port, reason: reason)
        }
        self.descriptor = descriptor
        self.port = bound
    }

    private static func boundPort(_ descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let named = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &count) }
            guard named == 0 else { return nil }
            // The port is at the same place in both families' addresses.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
        }
    }
}
