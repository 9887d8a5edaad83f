import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Entries handed out for programs of the auditor's own.
@Suite struct DumpTests {
    @Test func aDumpIsTheEntriesThatTheCheckpointCovers() throws {
        let place = try ExportTests.Place(size: 20)
        let dump = LedgerDump(.folder(place.ledger.path))
        var entries: [[UInt8]] = []
        let checkpoint = try dump.run { entries.append(Array($0)) }
        #expect(entries == Array(place.writer.entries.prefix(20)))
        #expect(checkpoint.size == 20 && !checkpoint.isPinned)
        entries = []
        try dump.run(from: 3, to: 5) { entries.append(Array($0)) }
        #expect(entries == Array(place.writer.entries[3...5]))
        for (from, to) in [(20, nil), (0, 20)] as [(UInt64, UInt64?)] {
            #expect(throws: AuditFailure.outsideCheckpoint(seq: 20, size: 20, source: place.ledger.path)) {
                try dump.run(from: from, to: to) { _ in }
            }
        }
    }

    @Test func aDumpOfAChangedLedgerSaysSo() throws {
        let place = try ExportTests.Place()
        var writer = place.writer
        writer.entries[7][300] ^= 1
        try place.ledger.write("journal", writer.journal)
        var count = 0
        #expect(throws: AuditProblem.self) { try LedgerDump(.folder(place.ledger.path)).run(from: 0, to: 3) { _ in count += 1 } }
        #expect(count == 4)
        writer = place.writer
        writer.entries[22][300] ^= 1
        try place.ledger.write("journal", writer.journal)
        #expect(throws: AuditProblem.self) { try LedgerDump(.folder(place.ledger.path)).run { _ in } }
        try place.ledger.write("journal", place.writer.journal)
        let stranger = try NoteSigner(name: TestSpace.origin, key: TestSpace.key(70)).verifier
        #expect(throws: AuditProblem.self) {
            try LedgerDump(.folder(place.ledger.path), options: AuditOptions(pinnedKeys: [stranger])).run { _ in }
        }
    }

    @Test func aDumpFollowsChangesOfTheLogsKeys() throws {
        var space = TestSpace()
        try space.found()
        try space.setLogKeys([0, 1])
        try space.setLogKeys([1])
        let writer = JournalWriter(space)
        for (signer, isSound) in [(UInt8(1), true), (0, false)] {
            let folder = try TestFolder(writer.journal, writer.checkpoint(try TestSpace.logSigner(signer)))
            let summary = try? LedgerDump(.folder(folder.path)).run { _ in }
            #expect((summary?.size == 3) == isSound)
        }
    }

    @Test func aWholeBundleIsDumpedAndOneOfSingleEntriesIsNot() async throws {
        let place = try ExportTests.Place()
        var entries: [[UInt8]] = []
        try LedgerDump(.bundle(try await place.exportWhole())).run { entries.append(Array($0)) }
        #expect(entries == place.writer.entries)
        let part = try await place.export([], [4], "part.tar").0
        #expect(throws: AuditFailure.self) { try LedgerDump(.bundle(part)).run { _ in } }
    }
}
