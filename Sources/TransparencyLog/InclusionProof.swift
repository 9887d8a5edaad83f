import Signing

/// A Merkle audit path: proof that a leaf is in a tree (RFC 6962 section 2.1.1).
public struct InclusionProof: Sendable, Hashable {
    public let index: UInt64
    public let size: UInt64
    /// From the leaf's sibling up to the child of the root.
    public let path: [SHA256Digest]

    public init(index: UInt64, size: UInt64, path: [SHA256Digest]) {
        self.index = index
        self.size = size
        self.path = path
    }

    /// Makes the proof for leaf `index` in the tree of the first `size` leaves, which must hold it
    /// (``MerkleProofError/indexOutsideTree(index:size:)``).
    ///
    /// - Parameter node: the hash of a complete node; asked at most twice for each level.
    public init<Failure: Error>(
        index: UInt64, size: UInt64, node: (_ level: UInt8, _ index: UInt64) throws(Failure) -> SHA256Digest
    ) throws {
        guard size <= MerkleTree.maximumSize else { throw MerkleProofError.sizeTooLarge(size) }
        guard index < size else { throw MerkleProofError.indexOutsideTree(index: index, size: size) }
        var path: [SHA256Digest] = []
        var (start, end) = (UInt64(0), size)
        while end - start > 1 {
            let middle = start + MerkleTree.split(end - start)
            if index < middle {
                path.append(try MerkleTree.subtreeHash(middle..<end, node: node))
                end = middle
            } else {
                path.append(try MerkleTree.subtreeHash(start..<middle, node: node))
                start = middle
            }
        }
        self.init(index: index, size: size, path: path.reversed())
    }

    /// The root that the path leads to from a leaf (RFC 9162 section 2.1.3.2).
    public func root(from leafHash: SHA256Digest) throws(MerkleProofError) -> SHA256Digest {
        guard index < size else { throw .indexOutsideTree(index: index, size: size) }
        // Below the level where the leaf's path meets the tree's right edge there is a sibling at every level; above
        // it only where the path goes right.
        let inner = 64 - (index ^ (size - 1)).leadingZeroBitCount
        let expected = inner + (inner < 64 ? (index >> UInt64(inner)).nonzeroBitCount : 0)
        guard path.count == expected else { throw .wrongLength(expected: expected, actual: path.count) }
        var hash = leafHash
        for (level, sibling) in path.enumerated() {
            let onTheLeft = level >= inner || index >> UInt64(level) & 1 == 1
            hash = onTheLeft ? MerkleTree.nodeHash(sibling, hash) : MerkleTree.nodeHash(hash, sibling)
        }
        return hash
    }

    /// Returns if the leaf is in the tree with this root; throws what is wrong otherwise.
    public func verify(leafHash: SHA256Digest, root: SHA256Digest) throws(MerkleProofError) {
        let computed = try self.root(from: leafHash)
        guard computed == root else { throw .wrongRoot(size: size, expected: root, computed: computed) }
    }
}
