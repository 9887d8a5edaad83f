import Glibc
import Signing
import TransparencyLog

/// Writes a ledger's folder for a benchmark, entry after entry, in frames of a few hundred as a busy node does.
final class BenchmarkLedger {
    static let entriesPerFrame = 256

    let path: String
    private let descriptor: Int32
    private var lastHash = ChainedEntry.firstPreviousHash
    private var frontier = MerkleFrontier()
    private var payload: [UInt8] = []
    private var entriesInFrame = 0

    /// - Parameter folder: where the ledger's own folder is made.
    init(in folder: String) throws(AuditBenchmarkError) {
        var template = Array("\(folder)/hexi-audit-benchmark-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw .cannotWrite(path: folder, reason: String(cString: strerror(errno)))
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        descriptor = open(path + "/journal", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path + "/journal") }
        try write(JournalFile.header, to: descriptor, path + "/journal")
    }

    deinit {
        close(descriptor)
        unlink(path + "/journal")
        unlink(path + "/checkpoint")
        rmdir(path)
    }

    /// Adds an entry from what comes behind `prev` and `seq`.
    func append(_ content: [UInt8]) throws(AuditBenchmarkError) {
        let entry = ChainedEntry.head(previous: lastHash, sequence: frontier.count) + content
        lastHash = MerkleTree.leafHash(entry)
        frontier.append(lastHash)
        payload.append(UInt8(truncatingIfNeeded: entry.count >> 8))
        payload.append(UInt8(truncatingIfNeeded: entry.count))
        payload += entry
        entriesInFrame += 1
        if entriesInFrame == Self.entriesPerFrame { try writeFrame() }
    }

    /// Ends the journal and writes the checkpoint over all of it.
    func finish(_ signer: NoteSigner) throws {
        try writeFrame()
        let checkpoint = Checkpoint(origin: signer.name, size: frontier.count, root: frontier.root)
        let note = try checkpoint.signed(by: signer).bytes
        let target = open(path + "/checkpoint", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw Self.failure(path + "/checkpoint") }
        defer { close(target) }
        try write(note, to: target, path + "/checkpoint")
    }

    private func writeFrame() throws(AuditBenchmarkError) {
        guard !payload.isEmpty else { return }
        let checksum = payload.withUnsafeBytes { CRC32C.frame(payload: $0) }
        let header = [UInt32(truncatingIfNeeded: payload.count), checksum].flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
        }
        try write(header + payload, to: descriptor, path + "/journal")
        payload.removeAll(keepingCapacity: true)
        entriesInFrame = 0
    }

    private func write(_ bytes: [UInt8], to target: Int32, _ name: String) throws(AuditBenchmarkError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(target, $0.baseAddress.map { $0 + written }, bytes.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(name) }
            written += count
        }
    }

    private static func failure(_ path: String) -> AuditBenchmarkError {
        .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
}
