import CMicroHTTPD
import Synchronization

/// One run of a handler: the meeting point of the network thread that waits for the answer and the task that makes it.
///
/// The answer may be there before the network thread comes to wait (then nobody sleeps), or after (then the connection
/// was suspended, and is resumed exactly once). The connection is valid while it is suspended, because libmicrohttpd
/// frees only connections that are not.
final class HandlerRun: Sendable {
    /// `@unchecked Sendable`: a suspended connection may be resumed from any thread, and this is used for nothing else.
    private struct SuspendedConnection: @unchecked Sendable {
        let handle: OpaquePointer
    }

    private enum Stage {
        case working
        case suspended(SuspendedConnection)
        case answered(HTTPResponse)
        /// The answer was taken, or nobody wants it any more.
        case over
    }

    private struct State {
        var stage = Stage.working
        var task: Task<Void, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Hands in the answer; only the first one counts.
    func answer(_ response: HTTPResponse) {
        let suspended: SuspendedConnection? = state.withLock { state in
            switch state.stage {
            case .working:
                state.stage = .answered(response)
                return nil
            case .suspended(let connection):
                state.stage = .answered(response)
                return connection
            case .answered, .over: return nil
            }
        }
        if let suspended { MHD_resume_connection(suspended.handle) }
    }

    /// The answer if it is there.
    func takeAnswer() -> HTTPResponse? {
        state.withLock { state in
            guard case .answered(let response) = state.stage else { return nil }
            state.stage = .over
            return response
        }
    }

    /// The answer if it is there; else suspends the connection and gives `nil`. Called on the connection's network thread.
    ///
    /// Suspending inside the lock is what makes sure that no answer comes between the look and the sleep.
    func takeAnswer(orSuspend connection: OpaquePointer) -> HTTPResponse? {
        let suspended = SuspendedConnection(handle: connection)
        return state.withLock { state in
            switch state.stage {
            case .answered(let response):
                state.stage = .over
                return response
            case .working:
                MHD_suspend_connection(suspended.handle)
                state.stage = .suspended(suspended)
                return nil
            case .suspended, .over: return nil
            }
        }
    }

    func setTask(_ task: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }

    /// The client is gone: cancels the task, whose answer will be dropped.
    func abandon() {
        let task: Task<Void, Never>? = state.withLock { state in
            if case .over = state.stage { return nil }
            state.stage = .over
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }
}
