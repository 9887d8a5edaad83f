import CSodium
import Signing
import TransparencyLog

/// A state that was derived from the first entries of the ledger, so that a start need not replay them.
public struct LedgerSnapshot: Sendable {
    /// How many entries the state reflects.
    public let size: UInt64
    /// The root over them.
    public let root: SHA256Digest
    /// The right edge of the tree over them.
    public let frontier: MerkleFrontier
    /// The caller's bytes.
    public let state: [UInt8]
    /// The beginning of the frame that holds the first entry which the state does not reflect.
    let resumption: ChainTip
}

/// The file `state-snapshot`: authenticated with a secret key (BLAKE2b, keyed), so that a state which the ledger does not
/// give cannot be slipped in. Layout, integers big-endian:
///
///     "HEXISNP1"
///     u32 length and bytes of the frontier at the state's size     (size and root follow from it)
///     u32 length and bytes of the frontier at the resumption frame
///     32 bytes: leaf hash of the entry before that frame
///     u64 offset of that frame in the journal
///     u64 length and bytes of the state
///     32 bytes: BLAKE2b-256 over the log's name, a zero byte and everything above, under the snapshot key
struct SnapshotFile: Sendable {
    static let keyLength = 32
    private static let magic = Array("HEXISNP1".utf8)
    private static let maximumLength = 1 << 30

    let path: String
    let origin: String
    let key: [UInt8]
    let operations: FileOperations

    func write(state: [UInt8], frontier: MerkleFrontier, resumption: ChainTip) throws(LedgerError) {
        var head = Self.magic
        for frontier in [frontier, resumption.frontier] {
            let bytes = frontier.encoded()
            head += Self.bytes(UInt64(bytes.count), width: 4) + bytes
        }
        head += resumption.lastHash.bytes + Self.bytes(resumption.journalEnd, width: 8)
        head += Self.bytes(UInt64(state.count), width: 8)
        try LedgerFile.replace(path, with: [head, state, tag([head, state])], operations: operations)
    }

    /// The snapshot, `nil` if there is none, or the reason why the file is refused.
    func read() -> Result<LedgerSnapshot, SnapshotRefusal>? {
        do throws(LedgerError) {
            guard let bytes = try LedgerFile.contents(of: path, limit: Self.maximumLength, operations: operations) else { return nil }
            guard bytes.count > Self.magic.count + 32 else { return .failure(SnapshotRefusal(reason: "it is too short")) }
            let signed = Array(bytes.dropLast(32))
            let expected = tag([signed])
            guard sodium_memcmp(expected, Array(bytes.suffix(32)), 32) == 0 else {
                return .failure(SnapshotRefusal(reason: "it was changed, or written with another key or for another log"))
            }
            return Self.parse(signed).map { .success($0) } ?? .failure(SnapshotRefusal(reason: "its fields do not add up"))
        } catch {
            return .failure(SnapshotRefusal(reason: "\(error)"))
        }
    }

    private static func parse(_ bytes: [UInt8]) -> LedgerSnapshot? {
        var position = 0
        func take(_ count: UInt64) -> ArraySlice<UInt8>? {
            guard count <= UInt64(bytes.count - position) else { return nil }
            defer { position += Int(count) }
            return bytes[position..<position + Int(count)]
        }
        func integer(_ width: UInt64) -> UInt64? { take(width)?.reduce(0) { $0 << 8 | UInt64($1) } }
        func frontier() -> MerkleFrontier? {
            integer(4).flatMap { take($0) }.flatMap { MerkleFrontier(encoded: Array($0)) }
        }
        guard take(8).map({ $0.elementsEqual(magic) }) == true, let edge = frontier(), let resumed = frontier(),
            let lastHash = take(32).flatMap({ SHA256Digest($0) }), let offset = integer(8),
            let state = integer(8).flatMap({ take($0) }), position == bytes.count, resumed.count <= edge.count
        else { return nil }
        return LedgerSnapshot(
            size: edge.count, root: edge.root, frontier: edge, state: Array(state),
            resumption: ChainTip(frontier: resumed, lastHash: lastHash, journalEnd: offset))
    }

    private func tag(_ pieces: [[UInt8]]) -> [UInt8] {
        // The state's type wants an alignment that Swift cannot give a variable, so it is allocated.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
        defer { memory.deallocate() }
        let hash = OpaquePointer(memory)
        crypto_generichash_init(hash, key, key.count, 32)
        for piece in [Array(origin.utf8) + [0]] + pieces {
            crypto_generichash_update(hash, piece, UInt64(piece.count))
        }
        var tag = [UInt8](repeating: 0, count: 32)
        crypto_generichash_final(hash, &tag, 32)
        return tag
    }

    private static func bytes(_ value: UInt64, width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (width - 1 - $0))) }
    }
}

/// Why a snapshot is not used.
struct SnapshotRefusal: Error {
    let reason: String
}
