import Encoding
import Glibc
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// A log that is followed, with its mirrors and witnesses.
@Suite struct WatchTests {
    private static func kinds(_ round: WatchRound) -> [WatchAlarm.Kind] { round.alarms.map(\.kind) }

    private static func standing(_ round: WatchRound, _ kind: WatchedPlace.Kind) -> WatchedPlace.Standing? {
        round.places.first { $0.kind == kind }?.standing
    }

    /// A log of twelve entries that everybody shows, and that has been looked at once.
    private static func watched() async throws -> WatchFixture {
        let fixture = try WatchFixture()
        try fixture.grow(2)
        for shown in [fixture.log, fixture.mirror, fixture.witness] { try fixture.publish(shown) }
        let round = try await fixture.round()
        #expect(round.verdict == .fine, "\(round.alarms)")
        #expect(round.newEntries == 12)
        return fixture
    }

    @Test func aLogThatGrowsIsFineAndOnlyWhatIsNewIsRead() async throws {
        let fixture = try await Self.watched()
        let quiet = try await fixture.round()
        #expect(quiet.verdict == .fine && quiet.newEntries == 0)
        #expect(Self.standing(quiet, .log) == .current)
        #expect(Self.standing(quiet, .mirror) == .current && Self.standing(quiet, .witness) == .current)
        try fixture.grow(3)
        for shown in [fixture.log, fixture.witness] { try fixture.publish(shown) }
        let grown = try await fixture.round()
        #expect(grown.verdict == .fine, "\(grown.alarms)")
        #expect(grown.newEntries == 3 && grown.size == 15)
        #expect(Self.standing(grown, .mirror) == .behind, "a mirror may lag")
        #expect(grown.isNews(after: quiet) && !quiet.isNews(after: quiet) && quiet.isNews(after: nil))
    }

    @Test func aLogThatShowsLessThanItDidHasShrunk() async throws {
        let fixture = try await Self.watched()
        try fixture.log.show(
            JournalWriter(contents: fixture.space.records.prefix(11).map(\.content)),
            WatchFixture.checkpoint(fixture.space, size: 11, cosigner: fixture.cosigner))
        for hasMemory in [true, false] {
            let round = try await fixture.round(keepsState: hasMemory)
            #expect(Self.kinds(round).allSatisfy { $0 == .shrunk } && !round.alarms.isEmpty, "\(round.alarms)")
            #expect(round.verdict == .tampered)
            #expect(round.alarms.first?.conflict != nil)
        }
    }

    @Test func aLogThatContinuesAnOldCopyDifferentlyHasForked() async throws {
        let fixture = try await Self.watched()
        try fixture.grow(1, milliseconds: 20)
        for shown in [fixture.log, fixture.witness] { try fixture.publish(shown) }
        #expect(try await fixture.round().verdict == .fine)
        // Back to the copy of twelve entries, and on from there.
        fixture.space.records.removeLast()
        var fork = TestSpace()
        let parties = try fork.openForRuns(maximumRuns: 500)
        for _ in 0..<2 { try fork.run(parties) }
        for number in 0..<4 { try fork.run(parties, facts: TestSpace.completed(milliseconds: 77 + Int64(number))) }
        fixture.space = fork
        try fixture.publish(fixture.log, cosigned: false)
        let known = try await fixture.round(mirror: false)
        #expect(Self.kinds(known) == [.fork], "\(known.alarms)")
        #expect(known.report?.conflict != nil)
        // Whoever looks for the first time has it from the witness.
        let stranger = try await fixture.round(mirror: false, keepsState: false)
        #expect(Self.kinds(stranger) == [.quorum, .fork], "\(stranger.alarms)")
        #expect(Self.standing(stranger, .witness) == .parted)
        let conflict = try #require(stranger.alarms.last?.conflict)
        for note in [conflict.trusted, conflict.shown] {
            #expect(try SignedNote(note).verify(with: [fixture.space.signer.verifier]).count == 1)
        }
    }

