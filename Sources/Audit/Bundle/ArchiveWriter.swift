import Glibc
import Signing

/// Writes an archive member by member, beside its place; it comes there only when it is complete.
final class ArchiveWriter {
    /// The name of the last member, which lists the others in the form of `sha256sum`.
    static let manifestName = "SHA256SUMS"

    let path: String
    private let temporary: String
    private let time: UInt64
    /// Where each header stands, to write it anew with a time that is known only at the end.
    private var headers: [(offset: UInt64, header: ArchiveHeader)] = []
    private var length: UInt64 = 0
    private var descriptor: Int32
    /// The manifest grows with the number of members, about 100 bytes for each 256 entries of a ledger.
    private var manifest: [UInt8] = []

    /// - Parameter time: when the members count as last changed, POSIX seconds. The same contents then give the same archive.
    init(_ path: String, time: UInt64) throws(AuditFailure) {
        self.path = path
        self.time = time
        temporary = Self.temporaryPath(for: path)
        unlink(temporary)
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(path: temporary, reason: String(cString: strerror(errno))) }
    }

    /// Where the archive grows until it is finished.
    static func temporaryPath(for path: String) -> String { "\(path).new-\(getpid())" }

    /// What was not finished is removed.
    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(temporary)
    }

    /// Adds a member. Throws ``AuditFailure/cannotWrite(path:reason:)``, also for a name that cannot be written. No name may be added
    /// twice.
    func add(_ name: String, _ bytes: [UInt8]) throws(AuditFailure) {
        guard name != Self.manifestName else { throw failure("the name \(name) is the manifest's") }
        try write(name, bytes)
        manifest += Array("\(SHA256.hash(bytes))  \(name)\n".utf8)
    }

    /// Adds the manifest, makes everything durable and puts the archive in its place.
    ///
    /// - Parameter time: when the members count as last changed after all.
    func finish(time: UInt64? = nil) throws(AuditFailure) {
        try write(Self.manifestName, manifest)
        try put([UInt8](repeating: 0, count: 2 * ArchiveHeader.blockLength))
        if let time, time != self.time { try date(time) }
        guard fsync(descriptor) == 0 else { throw failure(String(cString: strerror(errno))) }
        guard rename(temporary, path) == 0 else { throw failure(String(cString: strerror(errno))) }
        close(descriptor)
        descriptor = -1
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws(AuditFailure) {
        guard let header = ArchiveHeader(name: name, size: UInt64(bytes.count), time: time) else {
            throw failure("\(name) cannot be a member's name")
        }
        headers.append((length, header))
        try put(header.bytes)
        try put(bytes)
        try put([UInt8](repeating: 0, count: header.paddingLength))
    }

    private func put(_ bytes: [UInt8]) throws(AuditFailure) {
        guard AtomicFile.write(bytes, to: descriptor) else { throw failure(String(cString: strerror(errno))) }
        length += UInt64(bytes.count)
    }

    private func date(_ time: UInt64) throws(AuditFailure) {
        for (offset, header) in headers {
            guard let header = ArchiveHeader(name: header.name, size: header.size, time: time) else {
                throw failure("\(time) cannot be a member's time")
            }
            let bytes = header.bytes
            guard let place = off_t(exactly: offset), pwrite(descriptor, bytes, bytes.count, place) == bytes.count else {
                throw failure(String(cString: strerror(errno)))
            }
        }
    }

    private func failure(_ reason: String) -> AuditFailure { .cannotWrite(path: path, reason: reason) }
}
