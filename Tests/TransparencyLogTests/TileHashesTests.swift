import Signing
import Testing
import TransparencyLog

@Suite struct TileHashesTests {
    /// A tree whose tiles can be fetched, and spoiled.
    private final class Tiles {
        let tree: StoredTree
        let roots: [SHA256Digest]
        var spoiled: [Tile: [UInt8]] = [:]
        var fetched: [Tile] = []

        init(size: Int) {
            var tree = StoredTree()
            var roots = [tree.frontier.root]
            for number in 0..<size {
                tree.append(MerkleTree.leafHash(Array("entry \(number)".utf8)))
                roots.append(tree.frontier.root)
            }
            (self.tree, self.roots) = (tree, roots)
        }

        func bytes(_ tile: Tile) throws -> [UInt8] {
            fetched.append(tile)
            return try spoiled[tile] ?? honest(tile)
        }

        func honest(_ tile: Tile) throws -> [UInt8] {
            Tile.bytes(of: try tile.hashRange.map { try tree.node(8 * tile.level, $0) })
        }

        func hashes(_ size: Int) throws -> TileHashes {
            try TileHashes(size: UInt64(size), root: roots[size]) { try self.bytes($0) }
        }
    }

    @Test func everyNodeOfEveryTreeUpTo600ComesOutOfItsTiles() throws {
        let tiles = Tiles(size: 600)
        for size in 0...600 {
            var hashes = try tiles.hashes(size)
            // All nodes of some trees, the right edge and a sample of all others.
            let step = size % 100 == 56 ? 1 : max(1, size / 7)
            for level in UInt8(0)...9 {
                let count = size >> Int(level)
                for index in Set(stride(from: 0, to: count, by: step)).union(count > 0 ? [count - 1] : []) {
                    #expect(try hashes.node(level, UInt64(index)) == tiles.tree.node(level, UInt64(index)))
                }
                #expect(throws: TileError.self) { try hashes.node(level, UInt64(count)) }
            }
        }
    }

    @Test func proofsFromTheTilesOfRandomTreesUpTo200000EqualThoseOfTheTree() throws {
        let tiles = Tiles(size: 200_000)
        var generator = SplitMix(state: 3)
        for round in 0..<40 {
            let size = round == 0 ? 200_000 : round == 1 ? 65_536 : Int.random(in: 1...200_000, using: &generator)
            var hashes = try tiles.hashes(size)
            for _ in 0..<5 {
                let index = UInt64.random(in: 0..<UInt64(size), using: &generator)
                let proof = try InclusionProof(index: index, size: UInt64(size)) { try hashes.node($0, $1) }
                try proof.verify(leafHash: tiles.tree.leaves[Int(index)], root: tiles.roots[size])
                let first = UInt64.random(in: 1...UInt64(size), using: &generator)
                let consistency = try ConsistencyProof(firstSize: first, secondSize: UInt64(size)) { try hashes.node($0, $1) }
                try consistency.verify(firstRoot: tiles.roots[Int(first)], secondRoot: tiles.roots[size])
            }
            #expect(tiles.fetched.allSatisfy { $0.isPart(ofTreeOfSize: 200_000) })
        }
    }

    @Test func onlyTilesThatTheTreeHasAreAskedForWithTheirWidth() throws {
        let tiles = Tiles(size: 70_000)
        var hashes = try tiles.hashes(70_000)
        for index in stride(from: UInt64(0), to: 70_000, by: 997) { _ = try hashes.node(0, index) }
        for tile in tiles.fetched {
            #expect(tile == Tile(tile.content, index: tile.index, treeSize: 70_000))
        }
    }

    @Test func aRootFollowsFromAnyTileOfTheTreeAndChangesWithEveryHashOfIt() throws {
        let tiles = Tiles(size: 66_000)
        for size in [1, 2, 255, 256, 257, 511, 512, 513, 1000, 4096, 65_535, 65_536, 65_537, 65_792, 66_000] {
            for level in UInt8(0)...2 {
                let fullCount = Tile.fullCount(of: .hashes(level: level), treeSize: UInt64(size))
                for index in Set([0, 1, fullCount / 2, fullCount - min(fullCount, 1), fullCount]) {
                    guard let tile = Tile(.hashes(level: level), index: index, treeSize: UInt64(size)) else { continue }
                    var hashes = try tile.hashes(in: try tiles.honest(tile))
                    let node = { (level: UInt8, index: UInt64) in try tiles.tree.node(level, index) }
                    #expect(try tile.root(withHashes: hashes, treeSize: UInt64(size), node: node) == tiles.roots[size])
                    for position in [0, hashes.count / 2, hashes.count - 1] {
                        let sound = hashes[position]
                        hashes[position] = MerkleTree.nodeHash(sound, sound)
                        #expect(try tile.root(withHashes: hashes, treeSize: UInt64(size), node: node) != tiles.roots[size])
                        hashes[position] = sound
                    }
                    #expect(try tile.root(withHashes: hashes.dropLast(), treeSize: UInt64(size), node: node) != tiles.roots[size])
                }
            }
        }
    }

