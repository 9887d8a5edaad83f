import Foundation
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

/// What the tests of tiles share.
enum TileSamples {
    /// Retries and synchronisations come at once, and nobody rests.
    static let hurried = TileWriter.Pace(
        restFactor: 0, synchronizationInterval: 0, firstRetry: 1_000_000, lastRetry: 1_000_000)

    static func open(
        _ folder: LedgerFolder, log: LedgerLog = LedgerLog(), operations: FileOperations = .system,
        pace: TileWriter.Pace = hurried, writesTiles: Bool = true
    ) throws -> Ledger {
        var opening = LedgerOpening(
            directory: folder.directory, signer: try LedgerSamples.signer(), snapshotKey: LedgerSamples.snapshotKey,
            log: log.write)
        opening.operations = operations
        opening.tilePace = pace
        opening.writesTiles = writesTiles
        return try Ledger(opening, .either)
    }

    /// Appends so many entries, a thousand at a time.
    static func append(_ count: Int, to ledger: Ledger) async throws {
        let first = Int(ledger.size)
        for start in stride(from: first, to: first + count, by: 1000) {
            _ = try await ledger.append((start..<min(first + count, start + 1000)).map { LedgerSamples.draft($0) })
        }
    }

    /// Waits for something that another thread does, for as long as a slow machine may need.
    static func wait(_ what: String, until condition: () throws -> Bool) async throws {
        for _ in 0..<12_000 {
            if try condition() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("it did not come about that \(what)")
    }

    static func waitForTiles(_ ledger: Ledger) async throws {
        try await wait("all full tiles are written") { ledger.tiledSize == ledger.size / 256 * 256 }
    }

    /// A closed ledger of so many entries with all its tiles written and marked.
    static func fill(_ folder: LedgerFolder, _ count: Int) async throws {
        let ledger = try open(folder)
        try await append(count, to: ledger)
        try await waitForTiles(ledger)
        ledger.close()
    }

    /// The bytes of a tile from the entries alone.
    static func bytes(_ tile: Tile, _ entries: [[UInt8]]) throws -> [UInt8] {
        let range = Int(tile.entryRange.lowerBound)..<Int(tile.entryRange.upperBound)
        guard case .hashes = tile.content else { return try EntryBundle.encode(Array(entries[range])) }
        let leafHashes = entries[range].map { MerkleTree.leafHash($0) }
        let step = range.count / tile.width
        return Tile.bytes(of: stride(from: 0, to: range.count, by: step).map {
            MerkleTree.root(ofLeafHashes: leafHashes[$0..<$0 + step])
        })
    }

    /// Every full tile and bundle of a tree.
    static func fullTiles(_ size: UInt64) -> [Tile] {
        ([.entries] + (0...Tile.maximumLevel).map { .hashes(level: $0) }).flatMap { content in
            (0..<Tile.fullCount(of: content, treeSize: size)).compactMap { Tile(content, index: $0) }
        }
    }
}
