import Glibc
import Signing
import TransparencyLog

/// The nodes of a tree in a file without a name, 64 bytes for each leaf, so that the memory they take does not grow with
/// the tree. The file is gone with the process, however that ends.
final class HashSpool {
    private let file: UnsafeMutablePointer<FILE>
    private var frontier = MerkleFrontier()
    private var failure: Int32 = 0

    init() throws(AuditFailure) {
        guard let file = tmpfile() else { throw Self.failure(errno) }
        self.file = file
    }

    deinit { fclose(file) }

    /// The root over the leaves so far.
    var root: SHA256Digest { frontier.root }

    /// Adds a leaf. A failure to write is told by ``finish()``.
    func append(_ leafHash: SHA256Digest) {
        frontier.append(leafHash) { hash in
            guard failure == 0 else { return }
            let isWritten = hash.withUnsafeBytes { fwrite($0.baseAddress, $0.count, 1, file) == 1 }
            if !isWritten { failure = errno == 0 ? EIO : errno }
        }
    }

    /// Makes the nodes readable.
    func finish() throws(AuditFailure) {
        guard failure == 0, fflush(file) == 0 else { throw Self.failure(failure == 0 ? errno : failure) }
    }

    /// The hash of a complete node of the tree.
    func node(_ level: UInt8, _ index: UInt64) throws(AuditFailure) -> SHA256Digest {
        let count = SHA256Digest.count
        var bytes = [UInt8](repeating: 0, count: count)
        guard let place = StoredHashes.position(level: level, index: index), let offset = off_t(exactly: place),
            bytes.withUnsafeMutableBytes({ pread(fileno(file), $0.baseAddress, count, offset * off_t(count)) }) == count,
            let hash = SHA256Digest(bytes)
        else { throw Self.failure(errno == 0 ? EIO : errno) }
        return hash
    }

    private static func failure(_ number: Int32) -> AuditFailure {
        .unreadable(path: "the temporary file for the tree's hashes", reason: String(cString: strerror(number)))
    }
}
