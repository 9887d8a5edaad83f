import Glibc

/// How the ledger reaches the disk. Tests put faults in the way here.
struct FileOperations: Sendable {
    /// `pwrite`: the number of bytes written, or a negative `errno`.
    var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: UInt64) -> Int
    /// `fdatasync`: 0 or a negative `errno`.
    var synchronize: @Sendable (_ descriptor: Int32) -> Int32

    static let system = FileOperations(
        write: { descriptor, bytes, offset in
            let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
            return count >= 0 ? count : -Int(errno)
        },
        synchronize: { descriptor in fdatasync(descriptor) == 0 ? 0 : -errno })
}

/// An open file that is read and written at positions; closed with its last reference.
final class LedgerFile: Sendable {
    let path: String
    private let descriptor: Int32
    private let operations: FileOperations

    /// - Parameter flags: as for `open(2)`; `O_CLOEXEC` is added.
    init(_ path: String, flags: Int32, operations: FileOperations = .system) throws(LedgerError) {
        self.path = path
        self.operations = operations
        descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .systemCall("open", path: path, code: errno) }
    }

    deinit { Glibc.close(descriptor) }

    func size() throws(LedgerError) -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .systemCall("fstat", path: path, code: errno) }
        return UInt64(status.st_size)
    }

    /// Writes all bytes, however many calls it takes.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(LedgerError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = operations.write(descriptor, rest, offset + UInt64(written))
            if count == -Int(EINTR) { continue }
            guard count > 0 else {
                throw .systemCall("write", path: path, code: count == 0 ? ENOSPC : Int32(-count))
            }
            written += count
        }
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(LedgerError) {
        try bytes.withUnsafeBufferPointer { buffer throws(LedgerError) in
            try write(UnsafeRawBufferPointer(buffer), at: offset)
        }
    }

    /// Fills the buffer from a position; returns fewer bytes only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(LedgerError) -> Int {
        var filled = 0
        while filled < buffer.count, let base = buffer.baseAddress {
            let count = pread(descriptor, base + filled, buffer.count - filled, off_t(offset) + off_t(filled))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .systemCall("read", path: path, code: errno) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Up to `count` bytes from a position; fewer only at the end of the file.
    func read(_ count: Int, at offset: UInt64) throws(LedgerError) -> [UInt8] {
        var failure: LedgerError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(LedgerError) {
                initialized = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch {
                initialized = 0
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Makes what was written durable.
    func synchronize() throws(LedgerError) {
        let outcome = operations.synchronize(descriptor)
        guard outcome == 0 else { throw .systemCall("fdatasync", path: path, code: -outcome) }
    }

    func truncate(to size: UInt64) throws(LedgerError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw .systemCall("ftruncate", path: path, code: errno) }
    }

    /// Takes the exclusive lock of the file without waiting; false if somebody else has it.
    func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    func unlock() { flock(descriptor, LOCK_UN) }

    /// Makes the names in a directory durable.
    static func synchronizeDirectory(_ path: String) throws(LedgerError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .systemCall("open", path: path, code: errno) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .systemCall("fsync", path: path, code: errno) }
    }

    /// Puts a whole file in place so that a reader, even after a power cut, finds either the old one or the new one.
    static func replace(
        _ path: String, with pieces: [[UInt8]], operations: FileOperations = .system
    ) throws(LedgerError) {
        let temporary = path + ".new"
        let file = try LedgerFile(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, operations: operations)
        var offset: UInt64 = 0
        for piece in pieces {
            try file.write(piece, at: offset)
            offset += UInt64(piece.count)
        }
        try file.synchronize()
        guard rename(temporary, path) == 0 else { throw .systemCall("rename", path: temporary, code: errno) }
    }

    /// The whole file, or `nil` if there is none. Throws if it is larger than `limit` bytes.
    static func contents(of path: String, limit: Int) throws(LedgerError) -> [UInt8]? {
        if access(path, F_OK) != 0 && errno == ENOENT { return nil }
        let file = try LedgerFile(path, flags: O_RDONLY)
        let size = try file.size()
        guard size <= limit else { throw .systemCall("read", path: path, code: EFBIG) }
        return try file.read(Int(size), at: 0)
    }
}
