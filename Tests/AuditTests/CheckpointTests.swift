import Exchange
import Signing
import Testing
import TransparencyLog

@testable import Audit

@Suite struct CheckpointTests {
    private static func ledger() throws -> (TestSpace, JournalWriter) {
        var space = TestSpace()
        _ = try space.openForRuns()
        return (space, JournalWriter(space))
    }

    private static func verify(_ writer: JournalWriter, _ checkpoint: [UInt8], pinned: [NoteVerifier] = []) async throws -> AuditReport {
        let folder = try TestFolder(writer.journal, checkpoint)
        return try await Auditor(.folder(folder.path), options: AuditOptions(pinnedKeys: pinned)).run()
    }

    @Test func aPinnedKeyThatDidNotSignIsAProblem() async throws {
        let (space, writer) = try Self.ledger()
        let other = try NoteSigner(name: TestSpace.origin, key: TestSpace.key(77))
        let problem = try await Self.verify(writer, writer.checkpoint(space.signer), pinned: [other.verifier]).problem
        #expect(problem?.check == .checkpoint)
    }

    @Test func aCheckpointByAKeyThatTheCharterDoesNotNameIsAProblemEvenIfPinned() async throws {
        let (_, writer) = try Self.ledger()
        let other = try NoteSigner(name: TestSpace.origin, key: TestSpace.key(77))
        let checkpoint = try writer.checkpoint(other)
        #expect(try await Self.verify(writer, checkpoint).problem?.check == .checkpoint)
        #expect(try await Self.verify(writer, checkpoint, pinned: [other.verifier]).problem?.check == .checkpoint)
    }

    @Test func aCheckpointOfAnotherLogIsAProblem() async throws {
        let (space, writer) = try Self.ledger()
        let other = try NoteSigner(name: "elsewhere.example/log", key: space.logKey)
        #expect(try await Self.verify(writer, writer.checkpoint(other)).problem?.check == .checkpoint)
        #expect(try await Self.verify(writer, writer.checkpoint(other), pinned: [other.verifier]).problem?.check == .checkpoint)
    }

    @Test func aSecondSignatureWithTheLogsNameMustBeTheLogs() async throws {
        let (space, writer) = try Self.ledger()
        var note = try SignedNote(writer.checkpoint(space.signer))
        note.add(try NoteSigner(name: TestSpace.origin, key: TestSpace.key(77)))
        let problem = try await Self.verify(writer, note.bytes, pinned: [space.signer.verifier]).problem
        #expect(problem?.check == .checkpoint)
        #expect(problem?.reason.contains("log's name") == true)
    }

    @Test func signaturesByUnknownNamesAreListedButNotTrusted() async throws {
        let (space, writer) = try Self.ledger()
        var note = try SignedNote(writer.checkpoint(space.signer))
        note.add(try NoteSigner(name: "witness.example/w1", key: TestSpace.key(78)))
        let report = try await Self.verify(writer, note.bytes)
        #expect(report.isSound)
        #expect(report.checkpoint?.unknownSigners == ["witness.example/w1"])
        #expect(report.warnings.contains { $0.contains("witness.example/w1") })
    }

    @Test func twoRootsForOneSizeAreNotBothSound() async throws {
        let (space, writer) = try Self.ledger()
        let false_ = Checkpoint(origin: TestSpace.origin, size: 10, root: SHA256.hash([1]))
        let report = try await Self.verify(writer, false_.signed(by: space.signer).bytes)
        #expect(report.problem?.check == .root)
    }

    @Test func aCheckpointThatIsLongerThanTheLedgerIsAProblem() async throws {
        let (space, writer) = try Self.ledger()
        let longer = Checkpoint(origin: TestSpace.origin, size: 11, root: writer.root)
        let problem = try await Self.verify(writer, longer.signed(by: space.signer).bytes).problem
        #expect(problem?.check == .root)
        #expect(problem?.seq == 10)
    }

    @Test func whatCannotBeCheckedIsNotCalledTampered() async throws {
        let (space, writer) = try Self.ledger()
        await #expect(throws: AuditFailure.noLedger(path: "/nonexistent")) {
            try await Auditor(.folder("/nonexistent")).run()
        }
        let folder = try TestFolder()
        try folder.write("journal", writer.journal)
        await #expect(throws: AuditFailure.self) { try await Auditor(.folder(folder.path)).run() }
        let empty = JournalWriter(contents: [])
        let emptyFolder = try TestFolder(empty.journal, empty.checkpoint(space.signer))
        await #expect(throws: AuditFailure.emptyLedger(source: emptyFolder.path)) {
            try await Auditor(.folder(emptyFolder.path)).run()
        }
    }
}
