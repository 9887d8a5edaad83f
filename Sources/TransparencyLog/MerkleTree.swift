import Signing

/// The hash tree of RFC 6962 section 2.1, over SHA-256.
///
/// A node is named by its level (0 for leaves) and its index within the level, so node (l, i) stands over the leaves
/// i·2^l up to, not including, (i+1)·2^l.
public enum MerkleTree {
    /// The largest number of leaves that this code handles, 2^62: positions of stored hashes then fit in 64 bits.
    public static let maximumSize: UInt64 = 1 << 62

    /// The root of the tree without leaves: the hash of nothing (RFC 6962 section 2.1).
    public static let emptyRoot = SHA256.hash([])

    /// SHA-256(0x00 ‖ entry).
    public static func leafHash(_ entry: UnsafeRawBufferPointer) -> SHA256Digest { SHA256.hash(prefix: 0, entry) }

    /// SHA-256(0x00 ‖ entry).
    public static func leafHash(_ entry: [UInt8]) -> SHA256Digest { entry.withUnsafeBytes { leafHash($0) } }

    /// SHA-256(0x01 ‖ left ‖ right).
    public static func nodeHash(_ left: SHA256Digest, _ right: SHA256Digest) -> SHA256Digest {
        withUnsafeBytes(of: (left, right)) { SHA256.hash(prefix: 1, $0) }
    }

    /// The root over all leaf hashes, in order.
    public static func root(ofLeafHashes leafHashes: some Sequence<SHA256Digest>) -> SHA256Digest {
        var frontier = MerkleFrontier()
        for leafHash in leafHashes { frontier.append(leafHash) }
        return frontier.root
    }

    /// The largest power of two smaller than `count`, where RFC 6962 splits a tree of `count` ≥ 2 leaves.
    static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    /// The hash over the leaves `range`, which starts at a multiple of a power of two that is no smaller than its length
    /// (as every subtree of RFC 6962 does), from the complete subtrees within it.
    static func subtreeHash<Failure: Error>(
        _ range: Range<UInt64>, node: (_ level: UInt8, _ index: UInt64) throws(Failure) -> SHA256Digest
    ) throws(Failure) -> SHA256Digest {
        guard !range.isEmpty else { return emptyRoot }
        var hash: SHA256Digest?
        var end = range.upperBound
        // The complete subtrees of the right edge are the one bits of the length, smallest at the far right.
        var remaining = range.upperBound - range.lowerBound
        while remaining != 0 {
            let level = UInt8(remaining.trailingZeroBitCount)
            end -= 1 << UInt64(level)
            let complete = try node(level, end >> UInt64(level))
            hash = hash.map { nodeHash(complete, $0) } ?? complete
            remaining &= remaining - 1
        }
        return hash ?? emptyRoot
    }

    /// The root over the first `size` leaves, from the nodes of the tree.
    ///
    /// - Parameter size: at most ``maximumSize``; a larger one is treated as that.
    public static func root<Failure: Error>(
        size: UInt64, node: (_ level: UInt8, _ index: UInt64) throws(Failure) -> SHA256Digest
    ) throws(Failure) -> SHA256Digest {
        try subtreeHash(0..<min(size, maximumSize), node: node)
    }
}
