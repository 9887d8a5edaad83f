import CommandLineInterface
import Signing

/// Where a key's passphrase comes from: a file, the environment, or the terminal, in this order.
struct PassphraseSource: Sendable {
    static let environmentName = "HEXI_PASSPHRASE"
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

    /// The passphrase, asked at the terminal where it is not given.
    func obtain(prompt: String) throws(ClientError) -> String {
        if let given = try given() { return given }
        return try ask(prompt, isNew: false)
    }

    /// A new passphrase, asked twice at the terminal where it is not given.
    func obtainNew(prompt: String) throws(ClientError) -> String {
        if let given = try given() { return given }
        return try ask(prompt, isNew: true)
    }

    private func ask(_ prompt: String, isNew: Bool) throws(ClientError) -> String {
        do { return try PassphrasePrompt.ask(prompt, confirm: isNew) } catch {
            throw .usage(error.message, hint: "A passphrase can also come from a file or from \(variable).")
        }
    }

    /// Reads a key file, with the passphrase if it needs one.
    func readKey(_ path: String) throws(ClientError) -> SigningKey {
        do { return try KeyFile.read(path, passphrase: nil) } catch KeyFileError.passphraseNeeded {
            let passphrase = try obtain(prompt: "Passphrase of \(path)")
            do { return try KeyFile.read(path, passphrase: passphrase) } catch { throw Self.failure(error, path) }
        } catch { throw Self.failure(error, path) }
    }

    static func failure(_ error: KeyFileError, _ path: String) -> ClientError {
        switch error {
        case .wrongPassphrase, .exists: .refused("\(error)", hint: "")
        case .cannotRead:
            .profile(
                path: path, reason: "\(error)",
                hint: "Make a key with \"hexi keys generate\", or name another profile with --profile DIR.")
        default: .profile(path: path, reason: "\(error)", hint: "")
        }
    }
}
