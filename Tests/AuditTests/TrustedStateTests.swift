import Glibc
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Audits that go on from where an earlier one stood.
@Suite struct TrustedStateTests {
    static func options(_ folder: TestFolder, _ change: (inout AuditOptions) -> Void = { _ in }) -> AuditOptions {
        var options = AuditOptions(workers: 2, stateFile: folder.path + "/state")
        change(&options)
        return options
    }

    static func audit(_ folder: TestFolder, _ change: (inout AuditOptions) -> Void = { _ in }) async throws -> AuditReport {
        try await Auditor(.folder(folder.path), options: options(folder, change)).run()
    }

    /// A ledger with runs, and its folder as it was when it had only `size` entries.
    static func grown(runs: Int, shownFirst size: Int, frames: [Int] = [4, 5]) throws -> (TestSpace, JournalWriter, TestFolder) {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: 5000)
        for _ in 0..<runs { try space.run(parties) }
        var start = JournalWriter(space, frameSizes: frames)
        start.entries.removeLast(start.entries.count - size)
        return (space, JournalWriter(space, frameSizes: frames), try TestFolder(start.journal, start.checkpoint(space.signer)))
    }

    static func same(_ report: AuditReport, as other: AuditReport) -> Bool {
        var (report, other) = (report, other)
        for path in [\AuditReport.continuedFrom] { (report[keyPath: path], other[keyPath: path]) = (nil, nil) }
        (report.source, other.source) = ("", "")
        return report == other
    }

    @Test func theNextAuditReadsOnlyWhatIsNewAndReportsTheWhole() async throws {
        let (space, writer, folder) = try Self.grown(runs: 3, shownFirst: 9)
        let first = try await Self.audit(folder)
        #expect(first.isSound)
        #expect(first.continuedFrom == nil)
        try folder.write("journal", writer.journal)
        try folder.write("checkpoint", writer.checkpoint(space.signer))
        let whole = try await Auditor(.folder(folder.path)).run()
        // The old entries are not read again: damage in them goes unnoticed.
        var damaged = writer.journal
        damaged[writer.ranges[2].lowerBound + 50] ^= 1
        try folder.write("journal", damaged)
        let next = try await Self.audit(folder)
        #expect(next.continuedFrom == 9)
        #expect(next.entries == 13)
        #expect(Self.same(next, as: whole))
        let fromStart = try await Self.audit(folder) { $0.isFromStart = true }
        #expect(fromStart.problem?.seq == 2)
    }

    @Test func everyFirstSizeAndFramingGivesTheSameReport() async throws {
        for frames in [[13], [1, 1, 1], [6, 2]] {
            for size in 1..<13 {
                let (space, writer, folder) = try Self.grown(runs: 3, shownFirst: size, frames: frames)
                #expect(try await Self.audit(folder).isSound)
                try folder.write("journal", writer.journal)
                try folder.write("checkpoint", writer.checkpoint(space.signer))
                let next = try await Self.audit(folder)
                let whole = try await Auditor(.folder(folder.path)).run()
                #expect(Self.same(next, as: whole), "\(size) of \(frames)")
                let again = try await Self.audit(folder)
                #expect(again.continuedFrom == 13)
                #expect(Self.same(again, as: next))
            }
        }
    }

    @Test func entriesBehindTheCheckpointAreNotTrustedYet() async throws {
        let (space, writer, folder) = try Self.grown(runs: 3, shownFirst: 13)
        try folder.write("checkpoint", writer.checkpoint(space.signer, size: 11))
        #expect(try await Self.audit(folder).entriesAfterCheckpoint == 2)
        try folder.write("checkpoint", writer.checkpoint(space.signer))
        let next = try await Self.audit(folder)
        #expect(next.isSound)
        #expect(next.continuedFrom == 11)
    }

    @Test func aLogThatTookEntriesBackIsShownWithBothCheckpoints() async throws {
        let (space, writer, folder) = try Self.grown(runs: 3, shownFirst: 13)
        #expect(try await Self.audit(folder).isSound)
        let shorter = try writer.checkpoint(space.signer, size: 12)
        try folder.write("checkpoint", shorter)
        let report = try await Self.audit(folder)
        #expect(report.problem?.check == .shrunk)
        let expected = CheckpointConflict(trusted: try writer.checkpoint(space.signer), shown: shorter)
        #expect(report.conflict == expected)
        // What was found to be wrong does not replace what is trusted.
        #expect(try await Self.audit(folder).problem?.check == .shrunk)
    }

    @Test func anOldCheckpointThatTheLogDidNotSignIsNoEvidenceAgainstIt() async throws {
        let (_, writer, folder) = try Self.grown(runs: 3, shownFirst: 13)
        #expect(try await Self.audit(folder).isSound)
        let stranger = try NoteSigner(name: TestSpace.origin, key: TestSpace.key(90))
        try folder.write("checkpoint", writer.checkpoint(stranger, size: 12))
        let report = try await Self.audit(folder)
        #expect(report.problem?.check == .checkpoint)
        #expect(report.conflict == nil)
    }

    @Test func anotherRootForTheTrustedSizeIsAFork() async throws {
        let (space, writer, folder) = try Self.grown(runs: 3, shownFirst: 13)
        #expect(try await Self.audit(folder).isSound)
        let other = Checkpoint(origin: TestSpace.origin, size: 13, root: SHA256.hash([7]))
        try folder.write("checkpoint", other.signed(by: space.signer).bytes)
        let report = try await Self.audit(folder)
        #expect(report.problem?.check == .forked)
        let trusted = try writer.checkpoint(space.signer)
        #expect(report.conflict?.trusted == trusted)
    }

    /// The two histories have the first eleven entries in common; each by itself is sound.
    @Test func aRewrittenHistoryIsAForkAndTheRunOfEntriesThatDiffersIsNamed() async throws {
        var space = TestSpace()
        let parties = try space.openForRuns()
        try space.run(parties)
        var other = space
        try space.run(parties)
        try other.run(parties, facts: TestSpace.completed(milliseconds: 99))
        for _ in 0..<4 { try other.run(parties) }
        let (honest, rewritten) = (JournalWriter(space), JournalWriter(other))
        let folder = try TestFolder(honest.journal, honest.checkpoint(space.signer))
        #expect(try await Self.audit(folder).isSound)
        try folder.write("journal", rewritten.journal)
        try folder.write("checkpoint", rewritten.checkpoint(space.signer))
        #expect(try await Auditor(.folder(folder.path)).run().isSound)
        let report = try await Self.audit(folder)
        #expect(report.problem?.check == .forked)
        #expect(report.problem?.reason.contains("among the entries 8 to 11") == true)
        let expected = CheckpointConflict(
            trusted: try honest.checkpoint(space.signer), shown: try rewritten.checkpoint(space.signer))
        #expect(report.conflict == expected)
        #expect(report.json["conflict"]?["trusted"]?.stringValue == String(decoding: expected.trusted, as: UTF8.self))
    }

    @Test func otherOldEntriesThanTheCheckpointsAreNoForkOfTheLog() async throws {
        let (space, writer, folder) = try Self.grown(runs: 3, shownFirst: 11)
        #expect(try await Self.audit(folder).isSound)
        var forged = JournalWriter(space, frameSizes: [4, 5])
        forged.entries[7][400] ^= 1
        try folder.write("journal", forged.journal)
        try folder.write("checkpoint", writer.checkpoint(space.signer))
        let report = try await Self.audit(folder) { $0.isFromStart = true }
        #expect(report.problem?.seq == 7)
        #expect(report.conflict == nil)
    }

    @Test func aJournalInOtherFramesIsReadFromTheStart() async throws {
        let (space, _, folder) = try Self.grown(runs: 3, shownFirst: 9)
        #expect(try await Self.audit(folder).isSound)
        for frames in [[3, 7], [2], [12]] {
            let reframed = JournalWriter(space, frameSizes: frames)
            try folder.write("journal", reframed.journal)
            try folder.write("checkpoint", reframed.checkpoint(space.signer, size: 10))
            #expect(try await Self.audit(folder).isSound)
        }
    }

    @Test func aJournalThatLostOldEntriesIsFoundAndTheEntryNamed() async throws {
        let (space, writer, folder) = try Self.grown(runs: 3, shownFirst: 13)
        #expect(try await Self.audit(folder).isSound)
        for kept in [12, 5, 0] {
            var shorter = JournalWriter(space, frameSizes: [4, 5])
            shorter.entries.removeLast(13 - kept)
            try folder.write("journal", shorter.journal)
            let problem = try await Self.audit(folder).problem
            #expect(problem?.check == .root)
            #expect(problem?.seq == UInt64(kept))
        }
        try folder.write("journal", writer.journal)
        #expect(try await Self.audit(folder).isSound)
    }

    @Test func aBadNewEntryIsNamed() async throws {
        let (space, writer, folder) = try Self.grown(runs: 3, shownFirst: 10)
        #expect(try await Self.audit(folder).isSound)
        for entry in 10..<13 {
            var journal = writer.journal
            journal[writer.ranges[entry].lowerBound + 300] ^= 1
            try folder.write("journal", journal)
            try folder.write("checkpoint", writer.checkpoint(space.signer))
            #expect(try await Self.audit(folder).problem?.seq == UInt64(entry))
        }
    }
}
