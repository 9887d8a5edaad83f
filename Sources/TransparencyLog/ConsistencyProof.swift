import Signing

/// Proof that a tree is the beginning of a larger one: nothing was changed or taken away (RFC 6962 section 2.1.2).
public struct ConsistencyProof: Sendable, Hashable {
    public let firstSize: UInt64
    public let secondSize: UInt64
    public let path: [SHA256Digest]

    public init(firstSize: UInt64, secondSize: UInt64, path: [SHA256Digest]) {
        self.firstSize = firstSize
        self.secondSize = secondSize
        self.path = path
    }

    /// Makes the proof from the first `firstSize` leaves to the first `secondSize` ones; empty if the sizes are equal or
    /// the first is zero. Throws ``MerkleProofError/sizesOutOfOrder(first:second:)`` or what `node` throws.
    ///
    /// - Parameter node: the hash of a complete node.
    public init<Failure: Error>(
        firstSize: UInt64, secondSize: UInt64,
        node: (_ level: UInt8, _ index: UInt64) throws(Failure) -> SHA256Digest
    ) throws {
        guard secondSize <= MerkleTree.maximumSize else { throw MerkleProofError.sizeTooLarge(secondSize) }
        guard firstSize <= secondSize else {
            throw MerkleProofError.sizesOutOfOrder(first: firstSize, second: secondSize)
        }
        var path: [SHA256Digest] = []
        if firstSize > 0 && firstSize < secondSize {
            var (start, end) = (UInt64(0), secondSize)
            while end != firstSize {
                let middle = start + MerkleTree.split(end - start)
                if firstSize <= middle {
                    path.append(try MerkleTree.subtreeHash(middle..<end, node: node))
                    end = middle
                } else {
                    path.append(try MerkleTree.subtreeHash(start..<middle, node: node))
                    start = middle
                }
            }
            // Where the first tree is itself a complete left subtree, the verifier already has its root.
            if start > 0 { path.append(try MerkleTree.subtreeHash(start..<end, node: node)) }
        }
        self.init(firstSize: firstSize, secondSize: secondSize, path: path.reversed())
    }

    /// Returns if the tree with the first root is the beginning of the one with the second (RFC 9162 section 2.1.4.2);
    /// throws what is wrong otherwise.
    public func verify(firstRoot: SHA256Digest, secondRoot: SHA256Digest) throws(MerkleProofError) {
        guard firstSize <= secondSize else { throw .sizesOutOfOrder(first: firstSize, second: secondSize) }
        if firstSize == 0 || firstSize == secondSize {
            guard path.isEmpty else { throw .wrongLength(expected: 0, actual: path.count) }
            let expected = firstSize == 0 ? MerkleTree.emptyRoot : secondRoot
            guard firstRoot == expected else {
                throw .wrongRoot(size: firstSize, expected: firstRoot, computed: expected)
            }
            return
        }
        let (computedFirst, computedSecond) = try roots(firstRoot: firstRoot)
        guard computedFirst == firstRoot else {
            throw .wrongRoot(size: firstSize, expected: firstRoot, computed: computedFirst)
        }
        guard computedSecond == secondRoot else {
            throw .wrongRoot(size: secondSize, expected: secondRoot, computed: computedSecond)
        }
    }

    /// The two roots that the path leads to, for 0 < first size < second size.
    private func roots(firstRoot: SHA256Digest) throws(MerkleProofError) -> (SHA256Digest, SHA256Digest) {
        // Climb from the last node that is complete in the first tree. It is the first hash of the path, unless it is
        // the whole first tree.
        let level = firstSize.trailingZeroBitCount
        let node = firstSize >> UInt64(level) - 1
        let edge = (secondSize - 1) >> UInt64(level)
        let inner = 64 - (node ^ edge).leadingZeroBitCount
        let above = inner < 64 ? (node >> UInt64(inner)).nonzeroBitCount : 0
        let startsInPath = node != 0
        let expected = inner + above + (startsInPath ? 1 : 0)
        guard path.count == expected else { throw .wrongLength(expected: expected, actual: path.count) }
        let start = startsInPath ? path.first ?? firstRoot : firstRoot
        var (first, second) = (start, start)
        for (step, sibling) in path.dropFirst(startsInPath ? 1 : 0).enumerated() {
            if step >= inner || node >> UInt64(step) & 1 == 1 {
                first = MerkleTree.nodeHash(sibling, first)
                second = MerkleTree.nodeHash(sibling, second)
            } else {
                second = MerkleTree.nodeHash(second, sibling)
            }
        }
        return (first, second)
    }
}
