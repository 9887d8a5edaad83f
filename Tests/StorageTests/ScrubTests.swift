import Foundation
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

@Suite struct ScrubTests {
    private func scrub(_ ledger: Ledger) throws -> (report: ScrubReport, findings: [String]) {
        var findings: [String] = []
        let report = try ledger.scrub { findings.append($0.description) }
        return (report, findings)
    }

    @Test func aSoundLedgerHasNothingToFind() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder)
        #expect(try scrub(ledger).report == ScrubReport(isComplete: true))
        try await TileSamples.append(66_000, to: ledger)
        try await TileSamples.waitForTiles(ledger)
        let (report, findings) = try scrub(ledger)
        #expect(findings.isEmpty && report.isComplete && report.entries == 66_000 && report.findings == 0)
        let size = try folder.bytes("journal").count
        #expect(report.bytes > UInt64(size * 2), "the journal, the bundles and the hashes are read")
    }

    @Test(arguments: [
        ("tile/0/003", 7 * 32 + 3, "tile/0/003: it differs from the journal at hash 7, entry 775"),
        ("tile/0/256", 0, "tile/0/256: it differs from the journal at hash 0, entry 65536"),
        ("tile/1/000", 255 * 32, "tile/1/000: it differs from the journal at hash 255, which begins with entry 65280"),
        ("tile/entries/002", 5, "tile/entries/002: it differs from the journal at byte 5, entry 512"),
        ("hashes", 32 * 9, "hashes: it differs from the journal at entry 5"),
        ("offsets", 8 * 77 + 1, "offsets: it differs from the journal at entry 77"),
    ])
    func aFlippedByteIsFoundNamedAndMended(name: String, offset: Int, finding: String) async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder)
        // Only a tree of that size has these two tiles.
        try await TileSamples.append(["tile/0/256", "tile/1/000"].contains(name) ? 66_000 : 1500, to: ledger)
        try await TileSamples.waitForTiles(ledger)
        let good = try folder.bytes(name)
        var bad = good
        bad[offset] ^= 0x10
        try overwrite(bad, folder, name)
        let (report, findings) = try scrub(ledger)
        #expect(findings == [finding])
        #expect(report.findings == 1 && report.mended == 1 && report.isComplete)
        #expect(try folder.bytes(name) == good)
        #expect(try scrub(ledger).findings.isEmpty)
    }

    @Test func aMissingACutOffAndAnOverlongFileAreFoundAndMended() async throws {
        let folder = try LedgerFolder()
        try await TileSamples.fill(folder, 2000)
        let good = try ["tile/0/001", "tile/0/002", "tile/entries/003", "tile/entries/004"].map { ($0, try folder.bytes($0)) }
        try folder.remove("tile/0/001")
        try folder.write(good[1].1.dropLast(), to: "tile/0/002")
        try folder.write([], to: "tile/entries/003")
        try folder.write(good[3].1 + [0], to: "tile/entries/004")
        let ledger = try TileSamples.open(folder)
        try await TileSamples.waitForTiles(ledger)
        let (report, findings) = try scrub(ledger)
        #expect(Set(findings) == [
            "tile/0/001: it is missing", "tile/0/002: it has 8191 bytes instead of 8192",
            "tile/entries/003: it has 0 bytes instead of \(good[2].1.count)",
            "tile/entries/004: it has \(good[3].1.count + 1) bytes instead of \(good[3].1.count)",
        ])
        #expect(report.mended == 4 && report.remaining == 0)
        for (name, bytes) in good { #expect(try folder.bytes(name) == bytes) }
    }

    @Test func aDamagedJournalIsReportedWithItsPlaceAndNothingIsTouched() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder)
        try await TileSamples.append(3000, to: ledger)
        try await TileSamples.waitForTiles(ledger)
        var journal = try folder.bytes("journal")
        let secondFrame = 24 + journal[16..<20].reversed().reduce(0) { $0 << 8 | Int($1) }
        journal[secondFrame + 5000] ^= 1
        try overwrite(journal, folder, "journal")
        try folder.write([9], to: "tile/0/001")
        let (report, findings) = try scrub(ledger)
        #expect(findings.count == 2 && findings.first == "tile/0/001: it differs from the journal at hash 0, entry 256", "\(findings)")
        #expect(findings.last?.hasPrefix("journal: damaged at byte \(secondFrame), entry 1000: ") == true, "\(findings)")
        #expect(!report.isComplete && report.mended == 0 && report.remaining == 2)
        #expect(try folder.bytes("journal") == journal)
        #expect(try folder.bytes("tile/0/001") == [9], "a journal that is wrong vouches for nothing")
    }

    /// Somebody who rewrites the last entry and its checksum keeps the chain whole, but not the root.
    @Test func aJournalRewrittenWithFittingChecksumsIsFoundByItsRoot() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder)
        try await TileSamples.append(300, to: ledger)
        try await TileSamples.waitForTiles(ledger)
        var journal = try folder.bytes("journal")
        journal[journal.count - 3] ^= 1
        let frame = journal[24...].withUnsafeBytes { JournalFormat.checksum(payload: $0) }
        journal.replaceSubrange(20..<24, with: withUnsafeBytes(of: frame.littleEndian) { Array($0) })
        try overwrite(journal, folder, "journal")
        let (report, findings) = try scrub(ledger)
        #expect(findings.contains { $0.hasPrefix("journal: its 300 entries give the root ") }, "\(findings)")
        #expect(!report.isComplete && report.mended == 0)
        #expect(try folder.bytes("journal") == journal)
    }

    @Test func aRoundEndsWhenItIsCancelledThoughItsPaceIsSlow() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder)
        try await TileSamples.append(3000, to: ledger)
        try await TileSamples.waitForTiles(ledger)
        try folder.write([9], to: "tile/0/000")
        var asked = 0
        // At this pace the round would take a day.
        let report = try ledger.scrub(bytesPerSecond: 10, isCancelled: { asked += 1; return asked > 3 }) { _ in }
        #expect(!report.isComplete && report.entries < 3000 && report.mended == 0)
        #expect(try folder.bytes("tile/0/000") == [9])
    }

    @Test func entriesThatComeMeanwhileAndTilesStillToBeWrittenAreNoFindings() async throws {
        let folder = try LedgerFolder()
        let ledger = try TileSamples.open(folder)
        let appending = Task { for _ in 0..<20 { try await TileSamples.append(1000, to: ledger) } }
        var rounds = 0
        while ledger.size < 20_000, rounds < 1000 {
            let (report, findings) = try scrub(ledger)
            #expect(findings.isEmpty && report.isComplete, "\(findings)")
            rounds += 1
        }
        try await appending.value
    }

    /// Writes in place, as bit rot does, so that whoever has the file open sees it.
    private func overwrite(_ bytes: [UInt8], _ folder: LedgerFolder, _ name: String) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.directory + "/" + name))
        try file.write(contentsOf: Data(bytes))
        try file.close()
    }
}
