import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing
import TransparencyLog

@testable import Audit

@Suite struct SoundLedgerTests {
    @Test func aLedgerWithEveryTypeOfEventIsSound() async throws {
        var space = TestSpace()
        try space.liveThroughEverything()
        #expect(Set(space.records.map(\.event.type)) == EventType.ofTrade.subtracting([.spacePolicySet]))
        let writer = JournalWriter(space, frameSizes: [1, 3, 2])
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let report = try await Auditor(.folder(folder.path)).run()
        #expect(report.problem == nil)
        #expect(report.entries == UInt64(space.records.count))
        #expect(report.root == writer.root)
        #expect(report.space?.prefix == TestSpace.prefix)
        #expect(report.counts.participants == 3)
        #expect(report.counts.productVersions == 2)
        #expect(report.counts.contracts == 1)
        #expect(report.counts.runsCompleted == 1)
        #expect(report.counts.runsRefused == 2)
        #expect(report.counts.charges == 1250)
        // The contract's second entry bears two signatures.
        #expect(report.counts.signatures == UInt64(space.records.count) + 1)
        #expect(report.firstTime == space.records.first?.time)
        #expect(report.lastTime == space.records.last?.time)
        #expect(report.entriesAfterCheckpoint == 0)
    }

    @Test func withoutAPinnedKeyTheReportSaysThatTheKeyIsTheLedgersOwn() async throws {
        var space = TestSpace()
        try space.found()
        let writer = JournalWriter(space)
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let own = try await Auditor(.folder(folder.path)).run()
        #expect(own.checkpoint?.isPinned == false)
        #expect(own.warnings.contains { $0.contains("taken from the ledger itself") && $0.contains("--vkey") })
        let options = AuditOptions(pinnedKeys: [try space.signer.verifier])
        let pinned = try await Auditor(.folder(folder.path), options: options).run()
        #expect(pinned.isSound)
        #expect(pinned.checkpoint?.isPinned == true)
        #expect(pinned.warnings.isEmpty)
    }

    @Test func aHomeWithALedgerInItIsFound() async throws {
        var space = TestSpace()
        try space.found()
        let writer = JournalWriter(space)
        let home = try TestFolder()
        try home.makeFolder("ledger")
        try home.write("ledger/journal", writer.journal)
        try home.write("ledger/checkpoint", writer.checkpoint(space.signer))
        #expect(try await Auditor(.folder(home.path)).run().isSound)
    }

    @Test func cachesBesideTheJournalAreNotRead() async throws {
        var space = TestSpace()
        try space.found()
        let writer = JournalWriter(space)
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        try folder.write("hashes", [1, 2, 3])
        #expect(try await Auditor(.folder(folder.path)).run().isSound)
    }

    @Test func entriesBehindTheCheckpointAreVerifiedAndCounted() async throws {
        var space = TestSpace()
        _ = try space.openForRuns()
        let writer = JournalWriter(space, frameSizes: [4])
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer, size: 4))
        let report = try await Auditor(.folder(folder.path)).run()
        #expect(report.isSound)
        #expect(report.entriesAfterCheckpoint == UInt64(space.records.count - 4))
        #expect(report.warnings.contains { $0.contains("not in a checkpoint yet") })
    }

    @Test func aFrameThatACrashLeftUnfinishedBehindTheCheckpointIsAWarning() async throws {
        var space = TestSpace()
        _ = try space.openForRuns()
        let writer = JournalWriter(space, frameSizes: [8])
        let checkpoint = try writer.checkpoint(space.signer, size: 8)
        let journal = writer.journal
        let start = writer.ranges[8].lowerBound - 10
        for end in [start + 1, start + 8, start + 300, journal.count - 1] {
            let folder = try TestFolder(Array(journal[..<end]), checkpoint)
            let report = try await Auditor(.folder(folder.path)).run()
            #expect(report.problem == nil)
            #expect(report.entries == 8)
            #expect(report.warnings.contains { $0.contains(" \(end - start) bytes of a frame") })
        }
    }

    @Test func manyBatchesAndKeysRegisteredWithinABatchAreFollowed() async throws {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: 1000)
        for _ in 0..<600 { try space.run(parties) }
        let late = try space.apply("Late", .buyer, TestSpace.key(40))
        try space.decide(late, .approve)
        let writer = JournalWriter(space, frameSizes: [Int](repeating: 7, count: 60))
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let report = try await Auditor(.folder(folder.path), options: AuditOptions(workers: 3)).run()
        #expect(report.problem == nil)
        #expect(report.counts.runsCompleted == 600)
        #expect(report.counts.charges == 600 * 1250)
    }

    @Test func chainOnlySaysThatItIsPartial() async throws {
        var space = TestSpace()
        _ = try space.openForRuns()
        let writer = JournalWriter(space)
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let report = try await Auditor(.folder(folder.path), options: AuditOptions(isChainOnly: true)).run()
        #expect(report.isSound)
        #expect(report.root == writer.root)
        #expect(report.warnings.contains { $0.contains("--chain-only") })
    }
}
