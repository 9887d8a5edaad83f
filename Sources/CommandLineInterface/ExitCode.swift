/// How a program ends, as scripts see it. The numbers from 64 on are those of BSD's sysexits.
public enum ExitCode: Int32, Sendable, Hashable, CaseIterable {
    /// Done, or sound.
    case success = 0
    /// The answer is no: refused, tampered with, not found.
    case negative = 1
    /// It could not be done or checked: a file, the network or another program failed.
    case failure = 2
    /// Something that the program needs is not installed or not set up.
    case notReady = 3
    /// For a watch: nothing is wrong with what was seen, but it is not as it should be: too few witnesses, no sign of life.
    case attention = 4
    /// The command line was wrong.
    case usage = 64
    /// The program itself is wrong.
    case internalError = 70
    /// Stopped by Ctrl-C (128 + SIGINT).
    case interrupted = 130
    /// Stopped by SIGTERM (128 + SIGTERM).
    case terminated = 143

    /// What `--help` says of it.
    public var meaning: String {
        switch self {
        case .success: "done; for a check: sound"
        case .negative: "the answer is no: refused, not found, or (for a check) not sound"
        case .failure: "could not be done or checked"
        case .notReady: "something is not installed or not set up"
        case .attention: "for a watch: sound, but too few witnesses or no sign of life"
        case .usage: "the command line is wrong"
        case .internalError: "a fault of the program"
        case .interrupted: "stopped by Ctrl-C"
        case .terminated: "stopped by SIGTERM"
        }
    }
}

/// An error that a command reports in its own words and with its own exit code.
public struct CommandFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public var exitCode: ExitCode
    /// What was wrong, where, and what would be right.
    public var message: String

    public init(_ message: String, exitCode: ExitCode = .failure) {
        self.exitCode = exitCode
        self.message = message
    }

    public var description: String { message }
}
