import Foundation
import Signing
import Testing
import TransparencyLog

@testable import Storage

@Suite struct TileReadingTests {
    @Test func everyTileOfEveryWidthIsWhatTheEntriesGive() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder, writesTiles: false)
        try await TileSamples.append(600, to: ledger)
        let entries = try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root)
        for content in [Tile.Content.entries, .hashes(level: 0), .hashes(level: 1)] {
            for index: UInt64 in 0...2 {
                for width in [1, 2, 3, 88, 127, 128, 129, 254, 255, 256] {
                    guard let tile = Tile(content, index: index, width: width) else { continue }
                    if tile.isPart(ofTreeOfSize: 600) {
                        #expect(try ledger.tile(tile) == TileSamples.bytes(tile, entries), "\(tile)")
                    } else {
                        #expect(throws: LedgerError.self, "\(tile)") { try ledger.tile(tile) }
                    }
                    #expect(ledger.tilePath(tile) == nil)
                }
            }
        }
    }

    @Test func tilesOfATallTreeServeItsProofs() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder, writesTiles: false)
        try await TileSamples.append(66_000, to: ledger)
        let head = ledger.head
        var hashes = try TileHashes(size: head.size, root: head.root) { try ledger.tile($0) }
        for sequence in stride(from: UInt64(0), to: head.size, by: 9973) {
            let bundle = try #require(Tile(.entries, index: sequence >> 8, treeSize: head.size))
            let entries = try hashes.entries(of: bundle, in: try ledger.tile(bundle))
            let proof = try InclusionProof(index: sequence, size: head.size) { try hashes.node($0, $1) }
            #expect(try proof == ledger.inclusionProof(sequence: sequence, size: head.size))
            try proof.verify(leafHash: MerkleTree.leafHash(entries[Int(sequence & 255)]), root: head.root)
        }
    }

    @Test(arguments: ["hashes", "offsets"])
    func aTileIsNeverMadeOfDamagedCaches(name: String) async throws {
        let (folder, log) = (try LedgerFolder(), LedgerLog())
        let ledger = try TileSamples.open(folder, log: log, writesTiles: false)
        try await TileSamples.append(700, to: ledger)
        let entries = try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root)
        let good = try folder.bytes(name)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.directory + "/" + name))
        for path in ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/0/001.p/7", "tile/1/000.p/2", "tile/entries/001",
            "tile/entries/002.p/100"]
        {
            let tile = try #require(Tile(path: path))
            for position in stride(from: 5, to: good.count, by: good.count / 9) {
                try file.seek(toOffset: UInt64(position))
                try file.write(contentsOf: Data(repeating: ~good[position], count: 1))
                #expect(try ledger.tile(tile) == TileSamples.bytes(tile, entries), "\(path) with byte \(position) of \(name) changed")
            }
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data(repeating: 0xFF, count: good.count))
            #expect(try ledger.tile(tile) == TileSamples.bytes(tile, entries))
            try file.truncate(atOffset: 100)
            #expect(try ledger.tile(tile) == TileSamples.bytes(tile, entries))
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data(good))
        }
        #expect(log.text.contains("rewriting"))
    }

    @Test func aChangedJournalGivesAnErrorAndNeverAnotherTile() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder, writesTiles: false)
        try await TileSamples.append(300, to: ledger)
        let journal = try folder.bytes("journal")
        let entries = try LedgerSamples.check(journal, root: ledger.root)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.journal))
        let bundle = try #require(Tile(path: "tile/entries/000"))
        let leaves = try #require(Tile(path: "tile/0/000"))
        for position in [40, journal.count / 3] {
            try file.seek(toOffset: UInt64(position))
            try file.write(contentsOf: Data([journal[position] ^ 1]))
            #expect(throws: LedgerError.self) { try ledger.tile(bundle) }
            // The hashes are still those of the durable root.
            #expect(try ledger.tile(leaves) == TileSamples.bytes(leaves, entries))
            try file.seek(toOffset: UInt64(position))
            try file.write(contentsOf: Data([journal[position]]))
            #expect(try ledger.tile(bundle) == TileSamples.bytes(bundle, entries))
        }
    }
}
