import Signing

/// Collects the audit paths of some entries in one pass over all leaf hashes of a log whose size is known.
///
/// It holds the tree's right edge and the paths, not the tree. Which entries are wanted may be decided as they come by:
/// what lies to the left of an entry's path is the right edge of the tree before it, so nothing has to be read twice.
/// Of what lies to the right, at most two nodes a level are waited for at any time, however many entries are wanted.
public struct ProofCollector: Sendable {
    /// The number of entries of the tree that the paths are for.
    public let size: UInt64
    private var frontier = MerkleFrontier()
    /// The place, in the order of ``StoredHashes``, of the next hash that the tree completes.
    private var position: UInt64 = 0
    /// The places of hashes to come that some path needs, the nearest last.
    private var awaited: [UInt64] = []
    /// The hashes that some path needs, by place.
    private var found: [UInt64: SHA256Digest] = [:]

    /// Throws ``MerkleProofError/sizeTooLarge(_:)``.
    public init(size: UInt64) throws(MerkleProofError) {
        guard size <= MerkleTree.maximumSize else { throw .sizeTooLarge(size) }
        self.size = size
    }

    /// The number of leaves seen, at most ``size``.
    public var count: UInt64 { frontier.count }
    public var isComplete: Bool { frontier.count == size }
    /// The root over the leaves seen.
    public var root: SHA256Digest { frontier.root }

    /// Takes the next leaf. Leaves behind ``size`` are left out.
    ///
    /// - Parameter isTarget: whether this leaf's path is wanted.
    public mutating func append(_ leafHash: SHA256Digest, isTarget: Bool = false) {
        guard frontier.count < size else { return }
        if isTarget { want(frontier.count) }
        frontier.append(leafHash) { hash in
            if awaited.last == position {
                awaited.removeLast()
                found[position] = hash
            }
            position += 1
        }
    }

    private mutating func want(_ index: UInt64) {
        let edge = frontier.completeNodes
        // The closure only tells which nodes the path needs; the path that comes out of it is thrown away.
        _ = try? InclusionProof(index: index, size: size) { level, index throws(MerkleProofError) in
            guard let place = StoredHashes.position(level: level, index: index) else { return .zero }
            if place < position {
                found[place] = edge.first { $0.level == level && $0.index == index }?.hash
            } else if let next = awaited.lastIndex(where: { $0 >= place }) {
                if awaited[next] != place { awaited.insert(place, at: next + 1) }
            } else {
                awaited.insert(place, at: 0)
            }
            return .zero
        }
    }

    /// The proof of a wanted entry; `nil` before all leaves were seen, and for an entry whose path was not collected.
    public func proof(of index: UInt64) -> InclusionProof? {
        guard isComplete else { return nil }
        return try? InclusionProof(index: index, size: size) { level, index throws(MerkleProofError) in
            guard let hash = StoredHashes.position(level: level, index: index).flatMap({ found[$0] }) else {
                throw .indexOutsideTree(index: index, size: size)
            }
            return hash
        }
    }
}
