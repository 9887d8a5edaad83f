import Exchange
import Signing
import Testing
import TransparencyLog

@testable import Audit

@Suite struct VisitorTests {
    private final class Recorder: AuditVisitor {
        var checkpoints: [Checkpoint] = []
        var sequences: [UInt64] = []
        var sizes: [UInt64] = []
        var leafHashes: [SHA256Digest] = []
        var bytes: [[UInt8]] = []
        var signers: [Int] = []
        var conclusions: [(report: AuditReport, size: UInt64)] = []

        func begin(_ note: SignedNote, _ checkpoint: Checkpoint) {
            #expect(sequences.isEmpty)
            #expect((try? Checkpoint(text: note.text)) == checkpoint)
            checkpoints.append(checkpoint)
        }

        func visit(_ audited: AuditedEntry, after state: ExchangeState) {
            sequences.append(audited.entry.seq)
            sizes.append(state.size)
            leafHashes.append(audited.leafHash)
            bytes.append(Array(audited.bytes))
            signers.append(audited.verified.keys.count)
        }

        func conclude(_ report: AuditReport, state: ExchangeState) { conclusions.append((report, state.size)) }
    }

    private static func audit(
        _ writer: JournalWriter, _ checkpoint: [UInt8], options: AuditOptions = AuditOptions(workers: 3)
    ) async throws -> (AuditReport, Recorder) {
        let folder = try TestFolder(writer.journal, checkpoint)
        let recorder = Recorder()
        return (try await Auditor(.folder(folder.path), options: options).run(visitor: recorder), recorder)
    }

    @Test func everyEntryOfASoundLedgerIsShownOnceInOrderWithTheStateBehindIt() async throws {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: 2000)
        for _ in 0..<600 { try space.run(parties) }
        let writer = JournalWriter(space, frameSizes: [5, 300])
        let (report, recorder) = try await Self.audit(writer, writer.checkpoint(space.signer))
        #expect(report.isSound)
        #expect(recorder.sequences == (0..<610).map { UInt64($0) })
        #expect(recorder.sizes == (1...610).map { UInt64($0) })
        #expect(recorder.bytes == writer.entries)
        #expect(recorder.leafHashes == writer.entries.map { MerkleTree.leafHash($0) })
        #expect(recorder.signers.reduce(0, +) == Int(report.counts.signatures))
        #expect(recorder.checkpoints.map(\.size) == [610])
        #expect(recorder.conclusions.map(\.size) == [610])
        #expect(recorder.conclusions.first?.report == report)
    }

    @Test func nothingFromTheFirstBadEntryOnIsShown() async throws {
        var space = TestSpace()
        let parties = try space.openForRuns()
        try space.run(parties)
        try space.run(parties)
        var contents = space.records.map(\.content)
        contents[10] = contents[10].replacing("\"amount\":1250", with: "\"amount\":9250")
        let forged = JournalWriter(contents: contents)
        let (report, recorder) = try await Self.audit(forged, forged.checkpoint(space.signer))
        #expect(report.problem?.seq == 10)
        #expect(recorder.conclusions.map(\.size) == [10])
        #expect(recorder.conclusions.first?.report.isSound == false)
        #expect(recorder.sequences == (0..<10).map { UInt64($0) })
    }

    @Test func aLedgerWhoseCheckpointDoesNotHoldIsConcludedWithNothingShown() async throws {
        var space = TestSpace()
        _ = try space.openForRuns()
        let (report, recorder) = try await Self.audit(JournalWriter(space), Array("no signed note\n".utf8))
        #expect(report.problem?.check == .checkpoint)
        #expect(recorder.sequences.isEmpty)
        #expect(recorder.conclusions.map(\.size) == [0])
    }

    @Test func aChainOnlyAuditShowsNothing() async throws {
        var space = TestSpace()
        _ = try space.openForRuns()
        let writer = JournalWriter(space)
        let (report, recorder) = try await Self.audit(
            writer, writer.checkpoint(space.signer), options: AuditOptions(isChainOnly: true))
        #expect(report.isSound)
        #expect(recorder.sequences.isEmpty)
        #expect(recorder.conclusions.isEmpty)
    }

    @Test func severalVisitorsSeeTheSame() async throws {
        var space = TestSpace()
        _ = try space.openForRuns()
        let writer = JournalWriter(space)
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let (first, second) = (Recorder(), Recorder())
        _ = try await Auditor(.folder(folder.path)).run(visitor: AuditVisitors([first, second]))
        #expect(first.sequences.count == 10)
        #expect(first.sequences == second.sequences)
    }
}
