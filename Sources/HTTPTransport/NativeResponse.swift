import CMicroHTTPD
import Glibc

/// A response in libmicrohttpd's form. Released when this goes; libmicrohttpd keeps its own reference while it sends.
struct NativeResponse: ~Copyable {
    let status: Int
    /// Length of the body.
    let count: Int
    private let handle: OpaquePointer

    /// `nil` where memory or descriptors have run out.
    init?(_ response: HTTPResponse, requestIdentifier: String, _ core: ServerCore) {
        guard let (handle, count) = Self.makeBody(response.body) else { return nil }
        self.handle = handle
        self.count = count
        status = (200...599).contains(response.status) ? response.status : 500
        for field in response.headers.fields { add(field.name, field.value, core) }
        for field in core.configuration.responseHeaders.fields where !response.headers.contains(field.name) {
            add(field.name, field.value, core)
        }
        add("X-Request-Id", requestIdentifier, core)
        if core.isStopping { add("Connection", "close", core) }
    }

    deinit { MHD_destroy_response(handle) }

    func queue(on connection: OpaquePointer) -> MHD_Result { MHD_queue_response(connection, UInt32(status), handle) }

    private func add(_ name: String, _ value: String, _ core: ServerCore) {
        if hexi_mhd_add_header(handle, name, value) == 0 {
            core.log.message?("the response header field \(name) cannot be sent as it is; left out")
        }
    }

    private static func makeBody(_ body: HTTPResponse.Body) -> (OpaquePointer, Int)? {
        switch body {
        case .none:
            return hexi_mhd_response_keeping(nil, 0).map { ($0, 0) }
        case .bytes(let bytes):
            return bytes.withUnsafeBytes { hexi_mhd_response_copying($0.baseAddress, $0.count) }.map { ($0, bytes.count) }
        case .file(let file):
            // libmicrohttpd closes the descriptor it is given, and another answer may still use ours.
            let descriptor = fcntl(file.descriptor, F_DUPFD_CLOEXEC, 0)
            guard descriptor >= 0 else { return nil }
            guard
                let handle = MHD_create_response_from_fd_at_offset64(
                    UInt64(file.count), descriptor, UInt64(file.offset))
            else {
                close(descriptor)
                return nil
            }
            return (handle, file.count)
        }
    }
}
