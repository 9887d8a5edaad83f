import Glibc

/// An open file that is read and written at positions; closed with its last reference.
final class LedgerFile: Sendable {
    let path: String
    private let descriptor: Int32
    private let operations: FileOperations

    /// - Parameter flags: as for `open(2)`; `O_CLOEXEC` is added.
    init(_ path: String, flags: Int32, operations: FileOperations = .system) throws(LedgerError) {
        self.path = path
        self.operations = operations
        let opened = operations.open(path, flags)
        guard opened >= 0 else { throw .systemCall("open", path: path, code: -opened) }
        descriptor = opened
    }

    deinit { operations.close(descriptor) }

    func size() throws(LedgerError) -> UInt64 {
        let size = operations.size(descriptor)
        guard size >= 0 else { throw .systemCall("fstat", path: path, code: Int32(-size)) }
        return UInt64(size)
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
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = operations.read(descriptor, rest, offset + UInt64(filled))
            if count == -Int(EINTR) { continue }
            guard count >= 0 else { throw .systemCall("read", path: path, code: Int32(-count)) }
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
        let outcome = operations.truncate(descriptor, size)
        guard outcome == 0 else { throw .systemCall("ftruncate", path: path, code: -outcome) }
    }

    /// Takes the exclusive lock of the file without waiting; false if somebody else has it.
    func lock() -> Bool { operations.lock(descriptor) == 0 }

    func unlock() { operations.unlock(descriptor) }

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
        let outcome = operations.rename(temporary, path)
        guard outcome == 0 else { throw .systemCall("rename", path: temporary, code: -outcome) }
    }

    /// The whole file, or `nil` if there is none. Throws if it is larger than `limit` bytes.
    static func contents(
        of path: String, limit: Int, operations: FileOperations = .system
    ) throws(LedgerError) -> [UInt8]? {
        guard let file = try existing(path, flags: O_RDONLY, operations: operations) else { return nil }
        let size = try file.size()
        guard size <= limit else { throw .systemCall("read", path: path, code: EFBIG) }
        return try file.read(Int(size), at: 0)
    }

    /// Opens a file, or gives `nil` if there is none.
    static func existing(
        _ path: String, flags: Int32, operations: FileOperations
    ) throws(LedgerError) -> LedgerFile? {
        do throws(LedgerError) { return try LedgerFile(path, flags: flags, operations: operations) } catch {
            if case .systemCall("open", _, ENOENT) = error { return nil }
            throw error
        }
    }
}
