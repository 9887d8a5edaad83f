import CSandboxLauncher
import Glibc

/// Starts one child, feeds and reads its pipes, and ends it at the deadline, at the output limit or on cancellation.
/// Used by one thread only, which must live until `run` returns: the child dies with it.
struct ChildSupervisor {
    private static let maximumErrorBytes = 65_536

    private let command: ChildCommand
    private let cancelDescriptor: Int32
    private var input: Int32 = -1
    private var output: Int32 = -1
    private var errors: Int32 = -1
    private var pending: [UInt8]
    private var sent = 0
    /// Whether more may be said after what is pending.
    private var isTalking: Bool
    /// Bytes of the output up to the last marker.
    private var answered = 0
    private var received: [UInt8] = []
    private var errorBytes: [UInt8] = []

    init(_ command: ChildCommand, cancelDescriptor: Int32) {
        self.command = command
        self.cancelDescriptor = cancelDescriptor
        pending = command.input
        isTalking = command.conversation != nil
    }

    func run() -> ChildOutcome {
        var copy = self
        return copy.supervise()
    }

    private mutating func supervise() -> ChildOutcome {
        blockBrokenPipeSignal()
        let child: pid_t
        let began = Self.now()
        switch start() {
        case .success(let identifier): child = identifier
        case .failure(let failure): return ChildOutcome(ending: .notStarted(failure.number))
        }
        defer { for descriptor in [input, output, errors] where descriptor >= 0 { close(descriptor) } }
        let deadline = Self.now() + command.deadlineSeconds
        var status: Int32 = 0
        let early = transfer(until: deadline) ?? waitForEnd(child, until: deadline, &status)
        if early != nil {
            // The group holds bubblewrap; the processes inside die with it (--die-with-parent, PID namespace).
            kill(-child, SIGKILL)
            kill(child, SIGKILL)
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
        }
        let ending = early ?? .exited(Int(hexi_exit_code(status)))
        return ChildOutcome(
            ending: ending, output: received, errorText: String(decoding: errorBytes, as: UTF8.self),
            seconds: Self.now() - began)
    }

    /// Writing to a child that has died must give EPIPE, not end this program.
    private func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    // MARK: Start

    private struct StartFailure: Error { let number: Int32 }

