import CSandboxLauncher
import Glibc

/// A program to start, and everything it gets.
struct ChildCommand: Sendable {
    var path: String
    var arguments: [String]
    var environment: [String] = []
    /// What it reads from standard input.
    var input: [UInt8] = []
    /// What follows on standard input once the child has answered; `nil` where nothing does.
    var conversation: ChildConversation?
    /// What it can read from descriptor 3 and those after it (for bubblewrap).
    var extraInputs: [[UInt8]] = []
    /// Resource numbers and values.
    var limits: [(resource: Int32, value: UInt64)] = []
    /// The list of processes of the control group in which it is to start.
    var controlGroup: Int32?
    var deadlineSeconds: Double
    var maximumOutputBytes: Int
}

/// A talk with a program that reads standard input: whenever its output ends in a marker, it is told how to go on.
struct ChildConversation: Sendable {
    enum Answer: Sendable {
        /// More standard input; the program will ask again.
        case more([UInt8])
        /// The rest of standard input, which is then closed.
        case last([UInt8])
        /// The program is to be ended.
        case end
    }

    /// A whole line that nothing else in the output can equal, without its line break.
    var marker: [UInt8]
    /// Answers to what was printed since the last marker. The program's clock runs on meanwhile.
    var answer: @Sendable ([UInt8]) -> Answer
}

/// How a program ended.
struct ChildOutcome: Sendable {
    enum Ending: Sendable, Hashable {
        /// The exit code, or minus the signal.
        case exited(Int)
        case deadline
        case outputLimit
        case cancelled
        /// The conversation with it was broken off.
        case dismissed
        /// It could not be started: errno.
        case notStarted(Int32)
    }

    var ending: Ending
    var output: [UInt8] = []
    /// At most 64 KiB of standard error.
    var errorText: String = ""
    /// From the start of the process to its end; 0 if it was not started.
    var seconds = 0.0
}

/// Runs a program on a thread of its own, so that no thread of Swift's pool waits for it, and the kernel kills it if that
/// thread dies.
enum ChildProcess {
    static func run(_ command: ChildCommand) async -> ChildOutcome {
        var cancelPipe: [Int32] = [-1, -1]
        guard hexi_pipe(&cancelPipe) == 0 else { return ChildOutcome(ending: .notStarted(errno)) }
        let (reader, writer) = (cancelPipe[0], cancelPipe[1])
        defer {
            close(reader)
            close(writer)
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                OwnThread.start(
                    { continuation.resume(returning: ChildSupervisor(command, cancelDescriptor: reader).run()) },
                    onFailure: { continuation.resume(returning: ChildOutcome(ending: .notStarted($0))) })
            }
        } onCancel: {
            // The supervisor polls the other end. Both ends stay open until it has returned.
            var byte: UInt8 = 1
            _ = write(writer, &byte, 1)
        }
    }
}

/// A detached POSIX thread for work that waits.
enum OwnThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void, onFailure: (Int32) -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, &attributes,
            { pointer in
                if let pointer { Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        guard result != 0 else { return }
        work.release()
        onFailure(result)
    }
}
