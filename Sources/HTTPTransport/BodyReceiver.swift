import Glibc
import Signing

/// Takes a request's body as it comes in, into memory or a file, never more of it than the limit.
///
/// Used by one network thread only.
final class BodyReceiver {
    private enum Store {
        case memory([UInt8])
        case file(path: String, descriptor: Int32)
    }

    private var store: Store
    private var digest: SHA256.Incremental?
    private let limit: Int
    private let table: ConnectionTable
    private let bufferLimit: Int
    private var count = 0

    /// - Throws: where the file cannot be created.
    init(
        _ policy: BodyPolicy, requestIdentifier: String, table: ConnectionTable, bufferLimit: Int
    ) throws(Problem) {
        self.table = table
        self.bufferLimit = bufferLimit
        switch policy {
        case .refuse(let problem): throw problem
        case .memory(let limitBytes):
            limit = limitBytes
            store = .memory([])
        case .file(let directory, let limitBytes):
            limit = limitBytes
            let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
            let path = "\(directory)/body-\(requestIdentifier)-\(random)"
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw .bodyNotStored }
            store = .file(path: path, descriptor: descriptor)
            digest = SHA256.Incremental()
        }
    }

    /// - Throws: the problem to answer with: too large, too many at once, or not storable. The body is then given up.
    func append(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard bytes.count <= limit - count else { throw .bodyTooLarge(limitBytes: limit) }
        switch store {
        case .memory(var buffer):
            guard table.reserveBuffer(bytes.count, limit: bufferLimit) else { throw .tooManyBodies }
            store = .memory([])
            buffer.append(contentsOf: bytes)
            store = .memory(buffer)
        case .file(_, let descriptor):
            guard Self.writeAll(bytes, to: descriptor) else { throw .bodyNotStored }
            digest?.update(bytes)
        }
        count += bytes.count
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }

    /// The body as received. The file is still the receiver's, and goes when it goes.
    func finish() -> HTTPBody {
        switch store {
        case .memory(let bytes):
            return .bytes(bytes)
        case .file(let path, let descriptor):
            close(descriptor)
            store = .file(path: path, descriptor: -1)
            guard let digest = digest.take() else { return .none }
            return .file(path: path, count: count, sha256: digest.finish())
        }
    }

    /// Removes the file (where the handler has not renamed it) and gives the memory's count back.
    deinit {
        switch store {
        case .memory: table.releaseBuffer(count)
        case .file(let path, let descriptor):
            if descriptor >= 0 { close(descriptor) }
            unlink(path)
        }
    }
}
