import Signing
import Testing
import TransparencyLog

@testable import Audit

/// A ledger read in ranges from a node of an older release, which serves no tiles.
@Suite struct RemoteTests {
    /// Serves a ledger as a node does.
    private static func serve(
        _ writer: JournalWriter, _ checkpoint: [UInt8], most: Int = 1000,
        change: @escaping @Sendable (String, TestServer.Answer) -> TestServer.Answer = { $1 }
    ) throws -> TestServer {
        let entries = writer.entries
        return try TestServer { target in
            if target == "/ledger/checkpoint" { return change(target, .init(body: checkpoint)) }
            let numbers = target.split { !$0.isNumber }.compactMap { Int($0) }
            guard target.hasPrefix("/ledger/entries?start="), numbers.count == 2 else { return .init(status: 404) }
            let lines: [UInt8] = entries.dropFirst(numbers[0]).prefix(min(numbers[1], most)).flatMap { $0 + [0x0A] }
            return change(target, .init(body: lines))
        }
    }

    private static func ledger(runs: Int = 2) throws -> (TestSpace, JournalWriter) {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: 5000)
        for _ in 0..<runs { try space.run(parties) }
        return (space, JournalWriter(space))
    }

    @Test func aSoundLedgerIsReadInRangesUpToTheCheckpoint() async throws {
        let (space, writer) = try Self.ledger()
        let server = try Self.serve(writer, writer.checkpoint(space.signer, size: 11), most: 4)
        defer { server.stop() }
        let report = try await Auditor(.node(server.url + "/"), options: AuditOptions(pinnedKeys: [space.signer.verifier])).run()
        #expect(report.problem == nil)
        #expect(report.entries == 11)
        #expect(report.root == JournalWriter(contents: space.records.prefix(11).map(\.content)).root)
        // Tiles are looked for first.
        let probes = ["/ledger/checkpoint", "/ledger/tile/entries/000.p/11", "/ledger/tile/entries/000"]
        let expected = probes + [(0, 1), (0, 11), (4, 7), (8, 3)].map { "/ledger/entries?start=\($0)&count=\($1)" }
        #expect(server.targets == expected)
    }

    @Test func noMoreThanAThousandEntriesAreAskedForAtOnce() async throws {
        let (space, writer) = try Self.ledger(runs: 1100)
        let server = try Self.serve(writer, writer.checkpoint(space.signer))
        defer { server.stop() }
        #expect(try await Auditor(.node(server.url)).run().entries == 1110)
        let expected = [(0, 1), (0, 1000), (1000, 110)].map { "/ledger/entries?start=\($0)&count=\($1)" }
        #expect(server.targets.filter { $0.contains("start=") } == expected)
    }

    @Test func aChangedEntryIsNamed() async throws {
        var (space, writer) = try Self.ledger()
        let checkpoint = try writer.checkpoint(space.signer)
        writer.entries[5][300] ^= 1
        let server = try Self.serve(writer, checkpoint)
        defer { server.stop() }
        let problem = try await Auditor(.node(server.url)).run().problem
        #expect(problem?.seq == 5)
        #expect(problem?.offset == nil)
    }

    @Test func entriesThatTheNodeWithholdsAreMissing() async throws {
        var (space, writer) = try Self.ledger()
        let checkpoint = try writer.checkpoint(space.signer)
        writer.entries.removeLast(2)
        let server = try Self.serve(writer, checkpoint)
        defer { server.stop() }
        let problem = try await Auditor(.node(server.url)).run().problem
        #expect(problem?.check == .root)
        #expect(problem?.seq == 10)
    }

    @Test func anAnswerThatIsNoneIsNotCalledTampering() async throws {
        let (space, writer) = try Self.ledger()
        let checkpoint = try writer.checkpoint(space.signer)
        let changes: [@Sendable (TestServer.Answer) -> TestServer.Answer] = [
            { .init(status: 503, body: $0.body) }, { .init(status: 302, body: $0.body) },
            { .init(body: $0.body, isCutOff: true) }, { .init(body: $0.body + [0x7B]) },
            { .init(body: $0.body + $0.body) }, { _ in .init(body: [UInt8](repeating: 0x61, count: 6 << 20)) },
        ]
        for change in changes {
            let server = try Self.serve(writer, checkpoint) { target, answer in
                !target.hasPrefix("/ledger/entries") ? answer : change(answer)
            }
            defer { server.stop() }
            await #expect(throws: AuditFailure.self) { try await Auditor(.node(server.url)).run() }
        }
    }

    @Test func aLineThatIsTooLongForAnEntryIsAProblem() async throws {
        let (space, writer) = try Self.ledger()
        let server = try Self.serve(writer, writer.checkpoint(space.signer)) { target, answer in
            !target.hasPrefix("/ledger/entries") ? answer : .init(body: [UInt8](repeating: 0x61, count: 65_536) + [0x0A])
        }
        defer { server.stop() }
        let problem = try await Auditor(.node(server.url)).run().problem
        #expect(problem?.check == .entry)
        #expect(problem?.seq == 0)
    }

    @Test func anAddressThatLeadsNowhereIsAFailure() async throws {
        for url in ["http://127.0.0.1:1", "http://user@127.0.0.1", "http://127.0.0.1/?x=1", "http://", "ftp://127.0.0.1"] {
            await #expect(throws: AuditFailure.self) { try await Auditor(.node(url)).run() }
        }
    }
}
