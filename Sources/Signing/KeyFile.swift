import COpenSSL
import Encoding
import Glibc

/// A private key in a file: PKCS#8 (RFC 5958, RFC 8410) as PEM, in the clear or encrypted with scrypt and AES-256-CBC,
/// mode 0600. `openssl pkey` reads and writes the same files.
public enum KeyFile {
    /// Bytes; a key takes about 120, an encrypted one about 400.
    static let maximumCount = 64 << 10

    /// Writes a new file and makes it durable; when this returns, the key survives a power cut.
    ///
    /// - Parameter passphrase: UTF-8; `nil` leaves the key in the clear, guarded by the file's mode only.
    public static func write(_ key: SigningKey, to path: String, passphrase: String?) throws(KeyFileError) {
        try create(path, key, passphrase)
        if let failure = synchronizeFolder(of: path) { throw .cannotWrite(path: path, reason: failure) }
    }

    /// Puts a key in the place of an existing key file in one step: to add, change or remove its passphrase. At every
    /// moment, also after a power cut, the path holds either the old file or the new one, whole.
    public static func replace(_ key: SigningKey, at path: String, passphrase: String?) throws(KeyFileError) {
        guard access(path, F_OK) == 0 else { throw .cannotRead(path: path, reason: reason()) }
        let draft = "\(path).\(Base64.encodeURL(RandomBytes.generate(6))).new"
        try create(draft, key, passphrase)
        guard rename(draft, path) == 0 else {
            let failure = reason()
            unlink(draft)
            throw .cannotWrite(path: path, reason: failure)
        }
        if let failure = synchronizeFolder(of: path) { throw .cannotWrite(path: path, reason: failure) }
    }

    private static func create(_ path: String, _ key: SigningKey, _ passphrase: String?) throws(KeyFileError) {
        if passphrase?.isEmpty == true { throw .emptyPassphrase }
        var text = encode(key, passphrase)
        defer { text.wipe() }
        if text.isEmpty { throw .encodingFailed }
        // O_EXCL also refuses a symbolic link at the path, so the key cannot be led elsewhere.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw errno == EEXIST ? .exists(path: path) : .cannotWrite(path: path, reason: reason()) }
        let failure = writeAll(descriptor, text)
        close(descriptor)
        if let failure {
            unlink(path)
            throw .cannotWrite(path: path, reason: failure)
        }
    }

    /// Reads the one key of a file.
    ///
    /// - Parameter passphrase: needed for an encrypted key, ignored for one in the clear.
    public static func read(_ path: String, passphrase: String?) throws(KeyFileError) -> SigningKey {
        var text = try contents(path)
        defer { text.wipe() }
        var detail = [CChar](repeating: 0, count: 128)
        var status = HEXI_KEY_LIBRARY_FAILURE
        let seed = SecretBytes(count: 32) { buffer in
            let output = buffer.bindMemory(to: UInt8.self).baseAddress
            withPassphrase(passphrase) { characters, count in
                status = hexi_key_from_pem(text, Int32(text.count), characters, count, output, &detail, detail.count)
            }
        }
        let found = String(decoding: detail.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch status {
        case HEXI_KEY_OK: return SigningKey(seed: seed)
        case HEXI_KEY_NO_PEM: throw .notPEM(path: path)
        case HEXI_KEY_UNEXPECTED_LABEL: throw .unexpectedLabel(path: path, label: found)
        case HEXI_KEY_SEVERAL: throw .severalKeys(path: path)
        case HEXI_KEY_WRONG_TYPE: throw .wrongKeyType(path: path, found: found)
        case HEXI_KEY_PASSPHRASE_NEEDED: throw .passphraseNeeded(path: path)
        case HEXI_KEY_WRONG_PASSPHRASE: throw .wrongPassphrase(path: path)
        default: throw .damaged(path: path)
        }
    }

    /// The file's bytes, after the checks that keep a key from being used by accident or by others.
    private static func contents(_ path: String) throws(KeyFileError) -> [UInt8] {
        // O_NONBLOCK: a named pipe must not make this wait before it can be refused.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotRead(path: path, reason: reason()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .cannotRead(path: path, reason: reason()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegularFile(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw .permissionsTooOpen(path: path, mode: status.st_mode & 0o777) }
        guard status.st_size <= maximumCount else { throw .tooLarge(path: path, count: Int64(status.st_size)) }
        var text = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < text.count {
            let got = text.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .cannotRead(path: path, reason: reason()) }
            if got == 0 { break }
            count += got
        }
        return count == text.count ? text : Array(text[..<count])
    }

    private static func encode(_ key: SigningKey, _ passphrase: String?) -> [UInt8] {
        key.withSeed { seed in
            [UInt8](unsafeUninitializedCapacity: 4096) { output, count in
                withPassphrase(passphrase) { characters, passphraseCount in
                    count = hexi_key_to_pem(
                        seed.bindMemory(to: UInt8.self).baseAddress, characters, passphraseCount,
                        UnsafeMutableRawPointer(output.baseAddress)?.assumingMemoryBound(to: CChar.self), output.count)
                }
            }
        }
    }

    /// The passphrase's UTF-8 bytes, or a null pointer if there is none.
    private static func withPassphrase(_ passphrase: String?, _ body: (UnsafePointer<CChar>?, Int32) -> Void) {
        guard let passphrase else { return body(nil, 0) }
        passphrase.withCString { body($0, Int32(clamping: passphrase.utf8.count)) }
    }

    /// `nil`, or what went wrong.
    private static func writeAll(_ descriptor: Int32, _ text: [UInt8]) -> String? {
        // The mode again: the process's umask may have taken bits away.
        guard fchmod(descriptor, 0o600) == 0 else { return reason() }
        var written = 0
        while written < text.count {
            let count = text.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return reason() }
            written += count
        }
        return fsync(descriptor) == 0 ? nil : reason()
    }

    /// Makes the new name durable.
    private static func synchronizeFolder(of path: String) -> String? {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return reason() }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? nil : reason()
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
