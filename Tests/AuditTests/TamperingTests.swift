import Encoding
import Exchange
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Ledgers that somebody changed with care: all frames and checksums are right.
@Suite struct TamperingTests {
    private static func verify(_ journal: JournalWriter, _ checkpoint: [UInt8], pinned: [NoteVerifier] = []) async throws -> AuditReport {
        let folder = try TestFolder(journal.journal, checkpoint)
        return try await Auditor(.folder(folder.path), options: AuditOptions(pinnedKeys: pinned)).run()
    }

    private static func opened() throws -> (space: TestSpace, parties: Parties) {
        var space = TestSpace()
        let parties = try space.openForRuns()
        return (space, parties)
    }

    // MARK: Entries moved, without the chain recomputed

    @Test(arguments: [1, 4, 9]) func aDeletedEntryIsNamed(_ index: Int) async throws {
        let (space, _) = try Self.opened()
        var writer = JournalWriter(space, frameSizes: [2])
        let checkpoint = try writer.checkpoint(space.signer)
        writer.entries.remove(at: index)
        let problem = try await Self.verify(writer, checkpoint).problem
        #expect(problem?.seq == UInt64(index))
        // Behind the last entry nothing follows that shows the gap, only the checkpoint's size.
        #expect(problem?.check == (index == 9 ? .root : .chain))
    }

    @Test func aRepeatedEntryIsNamed() async throws {
        let (space, _) = try Self.opened()
        var writer = JournalWriter(space)
        let checkpoint = try writer.checkpoint(space.signer)
        writer.entries.insert(writer.entries[3], at: 4)
        let problem = try await Self.verify(writer, checkpoint).problem
        #expect(problem?.check == .chain)
        #expect(problem?.seq == 4)
    }

    @Test func swappedEntriesAreNamed() async throws {
        let (space, _) = try Self.opened()
        var writer = JournalWriter(space)
        let checkpoint = try writer.checkpoint(space.signer)
        writer.entries.swapAt(5, 6)
        let problem = try await Self.verify(writer, checkpoint).problem
        #expect(problem?.check == .chain)
        #expect(problem?.seq == 5)
    }

    @Test func aChangedUnsignedFactIsNamedByTheEntryBehindIt() async throws {
        var (space, parties) = try Self.opened()
        try space.run(parties)
        try space.run(parties)
        try space.run(parties)
        var writer = JournalWriter(space)
        let checkpoint = try writer.checkpoint(space.signer)
        writer.entries[11] = writer.entries[11].replacing("\"milliseconds\":20", with: "\"milliseconds\":21")
        let problem = try await Self.verify(writer, checkpoint).problem
        #expect(problem?.check == .chain)
        #expect(problem?.seq == 11)
        #expect(problem?.type == "run.completed")
        #expect(problem?.offset == UInt64(writer.ranges[11].lowerBound))
    }

    @Test func anEntryWithAnotherPrevIsNamedItself() async throws {
        let (space, _) = try Self.opened()
        var writer = JournalWriter(space)
        let checkpoint = try writer.checkpoint(space.signer)
        writer.entries[6].replaceSubrange(9..<73, with: Array(TestSpace.hash("elsewhere").utf8))
        let problem = try await Self.verify(writer, checkpoint).problem
        #expect(problem?.check == .chain)
        #expect(problem?.seq == 6)
    }

    // MARK: The chain recomputed, without the log's key

    @Test func aRechainedForgeryIsCaughtByTheCheckpoint() async throws {
        var (space, parties) = try Self.opened()
        try space.run(parties)
        try space.run(parties)
        let honest = JournalWriter(space)
        let checkpoint = try honest.checkpoint(space.signer)
        var contents = space.records.map(\.content)
        contents[10] = contents[10].replacing("\"milliseconds\":20", with: "\"milliseconds\":21")
        let report = try await Self.verify(JournalWriter(contents: contents), checkpoint)
        #expect(report.problem?.check == .root)
        #expect(report.problem?.seq == nil)
        #expect(report.root == nil)
    }

    @Test func aHistoryCutShortIsCaughtByTheCheckpoint() async throws {
        let (space, _) = try Self.opened()
        var writer = JournalWriter(space)
        let checkpoint = try writer.checkpoint(space.signer)
        writer.entries.removeLast(3)
        let problem = try await Self.verify(writer, checkpoint).problem
        #expect(problem?.check == .root)
        #expect(problem?.seq == 7)
    }

    @Test func anOlderCheckpointIsAHistoryWithEntriesBehindIt() async throws {
        let (space, _) = try Self.opened()
        let writer = JournalWriter(space)
        let report = try await Self.verify(writer, writer.checkpoint(space.signer, size: 6))
        #expect(report.isSound)
        #expect(report.entriesAfterCheckpoint == 4)
    }

