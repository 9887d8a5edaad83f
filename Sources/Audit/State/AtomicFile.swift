import Glibc

/// Writes whole files so that at every moment the old contents or the new ones are there.
enum AtomicFile {
    /// Writes beside the file, makes it durable, and renames; readable and writable by the owner alone.
    /// Throws ``AuditFailure/cannotWrite(path:reason:)``.
    static func replace(_ path: String, with bytes: [UInt8]) throws(AuditFailure) {
        let temporary = "\(path).new-\(getpid())"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(temporary) }
        let isWritten = write(bytes, to: descriptor) && fsync(descriptor) == 0
        let code = errno
        guard close(descriptor) == 0, isWritten else {
            unlink(temporary)
            throw .cannotWrite(path: temporary, reason: String(cString: strerror(isWritten ? errno : code)))
        }
        guard rename(temporary, path) == 0 else {
            let error = failure(path)
            unlink(temporary)
            throw error
        }
        synchronizeFolder(of: path)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count, let base = buffer.baseAddress {
                let count = Glibc.write(descriptor, base + written, buffer.count - written)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                written += count
            }
            return true
        }
    }

    /// Without this a power cut may undo the renaming; not every file system can do it, and nothing depends on it.
    private static func synchronizeFolder(of path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts.count == 1 && parts[0].isEmpty ? "/" : parts.joined(separator: "/")
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ path: String) -> AuditFailure {
        .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
}