    @Test(arguments: [11, 12, 13, 14]) func aMirrorWithAnotherHistoryIsAForkWhateverItsSize(_ size: Int) async throws {
        let fixture = try await Self.watched()
        try fixture.grow(1)
        for shown in [fixture.log, fixture.witness] { try fixture.publish(shown) }
        var fork = TestSpace()
        let parties = try fork.openForRuns(maximumRuns: 500)
        for _ in 10..<size { try fork.run(parties, facts: TestSpace.completed(milliseconds: 77)) }
        try fixture.mirror.show(JournalWriter(fork), WatchFixture.checkpoint(fork))
        let round = try await fixture.round()
        #expect(Self.kinds(round) == [.fork], "\(round.alarms)")
        #expect(round.alarms.first?.place == fixture.servers[1].url)
        #expect(Self.standing(round, .mirror) == .parted)
    }

    @Test func whatOthersHaveAndTheLogDoesNotShowIsMissing() async throws {
        let fixture = try await Self.watched()
        try fixture.grow(1)
        try fixture.publish(fixture.witness)
        let byWitness = try await fixture.round()
        #expect(Self.kinds(byWitness) == [.shrunk], "\(byWitness.alarms)")
        #expect(Self.standing(byWitness, .witness) == .ahead)
        try fixture.publish(fixture.mirror)
        #expect(Self.kinds(try await fixture.round()) == [.shrunk, .shrunk])
        try fixture.publish(fixture.log)
        #expect(try await fixture.round().verdict == .fine)
    }

    @Test func aTreeThatIsWithheldHidesNothing() async throws {
        let fixture = try await Self.watched()
        try fixture.grow(1)
        try fixture.publish(fixture.log)
        fixture.log.hide("/tile/0/")
        let round = try await fixture.round()
        #expect(round.verdict == .unchecked)
        #expect(Set(Self.kinds(round)) == [.unreachable])
    }

    @Test func aMirrorsCheckpointThatTheLogDidNotSignIsNoSmallThing() async throws {
        let fixture = try await Self.watched()
        let stranger = try NoteSigner(name: TestSpace.origin, key: TestSpace.key(41))
        let writer = JournalWriter(fixture.space)
        try fixture.mirror.show(writer, writer.checkpoint(stranger))
        #expect(Self.kinds(try await fixture.round()) == [.tampered])
    }

    @Test func aBrokenEntryIsTampering() async throws {
        let fixture = try await Self.watched()
        try fixture.grow(1)
        var writer = JournalWriter(fixture.space)
        let checkpoint = try WatchFixture.checkpoint(fixture.space, cosigner: fixture.cosigner)
        writer.entries[12][300] ^= 1
        try fixture.log.show(writer, checkpoint)
        let round = try await fixture.round()
        #expect(Self.kinds(round) == [.tampered])
        #expect(round.alarms.first?.problem?.seq == 12)
    }

    @Test func tooFewWitnessesNeedAttentionAndPass() async throws {
        let fixture = try await Self.watched()
        try fixture.grow(2)
        try fixture.publish(fixture.log, cosigned: false)
        fixture.witness.setDown(true)
        let lacking = try await fixture.round()
        #expect(Self.kinds(lacking) == [.quorum] && lacking.verdict == .attention)
        guard case .unknown = Self.standing(lacking, .witness) else {
            Issue.record("a silent witness stands as \(String(describing: Self.standing(lacking, .witness)))")
            return
        }
        fixture.witness.setDown(false)
        for shown in [fixture.log, fixture.witness] { try fixture.publish(shown) }
        let back = try await fixture.round()
        #expect(back.verdict == .fine && back.isNews(after: lacking))
    }

