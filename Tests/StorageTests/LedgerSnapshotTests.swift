import Foundation
import Signing
import Testing
import TransparencyLog

@testable import Storage

@Suite struct LedgerSnapshotTests {
    private func ledger(_ folder: LedgerFolder, log: LedgerLog = LedgerLog()) async throws -> Ledger {
        let ledger = try LedgerSamples.open(folder, log: log)
        for frame in 0..<6 { _ = try await ledger.append((0..<7).map { LedgerSamples.draft(frame * 7 + $0) }) }
        return ledger
    }

    /// At a frame's edge, within a frame, at the beginning and at the end.
    @Test(arguments: [0, 1, 7, 24, 41, 42])
    func aSnapshotAtAnySizeIsReadBackAndTheLedgerOpensFromIt(size: UInt64) async throws {
        let (folder, log) = (try LedgerFolder(), LedgerLog())
        var ledger = try await ledger(folder)
        let (root, head) = (try ledger.root(size: size), ledger.head)
        let state = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        try ledger.writeSnapshot(state, size: size, root: root)
        _ = try await ledger.append([LedgerSamples.draft(99)])
        ledger.close()
        ledger = try LedgerSamples.open(folder, log: log)
        #expect(ledger.size == head.size + 1)
        let snapshot = try #require(ledger.readSnapshot())
        #expect(snapshot.size == size && snapshot.root == root && snapshot.state == state)
        #expect(snapshot.frontier.root == root)
        #expect(log.text == "")
        _ = try await ledger.append([LedgerSamples.draft(100)])
        _ = try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root)
    }

    @Test func aShortJournalIsReadWholeWhateverTheSnapshot() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        try ledger.writeSnapshot([1], size: 42, root: ledger.root)
        ledger.close()
        var journal = try folder.bytes("journal")
        journal[40] ^= 1
        try folder.write(journal, to: "journal")
        Self.seal(&journal)
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder, wholeScanLimit: UInt64(journal.count)) }
        try folder.write(journal, to: "journal")
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder, wholeScanLimit: UInt64(journal.count)) }
        try LedgerSamples.open(folder, wholeScanLimit: UInt64(journal.count) - 1).close()
    }

    /// Makes the checksum of a journal's first frame fit again.
    private static func seal(_ journal: inout [UInt8]) {
        journal.withUnsafeMutableBytes { bytes in
            let length = JournalFormat.length(in: UnsafeRawBufferPointer(rebasing: bytes[16...]))
            JournalFormat.seal(UnsafeMutableRawBufferPointer(rebasing: bytes[16..<16 + JournalFormat.frameHeaderLength + length]))
        }
    }

    @Test func ofALongJournalDamageBeforeTheSnapshotIsFoundAtTheStart() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        try ledger.writeSnapshot([1], size: 42, root: ledger.root)
        _ = try await ledger.append([LedgerSamples.draft(99)])
        ledger.close()
        let journal = try folder.bytes("journal")
        for position in stride(from: 0, to: journal.count, by: 61) {
            var changed = journal
            changed[position] ^= 0x10
            try folder.write(changed, to: "journal")
            #expect(throws: LedgerError.self, "byte \(position)") { try LedgerSamples.open(folder) }
            #expect(try folder.bytes("journal") == changed, "nothing is changed")
        }
        // A piece that is missing in the middle, behind which everything is sound.
        let length = JournalFormat.frameHeaderLength + journal.withUnsafeBytes {
            JournalFormat.length(in: UnsafeRawBufferPointer(rebasing: $0[16...]))
        }
        try folder.write(journal[..<16] + journal[(16 + length)...], to: "journal")
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder) }
    }

    @Test func withASnapshotTheEntriesBeforeItAreNotHashed() async throws {
        let folder = try LedgerFolder()
        var ledger = try await ledger(folder)
        try ledger.writeSnapshot([1], size: 42, root: ledger.root)
        let root = ledger.root
        ledger.close()
        // A start from the beginning would refuse this journal.
        var journal = try folder.bytes("journal")
        journal[40] ^= 1
        Self.seal(&journal)
        try folder.write(journal, to: "journal")
        ledger = try LedgerSamples.open(folder)
        #expect(ledger.root == root)
        ledger.close()
        try folder.remove("state-snapshot")
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder) }
    }

    @Test func anyFlippedByteOfASnapshotIsRefusedAndReportedAndTheLedgerOpens() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        try ledger.writeSnapshot([1, 2, 3], size: 20, root: try ledger.root(size: 20))
        let root = ledger.root
        ledger.close()
        let good = try folder.bytes("state-snapshot")
        for position in good.indices {
            var changed = good
            changed[position] ^= 1
            try folder.write(changed, to: "state-snapshot")
            let log = LedgerLog()
            let reopened = try LedgerSamples.open(folder, log: log)
            #expect(reopened.root == root)
            #expect(log.text.contains("refused"))
            #expect(reopened.readSnapshot() == nil)
            reopened.close()
        }
        for length in [0, 5, 40, good.count - 1] {
            try folder.write(good[..<length], to: "state-snapshot")
            let reopened = try LedgerSamples.open(folder)
            #expect(reopened.root == root && reopened.readSnapshot() == nil)
            reopened.close()
        }
    }

    @Test func aSnapshotOfAnotherHistoryIsRefused() async throws {
        let (folder, other, log) = (try LedgerFolder(), try LedgerFolder(), LedgerLog())
        let ledger = try await ledger(folder)
        ledger.close()
        let stranger = try LedgerSamples.open(other)
        _ = try await stranger.append((500..<510).map { LedgerSamples.draft($0) })
        try stranger.writeSnapshot([9], size: 10, root: stranger.root)
        stranger.close()
        try folder.write(try other.bytes("state-snapshot"), to: "state-snapshot")
        let reopened = try LedgerSamples.open(folder, log: log)
        #expect(reopened.size == 42)
        #expect(reopened.readSnapshot() == nil)
        #expect(log.text.contains("snapshot"))
    }

    @Test func aSnapshotWithTheWrongRootOrBeyondTheEndIsNotWritten() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        #expect(throws: LedgerError.self) { try ledger.writeSnapshot([], size: 10, root: ledger.root) }
        #expect(throws: LedgerError.self) { try ledger.writeSnapshot([], size: 43, root: ledger.root) }
        #expect(ledger.readSnapshot() == nil)
    }

    @Test func damagedCachesBeforeASnapshotAreMendedOrRebuilt() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        try ledger.writeSnapshot([1], size: 30, root: try ledger.root(size: 30))
        let root = ledger.root
        ledger.close()
        let good = try folder.bytes("hashes")
        for damage in [[], Array(good.prefix(200)), [UInt8](repeating: 0, count: good.count)] {
            try folder.write(damage, to: "hashes")
            let reopened = try LedgerSamples.open(folder)
            #expect(reopened.root == root)
            for sequence: UInt64 in 0..<42 { _ = try reopened.inclusionProof(sequence: sequence, size: 42) }
            reopened.close()
            #expect(try folder.bytes("hashes") == good)
        }
    }

    @Test func aCheckpointOlderThanTheSnapshotIsStillCompared() async throws {
        let (folder, other) = (try LedgerFolder(), try LedgerFolder())
        var ledger = try LedgerSamples.open(folder)
        _ = try await ledger.append((0..<5).map { LedgerSamples.draft($0) })
        let early = ledger.checkpoint()
        _ = try await ledger.append((5..<50).map { LedgerSamples.draft($0) })
        try ledger.writeSnapshot([1], size: 50, root: ledger.root)
        ledger.close()
        try folder.write(early, to: "checkpoint")
        ledger = try LedgerSamples.open(folder)
        #expect(ledger.size == 50)
        ledger.close()
        let stranger = try LedgerSamples.open(other)
        _ = try await stranger.append((700..<705).map { LedgerSamples.draft($0) })
        try folder.write(stranger.checkpoint(), to: "checkpoint")
        let error = #expect(throws: LedgerError.self) { try LedgerSamples.open(folder) }
        if case .historyChanged(5, _, _) = error {} else { Issue.record("\(String(describing: error))") }
    }
}
