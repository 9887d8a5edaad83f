import Signing
import TransparencyLog

extension LedgerReader {
    /// The bytes of a tile of the durable tree; they are what the durable root commits to.
    func bytes(of tile: Tile) throws(LedgerError) -> [UInt8] {
        switch tile.content {
        case .hashes: Tile.bytes(of: try hashes(of: tile))
        case .entries: try bundle(of: tile).bytes
        }
    }

    /// The hashes of a tile; of a bundle, the entries' leaf hashes.
    func hashes(of tile: Tile) throws(LedgerError) -> [SHA256Digest] {
        let durable = try tip(holding: tile)
        return try mendingCaches { caches throws(CacheMiss) in try Self.hashes(of: tile, durable, caches) }
    }

    /// The entries of a tile as a bundle, and their leaf hashes.
    func bundle(of tile: Tile) throws(LedgerError) -> (bytes: [UInt8], leafHashes: [SHA256Digest]) {
        let durable = try tip(holding: tile)
        return try mendingCaches { caches throws(CacheMiss) in
            let leafHashes = try Self.hashes(of: tile, durable, caches)
            return (try bundle(tile.hashRange, leafHashes, caches), leafHashes)
        }
    }

    private func tip(holding tile: Tile) throws(LedgerError) -> ChainTip {
        let durable = writer.durable
        guard tile.isPart(ofTreeOfSize: durable.size) else { throw .outsideLedger("\(tile)", size: durable.size) }
        return durable
    }

    /// Reads the tile as wide as the durable tree has it, for that is what the durable root can vouch for.
    private static func hashes(
        of tile: Tile, _ durable: ChainTip, _ caches: LedgerCaches
    ) throws(CacheMiss) -> [SHA256Digest] {
        guard let whole = Tile(.hashes(level: tile.level), index: tile.index, treeSize: durable.size),
            tile.width <= whole.width
        else { throw CacheMiss() }
        let hashes = try caches.nodes(8 * tile.level, whole.hashRange)
        guard try whole.root(withHashes: hashes, treeSize: durable.size, node: caches.node) == durable.root else {
            throw CacheMiss()
        }
        return tile.width == whole.width ? hashes : Array(hashes[..<tile.width])
    }

    private func bundle(
        _ range: Range<UInt64>, _ leafHashes: [SHA256Digest], _ caches: LedgerCaches
    ) throws(CacheMiss) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = Block(writer.journal)
        for (index, offset) in try caches.markedOffsets(range).enumerated() {
            let entry = try block.entry(at: offset & ~LedgerCaches.frameStartMark)
            guard entry.withUnsafeBytes({ MerkleTree.leafHash($0) }) == leafHashes[index] else { throw CacheMiss() }
            bytes.append(UInt8(truncatingIfNeeded: entry.count >> 8))
            bytes.append(UInt8(truncatingIfNeeded: entry.count))
            bytes.append(contentsOf: entry)
        }
        return bytes
    }
}

extension Ledger {
    /// The bytes of a tile of hashes or of an entry bundle (C2SP tlog-tiles), of any width that the durable tree has: from
    /// the journal and its caches, checked against the root of the durable entries.
    ///
    /// Throws ``LedgerError/outsideLedger(_:size:)`` for a tile that the durable tree does not have.
    public func tile(_ tile: Tile) throws(LedgerError) -> [UInt8] { try reader.bytes(of: tile) }

    /// The path of a full tile's file if it has been written, ready to be sent; `nil` for a partial tile or one that is
    /// still to be written, which ``tile(_:)`` has. It was right when it was written, and ``scrub(bytesPerSecond:isCancelled:report:)``
    /// looks whether it still is.
    public func tilePath(_ tile: Tile) -> String? {
        guard tile.isFull, tile.isPart(ofTreeOfSize: tiles.writtenSize) else { return nil }
        return tiles.folder.path(of: tile)
    }

    /// For how many entries all full tiles and bundles have been written as files.
    public var tiledSize: UInt64 { tiles.writtenSize }
}
