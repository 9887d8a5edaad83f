import Signing

/// The right edge of a growing Merkle tree: the roots of its complete subtrees, largest first. With it a leaf is added
/// in constant time on average, and the root is known, without the rest of the tree.
public struct MerkleFrontier: Sendable, Hashable {
    /// The number of leaves.
    public private(set) var count: UInt64 = 0
    // One for each one bit of `count`, the highest bit first.
    private var completeSubtrees: [SHA256Digest] = []

    /// The frontier of the empty tree.
    public init() { completeSubtrees.reserveCapacity(64) }

    public mutating func append(_ leafHash: SHA256Digest) { append(leafHash) { _ in } }

    /// Adds a leaf, and hands every hash that it completes to `store`: the leaf's own and then those of the nodes above
    /// it, lowest first. Over all leaves this is the order of ``StoredHashes``.
    public mutating func append(_ leafHash: SHA256Digest, store: (SHA256Digest) -> Void) {
        store(leafHash)
        var hash = leafHash
        for _ in 0..<(~count).trailingZeroBitCount {
            guard let left = completeSubtrees.popLast() else { break }
            hash = MerkleTree.nodeHash(left, hash)
            store(hash)
        }
        completeSubtrees.append(hash)
        count &+= 1
    }

    /// The root of the tree (RFC 6962 section 2.1).
    public var root: SHA256Digest {
        guard var hash = completeSubtrees.last else { return MerkleTree.emptyRoot }
        for left in completeSubtrees.dropLast().reversed() { hash = MerkleTree.nodeHash(left, hash) }
        return hash
    }

    /// The complete subtrees with their places in the tree, largest first.
    var completeNodes: [(level: UInt8, index: UInt64, hash: SHA256Digest)] {
        var start: UInt64 = 0
        var nodes: [(level: UInt8, index: UInt64, hash: SHA256Digest)] = []
        for level in (0..<UInt8(63)).reversed() where count >> UInt64(level) & 1 == 1 {
            nodes.append((level, start >> UInt64(level), completeSubtrees[nodes.count]))
            start += 1 << UInt64(level)
        }
        return nodes
    }

    /// The frontier of the first `size` leaves of a tree whose nodes are known.
    ///
    /// - Parameter size: at most ``MerkleTree/maximumSize``; a larger one is treated as that.
    public init<Failure: Error>(
        size: UInt64, node: (_ level: UInt8, _ index: UInt64) throws(Failure) -> SHA256Digest
    ) throws(Failure) {
        self.init()
        let size = min(size, MerkleTree.maximumSize)
        var start: UInt64 = 0
        for level in (0..<UInt8(64)).reversed() where size >> UInt64(level) & 1 == 1 {
            completeSubtrees.append(try node(level, start >> UInt64(level)))
            start += 1 << UInt64(level)
        }
        count = size
    }

    /// Eight bytes of `count`, big-endian, then 32 bytes for each complete subtree, largest first.
    public func encoded() -> [UInt8] {
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: count >> UInt64(56 - 8 * $0)) }
        for hash in completeSubtrees { bytes += hash.bytes }
        return bytes
    }

    /// Reads ``encoded()``; `nil` if the number of hashes is not the one that the count calls for.
    public init?(encoded bytes: [UInt8]) {
        guard bytes.count >= 8 else { return nil }
        let count = bytes[0..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard count <= MerkleTree.maximumSize, bytes.count == 8 + 32 * count.nonzeroBitCount else { return nil }
        self.init()
        self.count = count
        for start in stride(from: 8, to: bytes.count, by: 32) {
            guard let hash = SHA256Digest(bytes[start..<start + 32]) else { return nil }
            completeSubtrees.append(hash)
        }
    }
}
