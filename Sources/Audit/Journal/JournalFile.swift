import Glibc

/// A journal opened for reading. Its size is taken once, so that a ledger that is being written ends where it ended then.
final class JournalFile {
    /// `HEXIJRN1` and eight zero bytes.
    static let header: [UInt8] = Array("HEXIJRN1".utf8) + [UInt8](repeating: 0, count: 8)
    /// Length and checksum, four bytes each, little-endian.
    static let frameHeaderLength = 8
    static let maximumPayload = 32 << 20

    let path: String
    let size: UInt64
    private let descriptor: Int32

    init(_ path: String) throws(AuditFailure) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: Self.text(errno)) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else {
            let code = errno
            close(descriptor)
            throw .unreadable(path: path, reason: Self.text(code))
        }
        guard information.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .unreadable(path: path, reason: "it is not a regular file")
        }
        size = UInt64(max(0, information.st_size))
    }

    deinit { close(descriptor) }

    /// Fills the buffer from an offset on; returns how many bytes there were.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(AuditFailure) -> Int {
        var count = 0
        while count < buffer.count, let base = buffer.baseAddress {
            let got = pread(descriptor, base + count, buffer.count - count, off_t(offset) + off_t(count))
            if got < 0 {
                if errno == EINTR { continue }
                throw .unreadable(path: path, reason: Self.text(errno))
            }
            if got == 0 { break }
            count += got
        }
        return count
    }

    func read(_ count: Int, at offset: UInt64) throws(AuditFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        let result: Result<Int, AuditFailure> = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(AuditFailure) in try read(into: buffer, at: offset) }
        }
        bytes.removeLast(bytes.count - (try result.get()))
        return bytes
    }

    /// Reads a whole small file.
    static func contents(of path: String, maximumCount: Int) throws(AuditFailure) -> [UInt8] {
        let file = try JournalFile(path)
        guard file.size <= UInt64(maximumCount) else {
            throw .unreadable(path: path, reason: "it has \(file.size) bytes, more than the \(maximumCount) that are read")
        }
        return try file.read(Int(file.size), at: 0)
    }

    /// Reads the start of a file whose size the system does not tell beforehand.
    static func pseudoFile(_ path: String) throws(AuditFailure) -> [UInt8] { try JournalFile(path).read(4096, at: 0) }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isRegular(_ path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
