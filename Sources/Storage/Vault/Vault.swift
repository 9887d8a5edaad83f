import CSodium
import Glibc
import Signing
import Synchronization

/// A content-addressed store for snapshots and private documents, encrypted at rest.
///
/// A content is found by the SHA-256 of its plain bytes. On disk it is one file under `objects/`, whose name is a
/// keyed hash of that address and whose bytes are authenticated (see `VaultContainer`): a changed, truncated,
/// swapped or foreign file is an error, never other content. When a call that stores returns, the content is
/// durable. Several threads, and several processes with the same key, may use one folder at once.
public final class Vault: Sendable {
    /// Size of a vault key in bytes.
    public static let keyCount = 32

    private let directory: String
    private let keys: VaultKeys
    /// Held while a folder is made and its name flushed: a thread that finds the folder made by another one may then
    /// rely on its being durable.
    private let folderCreation = Mutex<Void>(())
    private var container: VaultContainer { VaultContainer(keys: keys) }

    /// Opens the vault in a folder, which is made (0700) if it is missing.
    ///
    /// - Parameter key: 32 bytes; the folder remembers a keyed hash, so another key is refused at once.
    public init(directory: String, key: [UInt8]) throws(VaultError) {
        self.directory = directory
        keys = try VaultKeys(key)
        for folder in [directory, "\(directory)/objects", "\(directory)/temporary"] { try VaultFolder.create(folder) }
        try VaultTemporary.removeLeftovers(in: "\(directory)/temporary")
        try checkKey()
    }

    /// Compares the folder's `key-check` file with the key, or writes it in a new vault.
    private func checkKey() throws(VaultError) {
        let path = "\(directory)/key-check"
        let expected = keys.name(of: Array("key-check".utf8))
        if access(path, F_OK) != 0 {
            let file = try VaultTemporary.create(in: temporaryFolder)
            try file.writeAll(expected)
            try file.synchronize()
            // link, unlike rename, fails where another process has just written the name.
            let linked = link(file.path, path) == 0 || errno == EEXIST
            let number = errno
            unlink(file.path)
            guard linked else { throw .system(operation: "create", path: path, number: number) }
            try VaultFolder.synchronize(directory)
        }
        let file = try VaultFile(open: path, flags: O_RDONLY)
        var held = [UInt8](repeating: 0, count: expected.count + 1)
        let result = held.withUnsafeMutableBytes { buffer -> Result<Int, VaultError> in
            do throws(VaultError) { return .success(try file.read(into: buffer)) } catch { return .failure(error) }
        }
        guard try result.get() == expected.count, sodium_memcmp(held, expected, expected.count) == 0 else {
            throw .wrongKey(directory: directory)
        }
    }

    /// Stores bytes and returns their SHA-256, the content's address.
    ///
    /// Storing what is there already replaces the file as a whole by an equal one; so a damaged copy is mended.
    @discardableResult
    public func store(bytes: [UInt8], kind: VaultKind) throws(VaultError) -> SHA256Digest {
        var position = 0
        return try store(kind: kind) { (buffer) throws(VaultError) in
            let count = min(buffer.count, bytes.count - position)
            buffer.copyBytes(from: bytes[position..<position + count])
            position += count
            return count
        }
    }

    /// Stores the content of a file, read once in pieces of 64 KiB, and returns its SHA-256. Memory does not grow
    /// with the file.
    @discardableResult
    public func store(file path: String, kind: VaultKind) throws(VaultError) -> SHA256Digest {
        let source = try VaultFile(open: path, flags: O_RDONLY)
        guard try source.status().st_mode & S_IFMT == S_IFREG else {
            throw .system(operation: "store what is not a regular file,", path: path, number: EINVAL)
        }
        return try store(kind: kind) { (buffer) throws(VaultError) in try source.read(into: buffer) }
    }

    /// Stores what `source` gives (see `VaultContainer.seal`). If anything fails, nothing is left behind.
    func store(
        kind: VaultKind, source: (UnsafeMutableRawBufferPointer) throws(VaultError) -> Int
    ) throws(VaultError) -> SHA256Digest {
        let file = try VaultTemporary.create(in: temporaryFolder)
        do throws(VaultError) {
            let item = try container.seal(file, kind: kind, source: source)
            try file.synchronize()
            let path = path(of: item.digest)
            try folderCreation.withLock { (_) throws(VaultError) in try VaultFolder.create(VaultFolder.parent(of: path)) }
            try VaultFolder.publish(file.path, as: path)
            return item.digest
        } catch {
            unlink(file.path)
            throw error
        }
    }

