import Signing

/// The nodes of a tree whose size and root are trusted, read from tiles that are not: every tile is checked before one of
/// its hashes is used, the partial ones at the right edge against the root, every full one against the tile above it.
///
///     var hashes = try TileHashes(size: checkpoint.size, root: checkpoint.root) { try read($0.path) }
///     let proof = try InclusionProof(index: 7, size: 1000) { try hashes.node($0, $1) }
///
/// Reading may be done elsewhere (in parallel, or asynchronously): let `fetch` throw for a tile that is not there yet, get
/// the tile and call again; what was checked before is kept.
public struct TileHashes {
    public let size: UInt64
    public let root: SHA256Digest
    private let fetch: (Tile) throws -> [UInt8]
    /// The checked partial tiles.
    private var edge: [Tile: [SHA256Digest]] = [:]
    /// Checked full tiles, the oldest first in `order`.
    private var kept: [Tile: [SHA256Digest]] = [:]
    private var order: [Tile] = []
    private static let maximumKept = 64

    /// Reads and checks the tiles at the right edge. Throws what `fetch` throws, or ``TileError``.
    ///
    /// - Parameters:
    ///   - size: at most ``MerkleTree/maximumSize``.
    ///   - fetch: the bytes of a tile as they come, unchecked. It is asked only for tiles of hashes that a tree of `size`
    ///     entries has, with the width that they have there.
    public init(size: UInt64, root: SHA256Digest, fetch: @escaping (Tile) throws -> [UInt8]) throws {
        guard size <= MerkleTree.maximumSize else { throw TileError.sizeTooLarge(size) }
        (self.size, self.root, self.fetch) = (size, root, fetch)
        for tile in Tile.rightEdge(treeSize: size) { edge[tile] = try tile.hashes(in: try fetch(tile)) }
        let edge = edge
        let computed = try MerkleTree.root(size: size) { level, index in
            guard let place = Tile.place(ofNodeAt: level, index: index, treeSize: size), let hashes = edge[place.tile] else {
                throw TileError.outsideTree("node \(index) of level \(level)", size: size)
            }
            return Tile.node(over: hashes[place.hashes])
        }
        guard computed == root else { throw TileError.wrongRoot(size: size, expected: root, computed: computed) }
    }

    /// The checked hashes of a tile of the tree, which may be narrower than the tree has it. Of a tile of entries, the
    /// entries' leaf hashes.
    public mutating func hashes(of tile: Tile) throws -> [SHA256Digest] {
        guard let whole = Tile(.hashes(level: tile.level), index: tile.index, treeSize: size), tile.width <= whole.width
        else { throw TileError.outsideTree("\(tile)", size: size) }
        return Array(try checked(whole).prefix(tile.width))
    }

    /// The hash of a complete node: of leaf `index` at level 0, of the node over leaves 2^level·`index` and following above.
    public mutating func node(_ level: UInt8, _ index: UInt64) throws -> SHA256Digest {
        guard let place = Tile.place(ofNodeAt: level, index: index, treeSize: size) else {
            throw TileError.outsideTree("the complete node \(index) of level \(level)", size: size)
        }
        return Tile.node(over: try checked(place.tile)[place.hashes])
    }

    /// The entries of a bundle, every one of them checked against its leaf hash.
    ///
    /// - Parameter tile: a tile of entries that lies in the tree.
    public mutating func entries(of tile: Tile, in bundle: [UInt8]) throws -> [[UInt8]] {
        let leafHashes = try hashes(of: tile)
        let entries: [[UInt8]]
        do { entries = try EntryBundle.decode(bundle) } catch { throw TileError.badBundle(tile, reason: "\(error)") }
        guard entries.count == tile.width else {
            throw TileError.badBundle(tile, reason: "it has \(entries.count) entries instead of \(tile.width)")
        }
        for (offset, entry) in entries.enumerated() where MerkleTree.leafHash(entry) != leafHashes[offset] {
            throw TileError.wrongEntry(tile, sequence: tile.hashRange.lowerBound + UInt64(offset))
        }
        return entries
    }

    /// The hashes of a tile as the tree has it. The recursion climbs the tree's levels of tiles, of which there are eight.
    private mutating func checked(_ tile: Tile) throws -> [SHA256Digest] {
        if let hashes = edge[tile] ?? kept[tile] { return hashes }
        // A full tile: the tile above has the hash over it.
        let expected: SHA256Digest
        if let parent = Tile(.hashes(level: tile.level + 1), index: tile.index >> 8, treeSize: size) {
            expected = try checked(parent)[Int(tile.index & 255)]
        } else {
            throw TileError.outsideTree("\(tile)", size: size)
        }
        let hashes = try tile.hashes(in: try fetch(tile))
        let computed = Tile.node(over: hashes)
        guard computed == expected else {
            throw TileError.differsFromParent(tile, expected: expected, computed: computed)
        }
        keep(hashes, of: tile)
        return hashes
    }

    private mutating func keep(_ hashes: [SHA256Digest], of tile: Tile) {
        if order.count == Self.maximumKept { kept[order.removeFirst()] = nil }
        kept[tile] = hashes
        order.append(tile)
    }
}
