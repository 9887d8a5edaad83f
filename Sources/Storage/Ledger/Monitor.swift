import Glibc

/// A value guarded by a mutex, and conditions to wait on (POSIX threads). What waits is one of the ledger's own threads,
/// or a caller of its few blocking operations; never a Swift task's thread for longer than a write takes.
final class Monitor<State>: @unchecked Sendable {
    // Unchecked because `state` is touched only while `mutex` is held.
    private var state: State
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let conditions: UnsafeMutablePointer<pthread_cond_t>
    private let conditionCount: Int

    /// The state must not be shared with anything else.
    init(_ state: sending State, conditions count: Int) {
        self.state = state
        conditionCount = count
        pthread_mutex_init(mutex, nil)
        conditions = .allocate(capacity: count)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        for index in 0..<count { pthread_cond_init(conditions + index, &attributes) }
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        for index in 0..<conditionCount { pthread_cond_destroy(conditions + index) }
        pthread_mutex_destroy(mutex)
        conditions.deallocate()
        mutex.deallocate()
    }

    func withLock<Result, Failure: Error>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Waits on a condition until `body` gives a value. `body` is called first, and again after every signal.
    func wait<Result>(on condition: Int, until body: (inout State) -> Result?) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            pthread_cond_wait(conditions + condition, mutex)
        }
    }

    /// The same, but gives up with `nil` at an instant of the monotonic clock, in nanoseconds.
    func wait<Result>(on condition: Int, deadline: UInt64, until body: (inout State) -> Result?) -> Result? {
        var limit = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            if pthread_cond_timedwait(conditions + condition, mutex, &limit) == ETIMEDOUT { return body(&state) }
        }
    }

    func signal(_ condition: Int) { pthread_cond_broadcast(conditions + condition) }
}

/// Nanoseconds of the monotonic clock.
func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}

/// A thread of its own for work that blocks in system calls, which must not hold up Swift's cooperative threads.
struct WorkerThread: Sendable {
    private let handle: pthread_t

    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(_ name: String, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }

        func begin() {
            // The thread's name helps only whoever looks at it, so a failure here does not matter.
            let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            if descriptor >= 0 {
                _ = Glibc.write(descriptor, name, name.utf8.count)
                close(descriptor)
            }
            run()
        }
    }

    /// Starts a thread. The name (at most 15 bytes) shows in `top -H`. Throws the error code of `pthread_create`.
    init(name: String, _ body: @escaping @Sendable () -> Void) throws(LedgerError) {
        let box = Unmanaged.passRetained(Body(name, body))
        var handle = pthread_t()
        let code = pthread_create(&handle, nil, { argument in
            if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().begin() }
            return nil
        }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw .systemCall("pthread_create", path: name, code: code)
        }
        self.handle = handle
    }

    /// Waits for the end of the thread; to be called once.
    func join() { pthread_join(handle, nil) }
}
