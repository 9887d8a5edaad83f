import Glibc

/// Lines of text put by until the whole ledger has been judged, in a file without a name, so that the memory they take
/// does not grow with their number. The file is gone with the process, however that ends.
final class LineSpool {
    private let file: UnsafeMutablePointer<FILE>
    private var failure: Int32 = 0
    private(set) var count: UInt64 = 0

    init() throws(AuditFailure) {
        guard let file = tmpfile() else { throw Self.failure(errno) }
        self.file = file
    }

    deinit { fclose(file) }

    /// Adds a line, which must not hold a line feed. A failure is told by `forEach`.
    func append(_ line: String) {
        guard failure == 0 else { return }
        let bytes = Array(line.utf8) + [0x0A]
        if fwrite(bytes, 1, bytes.count, file) == bytes.count { count += 1 } else { failure = errno == 0 ? EIO : errno }
    }

    /// Forgets all lines.
    func clear() {
        guard failure == 0 else { return }
        rewind(file)
        if ftruncate(fileno(file), 0) == 0 { count = 0 } else { failure = errno }
    }

    /// Hands out the lines in their order.
    func forEach(_ body: (String) throws -> Void) throws {
        if failure != 0 { throw Self.failure(failure) }
        guard fflush(file) == 0, fseek(file, 0, SEEK_SET) == 0 else { throw Self.failure(errno) }
        var buffer: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(buffer) }
        for _ in 0..<count {
            let length = getline(&buffer, &capacity, file)
            guard length > 0, let buffer else { throw Self.failure(errno == 0 ? EIO : errno) }
            let bytes = UnsafeRawBufferPointer(start: buffer, count: length - 1)
            try body(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func failure(_ number: Int32) -> AuditFailure {
        .unreadable(path: "the temporary file for results", reason: String(cString: strerror(number)))
    }
}