    // MARK: The log's key in the wrong hands

    @Test func aForgedChargeIsCaughtByTheRules() async throws {
        var (space, parties) = try Self.opened()
        try space.run(parties)
        var contents = space.records.map(\.content)
        contents[10] = contents[10].replacing("\"amount\":1250", with: "\"amount\":9250")
        let forged = JournalWriter(contents: contents)
        let problem = try await Self.verify(forged, forged.checkpoint(space.signer)).problem
        #expect(problem?.check == .rules)
        #expect(problem?.seq == 10)
        #expect(problem?.type == "run.completed")
        #expect(problem?.subject == space.records[10].event.subject)
        #expect(problem?.reason.contains("body") == true)
    }

    @Test func aRunWithoutContractIsCaughtByTheRules() async throws {
        var (space, parties) = try Self.opened()
        try space.run(parties)
        guard let honest = space.records.last else { return }
        // The node bills a request that names no contract, with the body of a run that was paid for.
        let request = RunRequest(query: parties.query, contracts: [], parameters: [:])
        let statement = try space.sign(.runRequest(request), parties.buyerKey)
        space.force(
            Event(
                type: .runCompleted, subject: statement.identifier(.run).text, actor: parties.buyer.text,
                body: honest.event.body, statement: statement))
        let forged = JournalWriter(space)
        let problem = try await Self.verify(forged, forged.checkpoint(space.signer)).problem
        #expect(problem?.check == .rules)
        #expect(problem?.seq == 11)
    }

    @Test func aStatementSignedByAnotherKeyIsCaught() async throws {
        var (space, parties) = try Self.opened()
        try space.run(parties)
        let request = RunRequest(query: parties.query, contracts: [parties.contract], parameters: [:])
        let own = try space.sign(.runRequest(request), parties.buyerKey)
        let stranger = try space.sign(.runRequest(request), TestSpace.key(99))
        // The buyer's header with the stranger's signature: the node cannot sign for the buyer.
        guard let text = own.json.stringValue, let other = stranger.json.stringValue,
            let head = text.lastIndex(of: "."), let tail = other.lastIndex(of: ".")
        else { return }
        let spliced = try SignedStatement(.string(String(text[..<head]) + String(other[tail...])))
        for (statement, reason) in [(spliced, "does not verify"), (stranger, "not registered")] {
            var copy = space
            copy.force(
                Event(
                    type: .runRefused, subject: statement.identifier(.run).text, actor: parties.buyer.text, body: [:],
                    statement: statement))
            let forged = JournalWriter(copy)
            let problem = try await Self.verify(forged, forged.checkpoint(space.signer)).problem
            #expect(problem?.check == .signature)
            #expect(problem?.seq == 11)
            #expect(problem?.reason.contains(reason) == true)
        }
    }

    @Test func anEntryBeforeItsPredecessorInTimeIsCaught() async throws {
        var (space, parties) = try Self.opened()
        try space.run(parties)
        try space.run(parties)
        space.records[11].time = space.records[10].time.advanced(byMilliseconds: -1)
        let forged = JournalWriter(space)
        let problem = try await Self.verify(forged, forged.checkpoint(space.signer)).problem
        #expect(problem?.check == .rules)
        #expect(problem?.seq == 11)
    }

    @Test func anEntryThatIsNoEntryIsCaught() async throws {
        let (space, _) = try Self.opened()
        for text in ["\"time\":1}", "\"time\": \"x\"}", "broken", "\"time\":\"2026-01-01T00:00:00.000Z\",\"extra\":{}}"] {
            let forged = JournalWriter(contents: space.records.map(\.content) + [Array(text.utf8)])
            let problem = try await Self.verify(forged, forged.checkpoint(space.signer)).problem
            #expect(problem?.check == .entry)
            #expect(problem?.seq == 10)
        }
    }

    @Test func theEarlierOfTwoFaultsIsNamed() async throws {
        var (space, parties) = try Self.opened()
        try space.run(parties)
        try space.run(parties)
        var contents = space.records.map(\.content)
        contents[10] = contents[10].replacing("\"amount\":1250", with: "\"amount\":1")
        var forged = JournalWriter(contents: contents)
        let checkpoint = try forged.checkpoint(space.signer)
        // Beside the forged charge, damage in the same frame right behind it.
        let last = forged.entries.count - 1
        forged.entries[last][100] ^= 1
        let problem = try await Self.verify(forged, checkpoint).problem
        #expect(problem?.seq == 10)
        #expect(problem?.check == .rules)
    }
}

extension [UInt8] {
    /// The bytes with the first occurrence of one text in the place of another.
    func replacing(_ old: String, with new: String) -> [UInt8] {
        Array(String(decoding: self, as: UTF8.self).replacing(old, with: new, maxReplacements: 1).utf8)
    }
}