    @Test func everySpoiledTileIsRefusedBeforeOneOfItsHashesIsUsed() throws {
        let tiles = Tiles(size: 66_000)
        let paths = ["tile/0/000", "tile/0/001", "tile/0/254", "tile/0/257.p/208", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"]
        for path in paths {
            let tile = try #require(Tile(path: path))
            let honest = try tiles.honest(tile)
            for position in [0, honest.count / 2, honest.count - 1] {
                var bytes = honest
                bytes[position] ^= 1
                tiles.spoiled = [tile: bytes]
                #expect(throws: TileError.self) { try self.readAround(tile, tiles) }
            }
            for bytes in [[], Array(honest.dropLast()), honest + [0], Array(honest.dropLast(32)), honest + honest] {
                tiles.spoiled = [tile: bytes]
                #expect(throws: TileError.self) { try self.readAround(tile, tiles) }
            }
        }
        tiles.spoiled = [:]
        #expect(throws: TileError.self) {
            try TileHashes(size: 65_999, root: tiles.roots[66_000]) { try tiles.bytes($0) }
        }
        #expect(throws: TileError.sizeTooLarge(.max)) { try TileHashes(size: .max, root: .zero) { _ in [] } }
    }

    private func readAround(_ tile: Tile, _ tiles: Tiles) throws {
        var hashes = try tiles.hashes(66_000)
        _ = try hashes.node(0, tile.entryRange.lowerBound)
    }

    @Test func anEntryBundleIsTakenOnlyIfEveryEntryHasItsLeafHash() throws {
        let tiles = Tiles(size: 300)
        let entries = (0..<300).map { Array("entry \($0)".utf8) }
        var hashes = try tiles.hashes(300)
        for path in ["tile/entries/000", "tile/entries/000.p/7", "tile/entries/001.p/44", "tile/entries/001.p/1"] {
            let tile = try #require(Tile(path: path))
            let own = Array(entries[Int(tile.hashRange.lowerBound)..<Int(tile.hashRange.upperBound)])
            let bundle = try EntryBundle.encode(own)
            #expect(try hashes.entries(of: tile, in: bundle) == own)
            var changed = bundle
            changed[changed.count - 1] ^= 1
            for bad in [changed, Array(bundle.dropLast()), bundle + [0, 0], [], try EntryBundle.encode(Array(own.dropLast()))] {
                #expect(throws: TileError.self) { try hashes.entries(of: tile, in: bad) }
            }
        }
        let beyond = try #require(Tile(path: "tile/entries/001.p/45"))
        #expect(throws: TileError.self) { try hashes.entries(of: beyond, in: []) }
    }

    @Test func whatFetchThrowsComesThroughAndReadingGoesOnOnceTheTileIsThere() throws {
        struct Missing: Error { let tile: Tile }
        let tiles = Tiles(size: 70_000)
        final class Store { var tiles: [Tile: [UInt8]] = [:] }
        let store = Store()
        var rounds = 0
        var hashes: TileHashes?
        while true {
            rounds += 1
            do {
                let made = try hashes ?? TileHashes(size: 70_000, root: tiles.roots[70_000]) {
                    guard let bytes = store.tiles[$0] else { throw Missing(tile: $0) }
                    return bytes
                }
                var reading = made
                defer { hashes = reading }
                #expect(try reading.node(0, 5) == tiles.tree.node(0, 5))
                break
            } catch let missing as Missing {
                store.tiles[missing.tile] = try tiles.honest(missing.tile)
            }
        }
        // Three tiles at the right edge, the full one below them and the leaf's own.
        #expect(rounds == 6 && store.tiles.count == 5)
    }
}
