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

    /// The first entry of an addition for which a file does not hold what it should, for each file that does not.
    func differences(from addition: Addition) throws(LedgerError) -> [(file: String, sequence: UInt64)] {
        let hashStart = StoredHashes.count(forSize: addition.firstSequence)
        var differences: [(file: String, sequence: UInt64)] = []
        if let index = try difference(addition.hashes, in: hashes, at: hashStart * 32) {
            differences.append(("hashes", Self.sequence(ofHash: hashStart + UInt64(index), from: addition.firstSequence)))
        }
        if let index = try difference(addition.offsets, in: offsets, at: addition.firstSequence * 8) {
            differences.append(("offsets", addition.firstSequence + UInt64(index)))
        }
        return differences
    }

    /// The first element that is not in the file at its place.
    private func difference<Element>(_ elements: [Element], in file: LedgerFile, at offset: UInt64) throws(LedgerError) -> Int? {
        let stride = MemoryLayout<Element>.stride
        let held = try file.read(elements.count * stride, at: offset)
        return elements.withUnsafeBytes { expected in
            let shared = min(held.count, expected.count)
            if let index = (0..<shared).first(where: { held[$0] != expected[$0] }) { return index / stride }
            return held.count == expected.count ? nil : shared / stride
        }
    }

    /// The entry with which the hash at a position is stored.
    private static func sequence(ofHash position: UInt64, from first: UInt64) -> UInt64 {
        var sequence = first
        while StoredHashes.count(forSize: sequence + 1) <= position { sequence += 1 }
        return sequence
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

    /// What is stored for a run of up to 256 nodes of one level.
    func nodes(_ level: UInt8, _ range: Range<UInt64>) throws(CacheMiss) -> [SHA256Digest] {
        // Leaves lie close together: one read has them all.
        guard level == 0, let last = range.last, let start = StoredHashes.position(level: 0, index: range.lowerBound),
            let end = StoredHashes.position(level: 0, index: last)
        else {
            var nodes: [SHA256Digest] = []
            for index in range { nodes.append(try node(level, index)) }
            return nodes
        }
        let length = Int(end - start + 1) * SHA256Digest.count
        guard let bytes = try? hashes.read(length, at: start * 32), bytes.count == length else { throw CacheMiss() }
        return range.compactMap { index in
            StoredHashes.position(level: 0, index: index).flatMap { position in
                let offset = Int(position - start) * SHA256Digest.count
                return SHA256Digest(bytes[offset..<offset + SHA256Digest.count])
            }
        }
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
