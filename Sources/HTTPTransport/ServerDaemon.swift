import CMicroHTTPD
import Glibc

/// A running libmicrohttpd daemon.
///
/// `@unchecked Sendable`: all that it holds is set once at the start, and libmicrohttpd's functions for stopping may be
/// called from any thread; `HTTPServer` calls them once, one after the other.
final class ServerDaemon: @unchecked Sendable {
    let port: UInt16
    private let handle: OpaquePointer
    private let callbacks: UnsafeMutablePointer<hexi_mhd_callbacks>
    private let context: Unmanaged<ServerCore>

    init(_ core: ServerCore) throws(HTTPServerError) {
        let configuration = core.configuration
        let listening = try ListeningSocket(address: configuration.address, port: configuration.port)
        context = Unmanaged.passRetained(core)
        callbacks = .allocate(capacity: 1)
        callbacks.initialize(
            to: hexi_mhd_callbacks(
                context: context.toOpaque(), accept: acceptConnection, access: accessRequest, target: targetReceived,
                completed: requestCompleted, connection: connectionChanged, message: messageReceived))
        let threads = UInt32(clamping: configuration.threads)
        var settings = hexi_mhd_settings(
            listen_socket: listening.descriptor, threads: threads,
            // libmicrohttpd shares its limit out among the threads, and stops accepting where one has used up its share.
            // `acceptConnection` counts over all of them, so that the limit is the one configured.
            connections: UInt32(clamping: configuration.maximumConnections + 8) * threads,
            connections_per_address: UInt32(clamping: configuration.maximumConnectionsPerAddress),
            timeout_seconds: UInt32(clamping: configuration.requestTimeoutSeconds),
            // Holds the headers, libmicrohttpd's index of them, and the buffers for body and answer.
            memory_per_connection: configuration.maximumHeaderBytes + (16 << 10))
        port = listening.port
        guard let started = hexi_mhd_start(&settings, callbacks) else {
            close(listening.descriptor)
            callbacks.deallocate()
            context.release()
            throw .notStarted
        }
        handle = started
    }

    /// Stops accepting. Gives the listening socket, which the caller closes once the daemon has stopped.
    func quiesce() -> Int32 { MHD_quiesce_daemon(handle) }

    /// Closes all connections and ends the threads. No connection may be suspended. Blocks; call once.
    func stop() {
        MHD_stop_daemon(handle)
        callbacks.deallocate()
        context.release()
    }
}
