import CommandLineInterface
import Glibc
import Signing

/// Where a key's passphrase comes from: a file, the environment, or the terminal, in this order.
struct PassphraseSource: Sendable {
    static let environmentName = "HEXI_PASSPHRASE"
    static let maximumCount = 1024

    /// A file whose first line is the passphrase.
    var file: String?
    var variable = Self.environmentName

    /// The passphrase if it is given without asking anybody.
    func given() throws(ClientError) -> String? {
        if let file {
            let text = try LocalFiles.readText(file, maximumCount: 64 << 10)
            let line = String(text.prefix { !$0.isNewline })
            guard !line.isEmpty else { throw .file(path: file, reason: "its first line is empty; it must be the passphrase") }
            return line
        }
        return Profile.environment(variable)
    }

    /// The passphrase, asked on the terminal where it is not given.
    func obtain(prompt: String) throws(ClientError) -> String {
        if let given = try given() { return given }
        return try Terminal.readSecret(prompt, otherwise: "Give the passphrase with --passphrase-file FILE or in \(variable).")
    }

    /// A new passphrase, asked twice on the terminal where it is not given.
    func obtainNew(prompt: String) throws(ClientError) -> String {
        if let given = try given() { return given }
        let first = try obtain(prompt: prompt)
        guard !first.isEmpty else {
            throw .refused("an empty passphrase protects nothing", hint: "To keep the key in the clear, do not ask for one.")
        }
        guard try obtain(prompt: "The same again: ") == first else {
            throw .refused("the two passphrases differ; nothing was changed", hint: "")
        }
        return first
    }

    /// Reads a key file, with the passphrase if it needs one.
    func readKey(_ path: String) throws(ClientError) -> SigningKey {
        do { return try KeyFile.read(path, passphrase: nil) } catch KeyFileError.passphraseNeeded {
            let passphrase = try obtain(prompt: "Passphrase of \(path): ")
            do { return try KeyFile.read(path, passphrase: passphrase) } catch { throw Self.failure(error, path) }
        } catch { throw Self.failure(error, path) }
    }

    static func failure(_ error: KeyFileError, _ path: String) -> ClientError {
        switch error {
        case .wrongPassphrase, .exists: .refused("\(error)", hint: "")
        case .cannotRead:
            .profile(path: path, reason: "\(error)", hint: "Make a key with \"hexi keys generate\", or name another profile with --profile DIR.")
        default: .profile(path: path, reason: "\(error)", hint: "")
        }
    }
}

/// The user's terminal.
enum Terminal {
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// A line typed without echo.
    static func readSecret(_ prompt: String, otherwise hint: String) throws(ClientError) -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            throw .usage("a passphrase is needed, and there is no terminal to ask on", hint: hint)
        }
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw .file(path: "the terminal", reason: String(cString: strerror(errno)))
        }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        writeError(prompt)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        let line = readLine(strippingNewline: true)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        writeError("\n")
        guard let line else { throw .refused("no passphrase was typed", hint: "") }
        return line
    }

    /// Whether the user says yes. Where there is nobody to ask, the command must carry `--yes`.
    static func confirm(_ question: String) throws(ClientError) -> Bool {
        guard isInteractive else {
            throw .usage("\(question) There is no terminal to ask on.", hint: "Add --yes to sign without being asked.")
        }
        writeError("\(question) [y/N] ")
        let answer = readLine(strippingNewline: true)?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }

    static func writeError(_ text: String) { Console.standard.write(text, to: .error) }
}
