import Glibc
import Synchronization

/// A program that a test started. It is only ever ended by its own process id.
final class ChildProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let identifier: pid_t
    /// Set once its end was seen: the number may then belong to another process, and gets no signal any more.
    private let end = Mutex<Int32?>(nil)

    /// Starts a program in a process group of its own, as a shell does with a job.
    ///
    /// - Parameters:
    ///   - output: the file that standard output goes to; `error` likewise. They are made anew.
    ///   - environment: the whole environment.
    init(
        path: String, arguments: [String], directory: String, environment: [String: String], output: String, error: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, error, O_WRONLY | O_CREAT | O_TRUNC, 0o600)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Whatever the test runner does with signals, the child starts as from a shell.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGQUIT] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        // `env` goes to the folder and becomes the program, so the process is the program's own.
        let env = "/usr/bin/env"
        let words = ([env, "-C", directory, path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var started: pid_t = 0
        let result = posix_spawn(&started, env, &actions, &attributes, words, variables)
        guard result == 0 else { throw Failure(description: "\(path) cannot be started: \(String(cString: strerror(result)))") }
        identifier = started
    }

    /// Sends a signal to this process alone.
    func signal(_ number: Int32) { end.withLock { if $0 == nil { kill(identifier, number) } } }

    /// Sends a signal to the process and those it started, as Ctrl-C at a terminal does.
    func signalGroup(_ number: Int32) { end.withLock { if $0 == nil { kill(-identifier, number) } } }

    /// The exit status (128 + the number for an end by a signal), or `nil` while it runs.
    func poll() -> Int32? {
        end.withLock { end in
            var status: Int32 = 0
            if end == nil, waitpid(identifier, &status, WNOHANG) == identifier {
                end = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
            }
            return end
        }
    }

    /// Waits for the end.
    ///
    /// - Throws: `Failure` after `seconds`; the process is killed then.
    func wait(seconds: Double) async throws -> Int32 {
        let limit = ContinuousClock.now + .seconds(seconds)
        var pause = 1
        while ContinuousClock.now < limit {
            if let status = poll() { return status }
            try await Task.sleep(for: .milliseconds(pause))
            pause = min(pause * 2, 20)
        }
        signal(SIGKILL)
        while poll() == nil { usleep(1000) }
        throw Failure(description: "process \(identifier) did not end within \(seconds) s")
    }
}
