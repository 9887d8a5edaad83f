import Foundation
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

@Suite struct TileWritingTests {
    @Test func everyFullTileIsWrittenOnceAndHoldsWhatIsComputed() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder)
        try await TileSamples.append(66_000, to: ledger)
        try await TileSamples.waitForTiles(ledger)
        let tiles = TileSamples.fullTiles(66_000)
        #expect(tiles.count == 257 + 257 + 1)
        for tile in tiles {
            let path = try #require(ledger.tilePath(tile), "\(tile)")
            #expect(path == folder.directory + "/" + tile.path)
            #expect(try folder.bytes(tile.path) == ledger.tile(tile), "\(tile)")
        }
        #expect(ledger.tilePath(try #require(Tile(path: "tile/0/257.p/208"))) == nil)
        #expect(ledger.tilePath(try #require(Tile(path: "tile/0/000.p/200"))) == nil)
        #expect(ledger.tilePath(try #require(Tile(path: "tile/0/258"))) == nil)
        #expect(ledger.tilePath(try #require(Tile(path: "tile/1/001"))) == nil)
        ledger.close()
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.directory)
        #expect(!names.contains { $0.hasSuffix(".new") || $0.contains(".p/") })
        #expect(try progress(folder) == 65_792)
    }

    @Test func aRestartGoesOnBehindTheMarkAndLeavesWhatIsThere() async throws {
        let folder = try LedgerFolder()
        try await TileSamples.fill(folder, 1500)
        let before = try identities(folder, 1500)
        let ledger = try TileSamples.open(folder)
        try await TileSamples.append(1500, to: ledger)
        try await TileSamples.waitForTiles(ledger)
        #expect(try identities(folder, 1500) == before)
        for tile in TileSamples.fullTiles(3000) { #expect(try folder.bytes(tile.path) == ledger.tile(tile)) }
    }

    @Test func whatLiesBehindTheMarkIsWrittenAnew() async throws {
        let folder = try LedgerFolder()
        try await TileSamples.fill(folder, 3000)
        // As after a power cut: the mark is older than the files, and these are empty, cut off or missing.
        let opened = try TileSamples.open(folder, writesTiles: false)
        try TileFolder(directory: folder.directory, operations: .system)
            .writeProgress(size: 1024, root: try opened.root(size: 1024))
        opened.close()
        try folder.write([], to: "tile/0/005")
        try folder.write([1, 2, 3], to: "tile/entries/006")
        try folder.remove("tile/0/007")
        let before = try identities(folder, 1024)
        let ledger = try TileSamples.open(folder)
        try await TileSamples.waitForTiles(ledger)
        #expect(try identities(folder, 1024) == before)
        for tile in TileSamples.fullTiles(3000) { #expect(try folder.bytes(tile.path) == ledger.tile(tile), "\(tile)") }
    }

    @Test(arguments: ["", "HEXITIL1\n", "HEXITIL1\n1024\nAAAA\n", "HEXITIL2\n0\n", "missing", "other root", "longer"])
    func aMarkThatIsNotThisLedgersCountsForNothing(mark: String) async throws {
        let (folder, log) = (try LedgerFolder(), LedgerLog())
        try await TileSamples.fill(folder, 1500)
        let marks = TileFolder(directory: folder.directory, operations: .system)
        switch mark {
        case "missing": try folder.remove("tile-progress")
        case "other root": try marks.writeProgress(size: 1024, root: .zero)
        case "longer": try marks.writeProgress(size: 1 << 40, root: .zero)
        default: try folder.write(Array(mark.utf8), to: "tile-progress")
        }
        try folder.write([0], to: "tile/0/000")
        let ledger = try TileSamples.open(folder, log: log)
        try await TileSamples.waitForTiles(ledger)
        for tile in TileSamples.fullTiles(1500) { #expect(try folder.bytes(tile.path) == ledger.tile(tile), "\(tile)") }
        if mark.hasPrefix("o") || mark == "longer" { #expect(log.text.contains("written anew")) }
    }

    @Test func aFailureIsReportedOnceStopsNobodyAndIsOvercome() async throws {
        let (folder, log) = (try LedgerFolder(), LedgerLog())
        let fails = Mutex(true)
        let attempts = Mutex(0)
        var operations = FileOperations.system
        operations.rename = { old, new in
            guard old.hasSuffix("/tile.new") else { return FileOperations.system.rename(old, new) }
            attempts.withLock { $0 += 1 }
            return fails.withLock { $0 } ? -ENOSPC : FileOperations.system.rename(old, new)
        }
        let ledger = try TileSamples.open(folder, log: log, operations: operations)
        try await TileSamples.append(700, to: ledger)
        try await TileSamples.wait("it is tried again and again") { attempts.withLock { $0 } >= 5 }
        #expect(ledger.tiledSize == 0 && ledger.failure == nil)
        let tile = try #require(Tile(path: "tile/0/001"))
        #expect(ledger.tilePath(tile) == nil)
        #expect(try ledger.tile(tile).count == 8192)
        try await TileSamples.append(100, to: ledger)
        fails.withLock { $0 = false }
        try await TileSamples.waitForTiles(ledger)
        #expect(ledger.tiledSize == 768)
        #expect(try folder.bytes("tile/0/001") == ledger.tile(tile))
        #expect(log.text.components(separatedBy: "tiles could not be written").count == 2)
    }

    @Test func theMarkMovesOnlyAfterTheFilesAreSynchronised() async throws {
        let folder = try LedgerFolder()
        let steps = Mutex<[String]>([])
        let synchronizes = Mutex(false)
        var operations = FileOperations.system
        operations.synchronizeFileSystem = { path in
            guard synchronizes.withLock({ $0 }) else { return -EIO }
            steps.withLock { $0.append("synchronized") }
            return FileOperations.system.synchronizeFileSystem(path)
        }
        operations.rename = { old, new in
            if new.hasSuffix("/tile-progress") { steps.withLock { $0.append("marked") } }
            return FileOperations.system.rename(old, new)
        }
        let ledger = try TileSamples.open(folder, operations: operations)
        try await TileSamples.append(700, to: ledger)
        try await TileSamples.waitForTiles(ledger)
        #expect(throws: (any Error).self) { try folder.bytes("tile-progress") }
        synchronizes.withLock { $0 = true }
        try await TileSamples.wait("the mark is there") { steps.withLock { $0.contains("marked") } }
        #expect(steps.withLock { $0.first } == "synchronized")
        ledger.close()
        #expect(try progress(folder) == 512)
    }

    @Test func closingDoesNotWaitForTheTilesThatAreStillToBeWritten() async throws {
        let folder = try LedgerFolder()
        var operations = FileOperations.system
        operations.rename = { old, new in
            old.hasSuffix("/tile.new") ? -ENOSPC : FileOperations.system.rename(old, new)
        }
        // It would try again in an hour.
        let ledger = try TileSamples.open(
            folder, operations: operations, pace: TileWriter.Pace(firstRetry: 3_600_000_000_000))
        try await TileSamples.append(30_000, to: ledger)
        ledger.close()
        #expect(ledger.tiledSize == 0)
        let reopened = try TileSamples.open(folder)
        try await TileSamples.waitForTiles(reopened)
        #expect(reopened.tiledSize == 29_952)
    }

    @Test func theThreadRestsOnlyWhileEntriesCome() async throws {
        let folder = try LedgerFolder()
        let filled = try TileSamples.open(folder, writesTiles: false)
        try await TileSamples.append(10_000, to: filled)
        filled.close()
        // Were it to rest, it would need hours.
        let ledger = try TileSamples.open(folder, pace: TileWriter.Pace(batch: 1, restFactor: 1 << 20))
        try await TileSamples.waitForTiles(ledger)
        #expect(ledger.tiledSize == 9984)
    }

    private func progress(_ folder: LedgerFolder) throws -> UInt64? {
        try TileFolder(directory: folder.directory, operations: .system).readProgress()?.size
    }

    /// The numbers of the files' inodes: another one means that the file was written again.
    private func identities(_ folder: LedgerFolder, _ size: UInt64) throws -> [String: UInt64] {
        var identities: [String: UInt64] = [:]
        for tile in TileSamples.fullTiles(size) {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.directory + "/" + tile.path)
            identities[tile.path] = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
        }
        return identities
    }
}