    /// The content, whole.
    ///
    /// - Parameter maximumBytes: a larger content is refused before anything of it is read.
    public func read(_ digest: SHA256Digest, maximumBytes: Int) throws(VaultError) -> [UInt8] {
        let file = try openFile(digest)
        let (item, streamHeader) = try container.open(file, expecting: digest)
        guard item.count <= UInt64(clamping: maximumBytes) else {
            throw .tooLarge(digest, count: item.count, limit: UInt64(clamping: maximumBytes))
        }
        var content: [UInt8] = []
        content.reserveCapacity(Int(item.count))
        try container.unseal(file, item, streamHeader: streamHeader) { (piece) throws(VaultError) in
            content.append(contentsOf: piece)
        }
        return content
    }

    /// Writes the plain content to a file, replacing it if it exists.
    ///
    /// The name appears only when the whole content has been decrypted, verified and made durable; a temporary file
    /// is made beside it. Memory does not grow with the content.
    ///
    /// - Parameter mode: permission bits of the new file, for example `0o400`.
    public func materialise(_ digest: SHA256Digest, to path: String, mode: UInt32 = 0o600) throws(VaultError) {
        let file = try openFile(digest)
        let (item, streamHeader) = try container.open(file, expecting: digest)
        let output = try VaultTemporary.create(in: VaultFolder.parent(of: path))
        do throws(VaultError) {
            try container.unseal(file, item, streamHeader: streamHeader) { (piece) throws(VaultError) in
                try output.write(piece)
            }
            try output.setMode(mode)
            try output.synchronize()
            try VaultFolder.publish(output.path, as: path)
        } catch {
            unlink(output.path)
            throw error
        }
    }

    /// Whether a file for this content exists. It is not read: only reading tells whether it is whole.
    public func contains(_ digest: SHA256Digest) -> Bool { access(path(of: digest), F_OK) == 0 }

    /// What is stored under this address; reads and authenticates the file's header only.
    public func item(_ digest: SHA256Digest) throws(VaultError) -> VaultItem {
        let file = try openFile(digest)
        return try container.open(file, expecting: digest).item
    }

    /// Destroys a content. `false` if it was not there.
    ///
    /// The file's header, which holds the random values without which even the vault's key decrypts nothing, is
    /// overwritten and flushed, then the file is unlinked. The rest is not overwritten: on flash, journalling and
    /// copy-on-write storage that reaches the old blocks no better, and what they hold is ciphertext. Backups of the
    /// folder keep their copies.
    @discardableResult
    public func remove(_ digest: SHA256Digest) throws(VaultError) -> Bool {
        let path = path(of: digest)
        guard access(path, F_OK) == 0 else { return false }
        let file = try VaultFile(open: path, flags: O_WRONLY)
        var noise = [UInt8](repeating: 0, count: VaultContainer.headerCount)
        randombytes_buf(&noise, noise.count)
        try file.writeAll(noise)
        try file.synchronize()
        guard unlink(path) == 0 || errno == ENOENT else {
            throw .system(operation: "remove", path: path, number: errno)
        }
        try VaultFolder.synchronize(VaultFolder.parent(of: path))
        return true
    }

    /// Everything that is stored, in no particular order. Reads the headers only.
    ///
    /// - Throws: `VaultError.damaged` for the first file whose header is not authentic.
    public func list() throws(VaultError) -> [VaultItem] {
        var items: [VaultItem] = []
        for path in try paths() {
            let file = try VaultFile(open: path, flags: O_RDONLY)
            let item = try container.open(file, expecting: nil).item
            guard self.path(of: item.digest) == path else {
                throw .damaged(item.digest, path: path, reason: "it has the name of another content")
            }
            items.append(item)
        }
        return items
    }

    /// The size of all encrypted files together.
    public func totalBytes() throws(VaultError) -> UInt64 {
        var total: UInt64 = 0
        for path in try paths() {
            var status = stat()
            guard stat(path, &status) == 0 else {
                if errno == ENOENT { continue }
                throw .system(operation: "examine", path: path, number: errno)
            }
            total += UInt64(clamping: status.st_size)
        }
        return total
    }

    private var temporaryFolder: String { "\(directory)/temporary" }

    private func openFile(_ digest: SHA256Digest) throws(VaultError) -> VaultFile {
        do throws(VaultError) {
            return try VaultFile(open: path(of: digest), flags: O_RDONLY)
        } catch {
            if case .system(_, _, ENOENT) = error { throw .notFound(digest) }
            throw error
        }
    }

    /// Two levels of 256 folders keep each of them small.
    func path(of digest: SHA256Digest) -> String {
        let name = keys.name(of: digest.bytes).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0\(text)" : text
        }
        return "\(directory)/objects/\(name[0])/\(name[1])/\(name[2...].joined())"
    }

    private func paths() throws(VaultError) -> [String] {
        var paths: [String] = []
        let objects = "\(directory)/objects"
        for first in try VaultFolder.names(in: objects) {
            for second in try VaultFolder.names(in: "\(objects)/\(first)") {
                let folder = "\(objects)/\(first)/\(second)"
                paths.append(contentsOf: try VaultFolder.names(in: folder).map { "\(folder)/\($0)" })
            }
        }
        return paths
    }
}
