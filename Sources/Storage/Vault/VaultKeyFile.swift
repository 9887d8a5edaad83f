import CSodium
import Encoding
import Glibc
import Signing

/// The file that holds a vault's key: 32 random bytes as one line of text, readable by its owner only.
public enum VaultKeyFile {
    /// Makes a new key and writes it as base64 to a file that must not exist yet. Durable when this returns.
    @discardableResult
    public static func create(_ path: String) throws(VaultError) -> [UInt8] {
        guard sodium_init() >= 0 else { throw .cryptography(reason: "libsodium did not start") }
        var key = [UInt8](repeating: 0, count: Vault.keyCount)
        randombytes_buf(&key, key.count)
        let file = try VaultFile(open: path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try file.writeAll(Array((Base64.encode(key) + "\n").utf8))
        try file.synchronize()
        try VaultFolder.synchronize(VaultFolder.parent(of: path))
        return key
    }

    /// Reads a key: base64 (RFC 4648 section 4) or 64 lower-case hexadecimal digits, with or without a line end.
    public static func read(_ path: String) throws(VaultError) -> [UInt8] {
        let file = try VaultFile(open: path, flags: O_RDONLY)
        let mode = try file.status().st_mode
        guard mode & S_IFMT == S_IFREG else { throw .badKeyFile(path: path, reason: "is not a regular file") }
        guard mode & 0o077 == 0 else {
            throw .badKeyFile(path: path, reason: "can be read by others; allow only its owner: chmod 600")
        }
        var content = [UInt8](repeating: 0, count: 256)
        let result = content.withUnsafeMutableBytes { buffer -> Result<Int, VaultError> in
            do throws(VaultError) { return .success(try file.read(into: buffer)) } catch { return .failure(error) }
        }
        let text = String(decoding: content.prefix(try result.get()), as: UTF8.self)
        let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
        let key = line.utf8.count == 64 ? Hexadecimal.decode(line) : Base64.decode(line)
        guard let key, key.count == Vault.keyCount else {
            throw .badKeyFile(path: path, reason: "must hold one line: 32 bytes in base64 or hexadecimal")
        }
        return key
    }
}
