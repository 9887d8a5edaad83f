import Glibc

/// Replaces small files (mode 0600) so that what was written is there after a power cut: the new file's content is
/// made durable before its name, and its name before anybody is told.
struct DurableFile: Sendable {
    enum Step: Sendable, CaseIterable { case open, write, synchronize, rename, synchronizeFolder }

    /// Asked before each step; another answer than 0 is the `errno` that the step fails with. For tests of what is told
    /// to others when the disk fails.
    var fault: @Sendable (Step) -> Int32 = { _ in 0 }

    /// Throws what failed; then either the old content is there or the new.
    func replace(_ path: String, with bytes: [UInt8]) throws(PrivateFile.Failure) {
        let temporary = "\(path).new"
        try check(.open, path)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(temporary, errno) }
        do throws(PrivateFile.Failure) {
            try write(bytes, to: descriptor, temporary)
            try check(.synchronize, path)
            guard fsync(descriptor) == 0 else { throw Self.failure(temporary, errno) }
        } catch {
            close(descriptor)
            throw error
        }
        close(descriptor)
        try check(.rename, path)
        guard rename(temporary, path) == 0 else { throw Self.failure(path, errno) }
        try check(.synchronizeFolder, path)
        try Self.synchronizeFolder(of: path)
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(PrivateFile.Failure) {
        var offset = 0
        while offset < bytes.count {
            try check(.write, path)
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path, count == 0 ? ENOSPC : errno) }
            offset += count
        }
    }

    private static func synchronizeFolder(of path: String) throws(PrivateFile.Failure) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(folder, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(folder, errno) }
    }

    private func check(_ step: Step, _ path: String) throws(PrivateFile.Failure) {
        let code = fault(step)
        guard code == 0 else { throw Self.failure(path, code) }
    }

    private static func failure(_ path: String, _ code: Int32) -> PrivateFile.Failure {
        PrivateFile.Failure(path: path, reason: String(cString: strerror(code)))
    }
}
