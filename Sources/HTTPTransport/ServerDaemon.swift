import CMicroHTTPD
import Glibc

/// A running libmicrohttpd daemon.
///
/// `@unchecked Sendable`: all that it holds is set once at the start, and libmicrohttpd's functions for stopping may be
/// called from any thread; `HTTPServer` calls them once, one after the other.
final class ServerDaemon: @unchecked Sendable {
    private let handle: OpaquePointer
    private let callbacks: UnsafeMutablePointer<hexi_mhd_callbacks>
    private let context: Unmanaged<ServerCore>

    init(_ core: ServerCore) throws(HTTPServerError) {
        let configuration = core.configuration
        context = Unmanaged.passRetained(core)
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(
            to: hexi_mhd_callbacks(
                context: context.toOpaque(), access: accessRequest, target: targetReceived,
                completed: requestCompleted, connection: connectionChanged, message: messageReceived))
        let threads = UInt32(clamping: configuration.threads)
        var settings = hexi_mhd_settings(
            listen_socket: -1, threads: threads,
            // libmicrohttpd shares its limit out among the threads, however unequal their loads. `Acceptor` counts over all
            // of them, so that the limit is the one configured.
            connections: UInt32(clamping: configuration.maximumConnections + 8) * threads,
            connections_per_address: UInt32(clamping: configuration.maximumConnectionsPerAddress),
            timeout_seconds: UInt32(clamping: configuration.requestTimeoutSeconds),
            // Holds the headers, libmicrohttpd's index of them, and the buffers for body and answer.
            memory_per_connection: configuration.maximumHeaderBytes + (16 << 10))
        guard let started = hexi_mhd_start(&settings, callbacks) else {
            callbacks.deallocate()
            context.release()
            throw .notStarted
        }
        handle = started
    }

    /// Hands an accepted, non-blocking socket over, which is closed if this fails.
    func add(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ count: socklen_t) -> Bool {
        MHD_add_connection(handle, descriptor, address, count) == hexi_mhd_yes()
    }

    /// Closes all connections and ends the threads. No connection may be suspended, and none may be added any more.
    /// Blocks; call once.
    func stop() {
        MHD_stop_daemon(handle)
        callbacks.deallocate()
        context.release()
    }
}