    private mutating func start() -> Result<pid_t, StartFailure> {
        var pipes: [Int32] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard hexi_pipe(&ends) == 0 else {
                let number = errno
                for descriptor in pipes { close(descriptor) }
                return .failure(StartFailure(number: number))
            }
            pipes += ends
        }
        (input, output, errors) = (pipes[1], pipes[2], pipes[4])
        var childEnds = [pipes[0], pipes[3], pipes[5]]
        childEnds += command.extraInputs.map(Self.memoryFile)
        let child = childEnds.allSatisfy { $0 >= 0 } ? launch(childEnds) : -ENOMEM
        for descriptor in childEnds where descriptor >= 0 { close(descriptor) }
        guard child > 0 else {
            for descriptor in [input, output, errors] { close(descriptor) }
            return .failure(StartFailure(number: -child))
        }
        for descriptor in [input, output, errors] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        return .success(child)
    }

    private static func memoryFile(_ bytes: [UInt8]) -> Int32 {
        let file = hexi_memory_file("input")
        guard file >= 0 else { return -1 }
        let count = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard count == bytes.count, lseek(file, 0, SEEK_SET) == 0 else {
            close(file)
            return -1
        }
        return file
    }

    private func launch(_ descriptors: [Int32]) -> pid_t {
        let arguments = [command.path] + command.arguments
        let limits = command.limits.map { hexi_limit(resource: $0.resource, value: $0.value) }
        return withCStrings(arguments) { arguments in
            withCStrings(command.environment) { environment in
                hexi_launch(
                    command.path, arguments, environment, descriptors, descriptors.count, limits, limits.count,
                    command.controlGroup ?? -1)
            }
        }
    }

    /// Passes strings as a null-terminated array of C strings.
    private func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return (copies + [nil]).withUnsafeBufferPointer { buffer in
            // An array with at least its terminator has an address.
            withUnsafePointer(to: nil as UnsafeMutablePointer<CChar>?) { body(buffer.baseAddress ?? $0) }
        }
    }

    // MARK: Transfer

    /// Moves bytes until the child has closed its output, or until it must be ended: then says why.
    private mutating func transfer(until deadline: Double) -> ChildOutcome.Ending? {
        if pending.isEmpty, !isTalking { closeInput() }
        while output >= 0 || errors >= 0 {
            let remaining = deadline - Self.now()
            guard remaining > 0 else { return .deadline }
            var polls = [
                pollfd(fd: cancelDescriptor, events: Int16(POLLIN), revents: 0),
                // While there is nothing to write, a descriptor below zero is passed over.
                pollfd(fd: sent < pending.count ? input : -1, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: output, events: Int16(POLLIN), revents: 0), pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&polls, UInt(polls.count), Int32(min(remaining * 1000, 60_000).rounded(.up)))
            guard count >= 0 || errno == EINTR else { return .deadline }
            if count <= 0 { continue }
            if polls[0].revents != 0 { return .cancelled }
            if polls[1].revents != 0 { sendInput() }
            if polls[2].revents != 0 {
                Self.receive(&output, into: &received, limit: command.maximumOutputBytes + 1)
                if received.count > command.maximumOutputBytes { return .outputLimit }
                if isTalking, !converse() { return .dismissed }
            }
            if polls[3].revents != 0 { Self.receive(&errors, into: &errorBytes, limit: Self.maximumErrorBytes) }
        }
        return nil
    }

    /// A child may close its output and go on, so its end has the same deadline.
    private func waitForEnd(_ child: pid_t, until deadline: Double, _ status: inout Int32) -> ChildOutcome.Ending? {
        while true {
            let waited = waitpid(child, &status, WNOHANG)
            if waited == child || waited < 0 && errno != EINTR { return nil }
            guard Self.now() < deadline else { return .deadline }
            var cancel = pollfd(fd: cancelDescriptor, events: Int16(POLLIN), revents: 0)
            if poll(&cancel, 1, 1) > 0 { return .cancelled }
        }
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private mutating func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    private mutating func sendInput() {
        let count = pending[sent...].withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        if count > 0 { sent += count }
        let isBroken = count < 0 && errno != EAGAIN && errno != EINTR
        if isBroken || sent == pending.count && !isTalking { closeInput() }
    }

    /// Goes on with the conversation if the child waits for it. `false` if the child is to be ended.
    private mutating func converse() -> Bool {
        guard let conversation = command.conversation, sent == pending.count, isMarked(by: conversation.marker) else { return true }
        let said = Array(received[answered..<(received.count - conversation.marker.count - 1)])
        answered = received.count
        sent = 0
        switch conversation.answer(said) {
        case .more(let bytes): pending = bytes
        case .last(let bytes):
            pending = bytes
            isTalking = false
            if bytes.isEmpty { closeInput() }
        case .end: return false
        }
        return true
    }

    /// Whether the output since the last answer ends in a line that is the marker.
    private func isMarked(by marker: [UInt8]) -> Bool {
        let line = received.count - marker.count - 1
        guard line >= answered, received.last == 0x0A, received[line..<(received.count - 1)].elementsEqual(marker) else { return false }
        return line == answered || received[line - 1] == 0x0A
    }

    /// Reads what is there; bytes beyond the limit are read and dropped, so that the child is not held up by a full pipe.
    private static func receive(_ descriptor: inout Int32, into bytes: inout [UInt8], limit: Int) {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count > 0 {
                bytes.append(contentsOf: buffer.prefix(min(count, max(0, limit - bytes.count))))
            } else if count == 0 || errno != EAGAIN && errno != EINTR {
                close(descriptor)
                descriptor = -1
            }
        }
    }
}
