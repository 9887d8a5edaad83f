import CMicroHTTPD
import Glibc

/// Runs blocking work on a thread of its own, so that it never occupies one of the few threads of Swift's tasks.
enum OwnThread {
    private final class Work {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread; false where the system refuses another one.
    ///
    /// - Parameter name: at most 15 bytes, as tools such as `top` show it.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let work = Unmanaged.passRetained(Work(name, body))
        var thread = pthread_t()
        let result = pthread_create(&thread, nil, runWork, work.toOpaque())
        guard result == 0 else {
            work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private static let runWork: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        guard let context else { return nil }
        let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
        pthread_setname_np(pthread_self(), work.name)
        work.body()
        return nil
    }

    /// Runs the work on a thread of its own and waits for it without blocking the task's thread. Where no thread is to be
    /// had, it runs here.
    static func run<Result: Sendable>(_ name: String, _ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            if !start(name, { continuation.resume(returning: body()) }) { continuation.resume(returning: body()) }
        }
    }
}