    @Test func whatCannotBeReachedIsNotCalledSound() async throws {
        let fixture = try await Self.watched()
        fixture.mirror.setDown(true)
        let lame = try await fixture.round()
        #expect(Self.kinds(lame) == [.unreachable] && lame.verdict == .unchecked)
        #expect(lame.size == 12)
        fixture.mirror.setDown(false)
        fixture.log.setDown(true)
        let fromMirror = try await fixture.round()
        #expect(Self.kinds(fromMirror) == [.unreachable] && fromMirror.size == 12)
        fixture.mirror.setDown(true)
        let blind = try await fixture.round()
        #expect(Self.kinds(blind) == [.unreachable, .unreachable] && blind.report == nil)
    }

    @Test func onlyAskedForAgeMatters() async throws {
        let fixture = try await Self.watched()
        // The entries and cosignatures of the fixture are of November 2025.
        #expect(try await fixture.round().verdict == .fine)
        fixture.stallSeconds = 3600
        let stalled = try await fixture.round()
        #expect(Self.kinds(stalled) == [.stall] && stalled.verdict == .attention)
        for shown in [fixture.log, fixture.witness] { try fixture.publish(shown, at: UInt64(time(nil))) }
        #expect(try await fixture.round().verdict == .fine, "a fresh cosignature is a sign of life")
    }

    @Test func aDamagedStateFileEndsIt() async throws {
        let fixture = try await Self.watched()
        var state = try fixture.folder.read("state")
        state[state.count / 2] ^= 1
        try fixture.folder.write("state", state)
        await #expect(throws: AuditFailure.self) { try await fixture.round() }
    }

    // MARK: The program

    @Test func theProgramsExitCodesTellTheKindOfTrouble() async throws {
        let fixture = try await Self.watched()
        let policy = fixture.folder.path + "/hashes"
        try fixture.folder.write("hashes", try fixture.policy())
        let line = "$P watch \(fixture.servers[0].url) --state '\(fixture.folder.path)/state' --policy '\(policy)' --once"
        let fine = try ProgramTests.run(line)
        #expect(fine.status == 0 && fine.text.contains("FINE: 12 entries, 0 new"), "\(fine.text)")
        let stalled = try ProgramTests.run(line + " --stall 6h --json")
        #expect(stalled.status == 4)
        let json = try JSONValue.parse(stalled.text)
        #expect(json["verdict"]?.stringValue == "attention")
        #expect(json["alarms"]?[0]?["kind"]?.stringValue == "stall")
        #expect(try ProgramTests.run(line + " --stall 6 2>/dev/null").status == 64)
        fixture.log.setDown(true)
        #expect(try ProgramTests.run(line).status == 2)
        fixture.log.setDown(false)
        try fixture.log.show(
            JournalWriter(contents: fixture.space.records.prefix(11).map(\.content)),
            WatchFixture.checkpoint(fixture.space, size: 11, cosigner: fixture.cosigner))
        let shrunk = try ProgramTests.run(line)
        #expect(shrunk.status == 1 && shrunk.text.contains("ALARM shrunk"))
        #expect(try ProgramTests.run("$P watch /nonexistent --state x --once 2>/dev/null").status == 64)
    }

    @Test func aSignalEndsItWithTheStateSaved() async throws {
        let fixture = try WatchFixture()
        try fixture.publish(fixture.log)
        let key = try fixture.space.signer.verifier.description
        let output = "\(fixture.folder.path)/hashes"
        // It is stopped when the first line of the output is there, in the pause before the next round.
        let script = """
            $P watch \(fixture.servers[0].url) --vkey '\(key)' --state '\(fixture.folder.path)/state' --interval 3600 --json > '\(output)' & pid=$!
            while ! [ -s '\(output)' ] && kill -0 $pid; do sleep 0.05; done; kill -TERM $pid; wait $pid
            """
        let ended = try ProgramTests.run(script)
        #expect(ended.status == 0, "\(ended.text)")
        let lines = String(decoding: try fixture.folder.read("hashes"), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 1)
        #expect(try JSONValue.parse(Array((lines.first ?? "").utf8))["verdict"]?.stringValue == "fine")
        let again = try await fixture.round(mirror: false, policy: false)
        #expect(again.newEntries == 0 && again.report?.continuedFrom == 10)
    }
}
