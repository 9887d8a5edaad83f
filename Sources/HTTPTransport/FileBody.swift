import Glibc

/// Why a file cannot be sent.
public enum FileBodyError: Error, Sendable, Hashable, CustomStringConvertible {
    case cannotOpen(path: String, reason: String)
    case notRegular(path: String)
    case rangeOutside(path: String, count: Int)

    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason): "cannot open \"\(path)\": \(reason)"
        case .notRegular(let path): "\"\(path)\" is not a regular file"
        case .rangeOutside(let path, let count): "the range is not within the \(count) bytes of \"\(path)\""
        }
    }
}

/// A file, or a part of it, to be sent as a response's body without passing through memory. It is opened at once, so it
/// may be renamed or removed afterwards, and is closed when nothing refers to it.
public final class FileBody: Sendable {
    let descriptor: Int32
    let offset: Int
    /// How many bytes are sent.
    public let count: Int

    /// - Parameters:
    ///   - path: a regular file.
    ///   - range: which bytes to send; all if `nil`.
    public init(path: String, range: Range<Int>? = nil) throws(FileBodyError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            throw .cannotOpen(path: path, reason: systemErrorText(errno))
        }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notRegular(path: path)
        }
        let size = Int(information.st_size)
        let range = range ?? 0..<size
        guard range.lowerBound >= 0, range.upperBound <= size else {
            close(descriptor)
            throw .rangeOutside(path: path, count: size)
        }
        self.descriptor = descriptor
        offset = range.lowerBound
        count = range.count
    }

    /// Takes over an open descriptor of a regular (or memory) file.
    public init(owning descriptor: Int32, offset: Int, count: Int) {
        self.descriptor = descriptor
        self.offset = max(0, offset)
        self.count = max(0, count)
    }

    /// The bytes; `nil` where the file has become shorter.
    public func bytes() throws(FileBodyError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
            }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw .cannotOpen(path: "", reason: systemErrorText(errno)) }
            if read == 0 { return nil }
            done += read
        }
        return bytes
    }

    deinit { close(descriptor) }
}
