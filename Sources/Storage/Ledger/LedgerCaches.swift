import Glibc
import Signing
import TransparencyLog

/// Two files that make proofs and range reads quick, and that can be computed from the journal at any time:
///
/// - `hashes`: every node of the Merkle tree in the order of ``StoredHashes``, 32 bytes each;
/// - `offsets`: for each entry where its length field lies in the journal, eight bytes, little-endian. The highest bit
///   marks the first entry of a frame.
///
/// They are never synchronised for correctness' sake: what they hold at a position depends on the journal alone, whoever
/// reads them checks what he got against a root or a hash, and on a mismatch rewrites them from the journal.
struct LedgerCaches: Sendable {
    static let frameStartMark: UInt64 = 1 << 63

    private let hashes: LedgerFile
    private let offsets: LedgerFile

    init(directory: String, operations: FileOperations) throws(LedgerError) {
        hashes = try LedgerFile(directory + "/hashes", flags: O_RDWR | O_CREAT, operations: operations)
        offsets = try LedgerFile(directory + "/offsets", flags: O_RDWR | O_CREAT, operations: operations)
    }

    /// What one run of entries adds to the caches.
    struct Addition: Sendable {
        var firstSequence: UInt64
        var hashes: [SHA256Digest] = []
        var offsets: [UInt64] = []

        init(firstSequence: UInt64) { self.firstSequence = firstSequence }

        mutating func restart(at sequence: UInt64) {
            firstSequence = sequence
            hashes.removeAll(keepingCapacity: true)
            offsets.removeAll(keepingCapacity: true)
        }
    }

    func write(_ addition: Addition) throws(LedgerError) {
        // A digest is 32 bytes without padding, and the machine is little-endian, so both arrays are the files' bytes.
        try write(addition.hashes, to: hashes, at: StoredHashes.count(forSize: addition.firstSequence) * 32)
        try write(addition.offsets, to: offsets, at: addition.firstSequence * 8)
    }

    private func write<Element>(_ elements: [Element], to file: LedgerFile, at offset: UInt64) throws(LedgerError) {
        try elements.withUnsafeBufferPointer { buffer throws(LedgerError) in
            try file.write(UnsafeRawBufferPointer(buffer), at: offset)
        }
    }

    /// Whether both files are long enough for `size` entries.
    func reach(_ size: UInt64) throws(LedgerError) -> Bool {
        let (hashBytes, offsetBytes) = (try hashes.size(), try offsets.size())
        return hashBytes >= StoredHashes.count(forSize: size) * 32 && offsetBytes >= size * 8
    }

    func truncate(to size: UInt64) throws(LedgerError) {
        try hashes.truncate(to: StoredHashes.count(forSize: size) * 32)
        try offsets.truncate(to: size * 8)
    }

    func synchronize() throws(LedgerError) {
        try hashes.synchronize()
        try offsets.synchronize()
    }

    /// What is stored for a node; throws ``CacheMiss`` if nothing is.
    func node(_ level: UInt8, _ index: UInt64) throws(CacheMiss) -> SHA256Digest {
        guard let position = StoredHashes.position(level: level, index: index) else { throw CacheMiss() }
        guard let bytes = try? hashes.read(32, at: position * 32), let hash = SHA256Digest(bytes) else {
            throw CacheMiss()
        }
        return hash
    }

    func leafHash(_ sequence: UInt64) throws(CacheMiss) -> SHA256Digest { try node(0, sequence) }

    /// The offsets of a range of entries with their marks.
    func markedOffsets(_ range: Range<UInt64>) throws(CacheMiss) -> [UInt64] {
        guard let count = Int(exactly: range.upperBound - range.lowerBound),
            let bytes = try? offsets.read(count * 8, at: range.lowerBound * 8), bytes.count == count * 8
        else { throw CacheMiss() }
        return bytes.withUnsafeBytes { buffer in
            (0..<count).map { UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }

    /// The first entry of the frame that holds an entry, and the offset of that frame's header.
    func frame(holding sequence: UInt64) throws(CacheMiss) -> (firstSequence: UInt64, offset: UInt64) {
        var end = sequence + 1
        while end > 0 {
            let start = end > 512 ? end - 512 : 0
            let block = try markedOffsets(start..<end)
            if let index = block.lastIndex(where: { $0 & Self.frameStartMark != 0 }) {
                let first = block[index] & ~Self.frameStartMark
                guard first >= UInt64(JournalFormat.frameHeaderLength) else { throw CacheMiss() }
                return (start + UInt64(index), first - UInt64(JournalFormat.frameHeaderLength))
            }
            end = start
        }
        throw CacheMiss()
    }
}

/// A cache does not hold what it should; the journal does.
struct CacheMiss: Error {}
