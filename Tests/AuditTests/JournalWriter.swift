import Signing
import TransparencyLog

/// Writes a ledger's files from the description of their format: byte by byte, with a checksum of its own, so that a
/// fault of the auditor's reader is not repeated here.
struct JournalWriter {
    /// The entries' bytes, chained.
    var entries: [[UInt8]] = []
    /// How many entries each frame holds; the rest is one frame.
    var frameSizes: [Int] = []

    init(contents: [[UInt8]], frameSizes: [Int] = []) {
        self.frameSizes = frameSizes
        var previous = SHA256Digest.zero
        for (sequence, content) in contents.enumerated() {
            let entry = Array("{\"prev\":\"\(previous)\",\"seq\":\(sequence),".utf8) + content
            previous = SHA256.hash([0] + entry)
            entries.append(entry)
        }
    }

    init(_ space: TestSpace, frameSizes: [Int] = []) {
        self.init(contents: space.records.map(\.content), frameSizes: frameSizes)
    }

    var root: SHA256Digest { MerkleTree.root(ofLeafHashes: entries.map { MerkleTree.leafHash($0) }) }

    private var frames: [[[UInt8]]] {
        var frames: [[[UInt8]]] = []
        var rest = entries[...]
        for size in frameSizes + [entries.count] where !rest.isEmpty {
            frames.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return frames
    }

    var journal: [UInt8] {
        Array("HEXIJRN1".utf8) + [UInt8](repeating: 0, count: 8) + frames.flatMap(Self.frame)
    }

    /// Where each entry's bytes lie in the journal.
    var ranges: [Range<Int>] {
        var ranges: [Range<Int>] = []
        var position = 16
        for frame in frames {
            position += 8
            for entry in frame {
                ranges.append(position + 2..<position + 2 + entry.count)
                position += 2 + entry.count
            }
        }
        return ranges
    }

    static func frame(_ entries: [[UInt8]]) -> [UInt8] {
        var payload: [UInt8] = []
        for entry in entries { payload += [UInt8(entry.count >> 8), UInt8(entry.count & 255)] + entry }
        let length = (0..<4).map { UInt8(truncatingIfNeeded: payload.count >> (8 * $0)) }
        let checksum = crc32c(length + payload)
        return length + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) } + payload
    }

    /// CRC-32C bit by bit, as RFC 3720 appendix B.4 defines it.
    static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        var state: UInt32 = ~0
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0x82F6_3B78 : state >> 1 }
        }
        return ~state
    }

    func checkpoint(_ signer: NoteSigner, size: Int? = nil) throws -> [UInt8] {
        let size = size ?? entries.count
        let root = MerkleTree.root(ofLeafHashes: entries.prefix(size).map { MerkleTree.leafHash($0) })
        return try Checkpoint(origin: signer.name, size: UInt64(size), root: root).signed(by: signer).bytes
    }
}
