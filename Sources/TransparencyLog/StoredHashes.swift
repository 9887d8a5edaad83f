/// Where the nodes of a growing tree lie when each is written as soon as it is complete: a leaf, then the nodes it
/// completes, lowest first (post-order). Nothing ever moves, so the hashes can be kept in a file that is only appended to.
/// The arrangement is the one of the Go checksum database (golang.org/x/mod/sumdb/tlog, `StoredHashIndex`).
public enum StoredHashes {
    /// The number of hashes stored for a tree of `size` leaves, `size` ≤ ``MerkleTree/maximumSize``.
    public static func count(forSize size: UInt64) -> UInt64 {
        let size = min(size, MerkleTree.maximumSize)
        return 2 * size - UInt64(size.nonzeroBitCount)
    }

    /// The position (counted in hashes) of node (`level`, `index`), whose last leaf must lie below
    /// ``MerkleTree/maximumSize``; `nil` if it does not.
    public static func position(level: UInt8, index: UInt64) -> UInt64? {
        guard level < 62, index < MerkleTree.maximumSize >> UInt64(level) else { return nil }
        // Before the node come all hashes of the leaves before its last one, then that leaf and the levels between.
        let lastLeaf = (index + 1) << UInt64(level) - 1
        return count(forSize: lastLeaf) + UInt64(level)
    }
}
