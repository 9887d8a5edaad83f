import Glibc
import Synchronization

/// Lets a program tidy up when it is stopped by Ctrl-C or SIGTERM.
///
/// A signal handler may do almost nothing, so ours only writes the signal's number into a pipe; a thread of its own
/// reads it and runs the program's action, which may do anything. Handlers, unlike ignored or blocked signals, are
/// not inherited by the programs that this one starts.
public enum Interruption {
    /// What to do after the action has run.
    public enum Decision: Sendable {
        /// End the process, with 128 + the signal's number, as shells do.
        case exit
        /// Go on: the program is stopping by itself. A second signal ends it at once.
        case keepRunning
    }

    /// The pipe's writing end; -1 before `onSignal`. Atomic, because that is all a signal handler may read.
    private static let writingEnd = Atomic<Int32>(-1)
    private static let action = Mutex<(@Sendable (Int32) -> Decision)?>(nil)

    /// Runs an action when one of the signals arrives. A later call replaces the action of an earlier one.
    ///
    /// - Returns: `false` where the system gave no pipe or thread; signals then end the program as ever.
    @discardableResult
    public static func onSignal(
        _ signals: [Int32] = [SIGINT, SIGTERM], _ newAction: @escaping @Sendable (Int32) -> Decision
    ) -> Bool {
        let isFirst = action.withLock { current in
            defer { current = newAction }
            return current == nil
        }
        if isFirst && !startThread() { return false }
        for signal in signals {
            var handler = sigaction()
            handler.__sigaction_handler.sa_handler = { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Interruption.writingEnd.load(ordering: .relaxed), &byte, 1)
                errno = saved
            }
            handler.sa_flags = Int32(SA_RESTART)
            sigaction(signal, &handler, nil)
        }
        return true
    }

    private static func startThread() -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let readingEnd = ends[0]
        writingEnd.store(ends[1], ordering: .relaxed)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(ReadingEnd(readingEnd))
        let result = pthread_create(&thread, nil, { context in
            guard let context else { return nil }
            Interruption.serve(Unmanaged<ReadingEnd>.fromOpaque(context).takeRetainedValue().descriptor)
            return nil
        }, box.toOpaque())
        guard result == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private final class ReadingEnd {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
    }

    private static func serve(_ descriptor: Int32) {
        var hasBeenAsked = false
        while true {
            var byte: UInt8 = 0
            let count = read(descriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1 else { return }
            let signal = Int32(byte)
            if hasBeenAsked { _exit(128 + signal) }
            hasBeenAsked = true
            let current = action.withLock { $0 }
            // The action runs beside this thread's loop, so that a second signal can end one that hangs.
            Detached.run {
                if case .exit = current?(signal) ?? .exit { _exit(128 + signal) }
            }
        }
    }
}

/// A thread for one piece of work.
private enum Detached {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs the work on a new thread, or here where there is none to be had.
    static func run(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Work(body))
        let result = pthread_create(&thread, nil, { context in
            guard let context else { return nil }
            Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
        if result == 0 {
            pthread_detach(thread)
        } else {
            box.release()
            body()
        }
    }
}
