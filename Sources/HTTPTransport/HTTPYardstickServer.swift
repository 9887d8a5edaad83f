import CMicroHTTPD
import Glibc

/// The least that a server over libmicrohttpd can do: one fixed answer, queued straight from the access callback. The
/// yardstick for `HTTPServer` in benchmarks; not for anything else.
///
/// `@unchecked Sendable`: what it holds is set once at the start; libmicrohttpd only counts references to the response.
public final class HTTPYardstickServer: @unchecked Sendable {
    public let port: UInt16
    private let daemon: OpaquePointer
    private let response: OpaquePointer
    private let callbacks: UnsafeMutablePointer<hexi_mhd_callbacks>
    private let listening: ListeningSocket

    /// Starts on a free port of the loopback address. Answers every request with status 200 and the given body.
    public init(threads: Int = 2, body: [UInt8]) throws(HTTPServerError) {
        listening = try ListeningSocket(address: "127.0.0.1", port: 0)
        let made = body.withUnsafeBytes { hexi_mhd_response_copying($0.baseAddress, $0.count) }
        // libmicrohttpd closes the descriptor that it listens on.
        let descriptor = dup(listening.descriptor)
        guard let made, descriptor >= 0 else { throw .notStarted }
        response = made
        port = listening.port
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(
            to: hexi_mhd_callbacks(
                context: UnsafeMutableRawPointer(made), access: answerWithYardstick,
                target: { _, _, _ in nil }, completed: { _, _, _, _ in }, connection: { _, _, _, _ in },
                message: { _, _ in }))
        var settings = hexi_mhd_settings(
            listen_socket: descriptor, threads: UInt32(clamping: threads), connections: 100_000,
            connections_per_address: 100_000, timeout_seconds: 30, memory_per_connection: 32 << 10)
        guard let started = hexi_mhd_start(&settings, callbacks) else {
            close(descriptor)
            callbacks.deallocate()
            MHD_destroy_response(made)
            throw .notStarted
        }
        daemon = started
    }

    /// Closes all connections and ends the threads. Blocks until they have ended.
    deinit {
        MHD_stop_daemon(daemon)
        MHD_destroy_response(response)
        callbacks.deallocate()
    }
}

/// The context is the response itself.
private func answerWithYardstick(
    context: UnsafeMutableRawPointer?, handle: OpaquePointer?, target: UnsafePointer<CChar>?,
    method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
    uploadCount: UnsafeMutablePointer<Int>?, requestContext: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let handle, let uploadCount, let requestContext else { return hexi_mhd_no() }
    // The first call comes before the request is complete; an answer then would close the connection.
    if requestContext.pointee == nil {
        requestContext.pointee = context
        return hexi_mhd_yes()
    }
    if uploadCount.pointee > 0 {
        uploadCount.pointee = 0
        return hexi_mhd_yes()
    }
    return MHD_queue_response(handle, 200, OpaquePointer(context))
}
