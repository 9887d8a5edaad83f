/// Why a key file cannot be read or written.
public enum KeyFileError: Error, Sendable, Hashable, CustomStringConvertible {
    case exists(path: String)
    case cannotWrite(path: String, reason: String)
    case cannotRead(path: String, reason: String)
    case notRegularFile(path: String)
    case tooLarge(path: String, count: Int64)
    /// Others than the owner may read or change the file; `mode` holds the nine permission bits.
    case permissionsTooOpen(path: String, mode: UInt32)
    case notPEM(path: String)
    /// A PEM block of another kind, for example `CERTIFICATE`.
    case unexpectedLabel(path: String, label: String)
    case severalKeys(path: String)
    case damaged(path: String)
    case wrongKeyType(path: String, found: String)
    case passphraseNeeded(path: String)
    case wrongPassphrase(path: String)
    case emptyPassphrase
    case encodingFailed

    public var description: String {
        switch self {
        case .exists(let path): "\(path) exists already; a key file is never overwritten"
        case .cannotWrite(let path, let reason): "cannot write \(path): \(reason)"
        case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
        case .notRegularFile(let path): "\(path) is not a regular file"
        case .tooLarge(let path, let count): "\(path) has \(count) bytes; a key file has at most \(KeyFile.maximumCount)"
        case .permissionsTooOpen(let path, let mode):
            "\(path) has mode 0\(String(mode, radix: 8)), so others can use the key; run: chmod 600 \(path)"
        case .notPEM(let path): "\(path) holds no PEM block; expected -----BEGIN PRIVATE KEY-----"
        case .unexpectedLabel(let path, let label):
            "\(path) holds a \"\(label)\"; expected a PKCS#8 \"PRIVATE KEY\" or \"ENCRYPTED PRIVATE KEY\""
        case .severalKeys(let path): "\(path) holds more than one PEM block; a key file holds exactly one key"
        case .damaged(let path): "\(path) is damaged: its PEM block is no PKCS#8 private key"
        case .wrongKeyType(let path, let found): "\(path) holds a key of type \(found); expected Ed25519"
        case .passphraseNeeded(let path): "\(path) is encrypted; give its passphrase"
        case .wrongPassphrase(let path): "the passphrase does not open \(path)"
        case .emptyPassphrase: "an empty passphrase protects nothing; give one, or none to store the key in the clear"
        case .encodingFailed: "OpenSSL could not encode the key"
        }
    }
}
