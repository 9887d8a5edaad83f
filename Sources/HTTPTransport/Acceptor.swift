import CMicroHTTPD
import Glibc
import Synchronization

/// The thread that accepts connections and hands them to libmicrohttpd.
///
/// libmicrohttpd could listen itself, but in version 0.9.75 taking its listening socket back (`MHD_quiesce_daemon`) races
/// with its threads and can abort the process; its limit of connections makes it stop accepting instead of refusing; and
/// all its threads wake up for each connection.
final class Acceptor: Sendable {
    let port: UInt16
    private let core: ServerCore
    private let daemon: ServerDaemon
    private let listening: ListeningSocket
    private let wakeDescriptor: Int32
    private let mustStop = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)

    init?(_ core: ServerCore, _ daemon: ServerDaemon, _ listening: ListeningSocket) {
        self.core = core
        self.daemon = daemon
        self.listening = listening
        port = listening.port
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC))
        guard wakeDescriptor >= 0 else { return nil }
    }

    deinit { close(wakeDescriptor) }

    func start() -> Bool { OwnThread.start("http-accept") { [self] in run() } }

    /// Closes the listening socket, from the acceptor's thread; see `isOver`.
    func stop() {
        mustStop.store(true, ordering: .releasing)
        eventfd_write(wakeDescriptor, 1)
    }

    /// Whether the listening socket is closed, and no connection will be handed over any more.
    var isOver: Bool { hasEnded.load(ordering: .acquiring) }

    private func run() {
        var polled = [
            pollfd(fd: listening.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        while !mustStop.load(ordering: .acquiring) {
            if poll(&polled, nfds_t(polled.count), -1) > 0, polled[0].revents != 0 { acceptAll() }
        }
        listening.shut()
        hasEnded.store(true, ordering: .releasing)
    }

    private func acceptAll() {
        var storage = sockaddr_storage()
        withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                while !mustStop.load(ordering: .acquiring), acceptOne(address) {}
            }
        }
    }

    /// False when there is none left to accept.
    private func acceptOne(_ address: UnsafeMutablePointer<sockaddr>) -> Bool {
        var count = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = hexi_accept(listening.descriptor, address, &count)
        guard descriptor >= 0 else { return recover(from: errno) }
        guard core.table.admit(limit: core.configuration.maximumConnections) else {
            close(descriptor)
            return true
        }
        if !daemon.add(descriptor, address, count) { core.table.dismiss() }
        return true
    }

    private func recover(from error: Int32) -> Bool {
        switch error {
        case EAGAIN: return false
        case EINTR, ECONNABORTED: return true
        default:
            // Out of descriptors or memory, which only time can mend; meanwhile clients wait in the system's queue.
            core.log.message?("cannot accept a connection: \(systemErrorText(error))")
            usleep(50_000)
            return false
        }
    }
}
