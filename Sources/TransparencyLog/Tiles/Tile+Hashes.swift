import Signing

extension Tile {
    /// The hashes in a tile's bytes; throws ``TileError/wrongLength(_:expected:actual:)``.
    public func hashes(in bytes: [UInt8]) throws(TileError) -> [SHA256Digest] {
        guard bytes.count == width * SHA256Digest.count else {
            throw .wrongLength(self, expected: width * SHA256Digest.count, actual: bytes.count)
        }
        return stride(from: 0, to: bytes.count, by: SHA256Digest.count).compactMap {
            SHA256Digest(bytes[$0..<$0 + SHA256Digest.count])
        }
    }

    /// The bytes of a tile of hashes.
    public static func bytes(of hashes: some Collection<SHA256Digest>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * SHA256Digest.count)
        for hash in hashes { hash.withUnsafeBytes { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// The hash of the complete node over 2^k hashes of one level, such as those of a full tile.
    public static func node(over hashes: some Collection<SHA256Digest>) -> SHA256Digest {
        var nodes = Array(hashes)
        while nodes.count > 1 {
            nodes = stride(from: 0, to: nodes.count - 1, by: 2).map { MerkleTree.nodeHash(nodes[$0], nodes[$0 + 1]) }
        }
        return nodes.first ?? MerkleTree.emptyRoot
    }

    /// The root of a tree of `size` entries if it has these hashes in this tile: they are the tree's own exactly if this is
    /// the tree's root.
    ///
    /// - Parameters:
    ///   - hashes: the tile's, as many as it is wide.
    ///   - size: of a tree that has the tile with just this width (``init(_:index:treeSize:)``).
    ///   - node: the hash of a complete node outside the tile.
    public func root<Failure: Error>(
        withHashes hashes: [SHA256Digest], treeSize size: UInt64,
        node: (_ level: UInt8, _ index: UInt64) throws(Failure) -> SHA256Digest
    ) throws(Failure) -> SHA256Digest {
        guard size <= MerkleTree.maximumSize, hashes.count == width,
            self == Tile(.hashes(level: level), index: index, treeSize: size)
        else { return MerkleTree.emptyRoot }
        // The node over the tile, and over what follows it at the right edge if the tile is partial.
        var level = 8 * self.level + 8
        var hash: SHA256Digest
        if isFull {
            hash = Self.node(over: hashes)
        } else {
            hash = try MerkleTree.subtreeHash(entryRange.lowerBound..<size) { (level, index) throws(Failure) in
                guard let place = Tile.place(ofNodeAt: level, index: index, treeSize: size), place.tile == self else {
                    return try node(level, index)
                }
                return Self.node(over: hashes[place.hashes])
            }
        }
        // Up to the root. The last node of a level may be incomplete, and then has no sibling if it stands on the left.
        var (position, last) = (index, (size - 1) >> UInt64(level))
        while last > 0 {
            if position & 1 == 1 {
                hash = MerkleTree.nodeHash(try node(level, position - 1), hash)
            } else if position < last {
                let right = (position + 1) << UInt64(level)..<min(size, (position + 2) << UInt64(level))
                hash = MerkleTree.nodeHash(hash, try MerkleTree.subtreeHash(right, node: node))
            }
            (position, last, level) = (position >> 1, last >> 1, level + 1)
        }
        return hash
    }
}
