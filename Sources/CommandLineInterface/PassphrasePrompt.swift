import Glibc

/// Asks a person for a passphrase, without showing what is typed.
public enum PassphrasePrompt {
    /// The longest passphrase in bytes.
    public static let longest = 1024

    /// Asks at the process's terminal, whatever standard input and output are connected to.
    ///
    /// - Parameter confirm: asks twice, for a new passphrase.
    /// - Throws: `CommandFailure` where there is no terminal, the passphrase is empty or too long, or the two differ.
    public static func ask(_ prompt: String, confirm: Bool = false) throws(CommandFailure) -> String {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else {
            throw CommandFailure("a passphrase is needed, and there is no terminal to ask for it at", exitCode: .usage)
        }
        defer { close(terminal) }
        return try ask(prompt, confirm: confirm, terminal: terminal)
    }

    static func ask(_ prompt: String, confirm: Bool, terminal: Int32) throws(CommandFailure) -> String {
        let first = try readHidden(prompt, terminal)
        guard !first.isEmpty else { throw CommandFailure("the passphrase must not be empty", exitCode: .usage) }
        if confirm, try readHidden("\(prompt) (again)", terminal) != first {
            throw CommandFailure("the two passphrases differ", exitCode: .usage)
        }
        return first
    }

    private static func readHidden(_ prompt: String, _ terminal: Int32) throws(CommandFailure) -> String {
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else { throw CommandFailure("not a terminal", exitCode: .usage) }
        var hidden = settings
        hidden.c_lflag &= ~tcflag_t(ECHO)
        // What was typed before the question is not part of the answer.
        tcsetattr(terminal, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(terminal, TCSANOW, &settings)
            show("\n", terminal)
        }
        show("\(prompt): ", terminal)
        var line: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            let count = read(terminal, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count == 1, byte != 0x0A else { break }
            line.append(byte)
            guard line.count <= longest else {
                throw CommandFailure("the passphrase must have at most \(longest) bytes", exitCode: .usage)
            }
        }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw CommandFailure("the passphrase is not valid UTF-8", exitCode: .usage)
        }
        return text
    }

    private static func show(_ text: String, _ terminal: Int32) {
        let bytes = Array(text.utf8)
        _ = write(terminal, bytes, bytes.count)
    }
}
