import Foundation
import Glibc
import Synchronization

/// Ends what is left of the story's processes and removes its folder, once, whichever way the story ends.
///
/// The lock is held while a process is started and while all is cleaned up, so nothing can be started that is not ended, and
/// whoever comes second waits until the work is done.
final class DemoCleanUp: Sendable {
    struct Interrupted: Error {}

    private struct State {
        var folder: String?
        var running: Set<pid_t> = []
        var isDone = false
    }

    private let state: Mutex<State>

    /// - Parameter folder: to be removed; `nil` to leave it.
    init(folder: String?) { state = Mutex(State(folder: folder)) }

    /// Whether all has been cleaned up.
    var isDone: Bool { state.withLock { $0.isDone } }

    /// Starts a process.
    ///
    /// - Throws: ``Interrupted`` when the story has ended; the system's error.
    func start(_ process: Process) throws {
        try state.withLock { state in
            guard !state.isDone else { throw Interrupted() }
            try process.run()
            state.running.insert(process.processIdentifier)
        }
    }

    /// To be told once the process has ended.
    func ended(_ process: Process) {
        let identifier = process.processIdentifier
        state.withLock { _ = $0.running.remove(identifier) }
    }

    func run() {
        state.withLock { state in
            guard !state.isDone else { return }
            state.isDone = true
            for process in state.running { kill(process, SIGTERM) }
            for process in state.running { Self.waitForEnd(of: process) }
            if let folder = state.folder { try? FileManager.default.removeItem(atPath: folder) }
        }
    }

    /// A node finishes what it is doing; what does not end within fifteen seconds is killed.
    private static func waitForEnd(of process: pid_t) {
        var status: Int32 = 0
        for _ in 0..<1500 {
            // Foundation may have seen the end before us; then it is no child of ours any more.
            if waitpid(process, &status, WNOHANG) != 0 { return }
            usleep(10_000)
        }
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
    }
}
