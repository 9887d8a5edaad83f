import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Audits by a trust policy: the log's key and the quorum of witnesses.
@Suite struct PolicyTests {
    private static func witness(_ number: UInt8) throws -> Cosigner {
        try Cosigner(name: "witness\(number).example", key: TestSpace.key(100 + number))
    }

    private static func policy(_ space: TestSpace, quorum: String = "any two", log: NoteVerifier? = nil) throws -> TrustPolicy {
        var text = "log \(try log ?? space.signer.verifier)\n"
        for number in 1...3 as ClosedRange<UInt8> { text += "witness w\(number) \(try witness(number).verifier)\n" }
        text += quorum == "none" ? "quorum none\n" : "group two 2 w1 w2 w3\nquorum two\n"
        return try TrustPolicy(Array(text.utf8))
    }

    /// A ledger whose checkpoint these witnesses have cosigned.
    private static func ledger(_ witnesses: [UInt8], runs: Int = 0) throws -> (TestSpace, TestFolder) {
        var space = TestSpace()
        let parties = try space.openForRuns()
        for _ in 0..<runs { try space.run(parties) }
        let writer = JournalWriter(space)
        var note = try SignedNote(writer.checkpoint(space.signer))
        for number in witnesses {
            note.add(try witness(number).cosign(note.text, at: 1_763_712_000 + UInt64(number)))
        }
        return (space, try TestFolder(writer.journal, note.bytes))
    }

    private static func audit(_ folder: TestFolder, _ policy: TrustPolicy, _ change: (inout AuditOptions) -> Void = { _ in })
        async throws -> AuditReport
    {
        var options = AuditOptions()
        options.policy = policy
        change(&options)
        return try await Auditor(.folder(folder.path), options: options).run()
    }

    @Test func aReachedQuorumIsReportedWithTheWitnessesTimes() async throws {
        let (space, folder) = try Self.ledger([1, 3])
        let report = try await Self.audit(folder, try Self.policy(space))
        #expect(report.problem == nil)
        #expect(report.checkpoint?.isPinned == true)
        #expect(report.checkpoint?.cosignatures.map(\.witness) == ["w1", "w3"])
        #expect(report.checkpoint?.cosignatures.map(\.time) == [1_763_712_001, 1_763_712_003])
        #expect(report.checkpoint?.quorum == .init(name: "two", missing: nil))
        #expect(report.checkpoint?.unknownSigners == [])
        #expect(report.json["checkpoint"]?["cosignatures"]?[0]?["at"]?.stringValue == "2025-11-21T08:00:01.000Z")
        #expect(report.json["verdict"]?.stringValue == "sound")
    }

    @Test func anUnreachedQuorumIsNotSoundButNotTamperingEither() async throws {
        let (space, folder) = try Self.ledger([2])
        let report = try await Self.audit(folder, try Self.policy(space))
        #expect(report.problem?.check == .quorum)
        #expect(report.json["verdict"]?.stringValue == "unwitnessed")
        #expect(report.problem?.reason.contains("w1") == true)
        #expect(report.entries == 10)
        let allowed = try await Self.audit(folder, try Self.policy(space)) { $0.allowsUnwitnessed = true }
        #expect(allowed.isSound)
        #expect(allowed.checkpoint?.quorum?.missing != nil)
        #expect(allowed.warnings.contains { $0.contains("--allow-unwitnessed") })
    }

    @Test func tamperingIsNotHiddenByAnUnreachedQuorum() async throws {
        let (space, folder) = try Self.ledger([])
        var journal = try folder.read("journal")
        journal[journal.count - 100] ^= 1
        try folder.write("journal", journal)
        let report = try await Self.audit(folder, try Self.policy(space))
        #expect(report.problem?.check == .frame)
        #expect(report.json["verdict"]?.stringValue == "tampered")
    }

    @Test func anotherLogsKeyInThePolicyIsAProblem() async throws {
        let (space, folder) = try Self.ledger([1, 2])
        let other = try NoteSigner(name: TestSpace.origin, key: TestSpace.key(77)).verifier
        #expect(try await Self.audit(folder, try Self.policy(space, log: other)).problem?.check == .checkpoint)
    }

    @Test func aWrongCosignatureByAListedWitnessIsAProblem() async throws {
        let (space, folder) = try Self.ledger([1, 2])
        var note = try SignedNote(folder.read("checkpoint"))
        note.add(try Self.witness(3).cosign("another text\n", at: 1_763_712_003))
        try folder.write("checkpoint", note.bytes)
        #expect(try await Self.audit(folder, try Self.policy(space)).problem?.check == .checkpoint)
    }

    @Test func witnessesThatThePolicyDoesNotKnowAreListedAsUnknown() async throws {
        let (space, folder) = try Self.ledger([1, 2, 9])
        let report = try await Self.audit(folder, try Self.policy(space))
        #expect(report.isSound)
        #expect(report.checkpoint?.unknownSigners == ["witness9.example"])
    }

    @Test func withoutAQuorumTheLogsKeyIsEnough() async throws {
        let (space, folder) = try Self.ledger([])
        let report = try await Self.audit(folder, try Self.policy(space, quorum: "none"))
        #expect(report.isSound)
        #expect(report.checkpoint?.quorum == .init(name: "none", missing: nil))
    }

    /// What was read is kept, but it becomes the trusted state only when the witnesses have spoken.
    @Test func anUnwitnessedCheckpointIsNotTrustedButItsEntriesNeedNotBeReadAgain() async throws {
        let (space, folder) = try Self.ledger([1, 2])
        let (longer, lonely) = try Self.ledger([], runs: 3)
        let policy = try Self.policy(space)
        let state = TrustedStateFile(path: folder.path + "/state")
        let first = try await Self.audit(folder, policy) { $0.stateFile = state.path }
        #expect(first.isSound)
        try folder.write("journal", try lonely.read("journal"))
        try folder.write("checkpoint", try lonely.read("checkpoint"))
        #expect(try await Self.audit(folder, policy) { $0.stateFile = state.path }.problem?.check == .quorum)
        #expect(try state.read()?.tied?.milestone.size == 10)
        #expect(try state.read()?.unfinished?.size == 13)
        var note = try SignedNote(lonely.read("checkpoint"))
        for number in [2, 3] as [UInt8] { note.add(try Self.witness(number).cosign(note.text, at: 1_763_799_999)) }
        try folder.write("checkpoint", note.bytes)
        let report = try await Self.audit(folder, policy) { $0.stateFile = state.path }
        #expect(report.isSound)
        #expect(report.continuedFrom == 13)
        #expect(try state.read()?.tied?.milestone.size == 13)
        #expect(try state.read()?.tied?.basis.witnesses == ["w2", "w3"])
        #expect(longer.records.count == 13)
    }
}
