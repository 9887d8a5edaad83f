import CLinux
import Glibc

/// How the ledger reaches the disk: every system call that it makes on files and folders. In a running node they are
/// the kernel's; tests put a disk in their place that fails, tears and forgets.
///
/// Each call gives what the kernel gives, or a negative `errno`.
struct FileOperations: Sendable {
    /// `open(2)` with `O_CLOEXEC`: a descriptor.
    var open: @Sendable (_ path: String, _ flags: Int32) -> Int32 = { path, flags in
        outcome(Glibc.open(path, flags | O_CLOEXEC, 0o640))
    }
    var close: @Sendable (_ descriptor: Int32) -> Void = { descriptor in _ = Glibc.close(descriptor) }
    /// The file's length in bytes.
    var size: @Sendable (_ descriptor: Int32) -> Int = { descriptor in
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int(status.st_size) : -Int(errno)
    }
    /// `pread(2)`: the number of bytes read; 0 only at the end of the file.
    var read: @Sendable (_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, _ offset: UInt64) -> Int = {
        descriptor, buffer, offset in
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        return count >= 0 ? count : -Int(errno)
    }
    /// `pwrite(2)`: the number of bytes written.
    var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: UInt64) -> Int = {
        descriptor, bytes, offset in
        let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
        return count >= 0 ? count : -Int(errno)
    }
    /// `fdatasync(2)`.
    var synchronize: @Sendable (_ descriptor: Int32) -> Int32 = { outcome(fdatasync($0)) }
    /// `ftruncate(2)`.
    var truncate: @Sendable (_ descriptor: Int32, _ size: UInt64) -> Int32 = { outcome(ftruncate($0, off_t($1))) }
    /// `flock(2)`: the exclusive lock, without waiting.
    var lock: @Sendable (_ descriptor: Int32) -> Int32 = { outcome(flock($0, LOCK_EX | LOCK_NB)) }
    var unlock: @Sendable (_ descriptor: Int32) -> Void = { descriptor in _ = flock(descriptor, LOCK_UN) }
    /// `rename(2)`.
    var rename: @Sendable (_ path: String, _ newPath: String) -> Int32 = { outcome(Glibc.rename($0, $1)) }
    /// `unlink(2)`.
    var unlink: @Sendable (_ path: String) -> Int32 = { outcome(Glibc.unlink($0)) }
    /// `mkdir(2)`.
    var makeDirectory: @Sendable (_ path: String) -> Int32 = { outcome(mkdir($0, 0o750)) }
    /// Makes the names in a folder durable: `fsync(2)` on the folder.
    var synchronizeDirectory: @Sendable (_ path: String) -> Int32 = { path in
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return -errno }
        defer { _ = Glibc.close(descriptor) }
        return outcome(fsync(descriptor))
    }
    /// Makes everything durable that was written to the file system which a folder lies in: `syncfs(2)`.
    var synchronizeFileSystem: @Sendable (_ path: String) -> Int32 = { path in
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return -errno }
        defer { _ = Glibc.close(descriptor) }
        return outcome(syncfs(descriptor))
    }

    /// The kernel's.
    static let system = FileOperations()

    private static func outcome(_ result: Int32) -> Int32 { result >= 0 ? result : -errno }
}

extension FileOperations {
    /// Makes a folder, durably; one that is already there is as good (though whoever made it may not have got so far as
    /// to make it durable).
    func ensureDirectory(_ path: String) throws(LedgerError) {
        let outcome = makeDirectory(path)
        guard outcome == 0 || outcome == -EEXIST else { throw .systemCall("mkdir", path: path, code: -outcome) }
        try synchronizeNames(in: Self.parent(of: path))
    }

    /// Makes the names in a folder durable.
    func synchronizeNames(in directory: String) throws(LedgerError) {
        let outcome = synchronizeDirectory(directory)
        guard outcome == 0 else { throw .systemCall("fsync", path: directory, code: -outcome) }
    }

    /// Removes a file; one that is not there is as good. Not durable before the folder's names are.
    func remove(_ path: String) throws(LedgerError) {
        let outcome = unlink(path)
        guard outcome == 0 || outcome == -ENOENT else { throw .systemCall("unlink", path: path, code: -outcome) }
    }

    /// The folder that a path lies in; "." for a plain name.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
