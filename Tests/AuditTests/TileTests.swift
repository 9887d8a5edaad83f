import Signing
import Testing
import TransparencyLog

@testable import Audit

/// A ledger read in entry bundles (C2SP tlog-tiles), from a node or from a mirror that only has files.
@Suite struct TileTests {
    static func ledger(runs: Int) throws -> (TestSpace, JournalWriter) {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: 5000)
        for _ in 0..<runs { try space.run(parties) }
        return (space, JournalWriter(space))
    }

    /// The bundles of a log of `size` entries, by path.
    static func bundles(_ writer: JournalWriter, size: Int? = nil) throws -> [String: [UInt8]] {
        var bundles: [String: [UInt8]] = [:]
        let entries = Array(writer.entries.prefix(size ?? writer.entries.count))
        for start in stride(from: 0, to: entries.count, by: 256) {
            let part = Array(entries[start..<min(start + 256, entries.count)])
            let tile = try #require(Tile(.entries, index: UInt64(start / 256), width: part.count))
            bundles[tile.path] = try EntryBundle.encode(part)
        }
        return bundles
    }

    /// Serves files below a prefix; what is not there is a 404.
    static func serve(
        _ files: [String: [UInt8]], prefix: String = "/ledger/",
        change: @escaping @Sendable (String, TestServer.Answer) -> TestServer.Answer = { $1 }
    ) throws -> TestServer {
        try TestServer { target in
            let name = target.hasPrefix(prefix) ? String(target.dropFirst(prefix.count)) : ""
            return change(name, files[name].map { .init(body: $0) } ?? .init(status: 404))
        }
    }

    static func files(_ space: TestSpace, _ writer: JournalWriter) throws -> [String: [UInt8]] {
        var files = try bundles(writer)
        files["checkpoint"] = try writer.checkpoint(space.signer)
        return files
    }

    static func audit(_ url: String, _ change: (inout AuditOptions) -> Void = { _ in }) async throws -> AuditReport {
        var options = AuditOptions(timeoutSeconds: 20)
        change(&options)
        return try await Auditor(.node(url), options: options).run()
    }

    @Test(arguments: ["/ledger/", "/", "/mirrors/space/log/"])
    func theReportIsThatOfTheFolder(_ prefix: String) async throws {
        let (space, writer) = try Self.ledger(runs: 1100)
        let server = try Self.serve(try Self.files(space, writer), prefix: prefix)
        defer { server.stop() }
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let expected = try await Auditor(.folder(folder.path)).run()
        let url = server.url + (prefix == "/ledger/" ? "" : String(prefix.dropLast()))
        #expect(TrustedStateTests.same(try await Self.audit(url), as: expected))
        let asked = Set(server.targets.filter { $0.contains("/tile/") })
        #expect(asked == Set(try Self.bundles(writer).keys.map { prefix + $0 }))
    }

    @Test(arguments: [246, 247, 502]) func theEdgesOfBundlesAreRead(_ runs: Int) async throws {
        let (space, writer) = try Self.ledger(runs: runs)
        let server = try Self.serve(try Self.files(space, writer))
        defer { server.stop() }
        let report = try await Self.audit(server.url)
        #expect(report.problem == nil)
        #expect(report.entries == UInt64(writer.entries.count))
    }

    @Test func thePartialBundleMayHaveGivenWayToTheFullOne() async throws {
        let (space, writer) = try Self.ledger(runs: 600)
        var files = try Self.bundles(writer)
        files["checkpoint"] = try writer.checkpoint(space.signer, size: 300)
        let server = try Self.serve(files)
        defer { server.stop() }
        let report = try await Self.audit(server.url)
        #expect(report.problem == nil)
        #expect(report.entries == 300)
    }

    @Test func theNextAuditAsksOnlyForNewBundles() async throws {
        let (space, writer) = try Self.ledger(runs: 1000)
        let folder = try TestFolder()
        for size in [300, 1010] {
            var files = try Self.bundles(writer, size: size)
            files["checkpoint"] = try writer.checkpoint(space.signer, size: size)
            let server = try Self.serve(files)
            defer { server.stop() }
            let report = try await Self.audit(server.url) { $0.stateFile = folder.path + "/state" }
            #expect(report.problem == nil)
            #expect(report.entries == UInt64(size))
            #expect(size == 300 || report.continuedFrom == 300)
            #expect(size == 300 || !server.targets.contains("/ledger/tile/entries/000"))
        }
    }

    @Test func aMissingBundleIsAMissingEntry() async throws {
        let (space, writer) = try Self.ledger(runs: 800)
        var files = try Self.files(space, writer)
        files["tile/entries/001"] = nil
        let server = try Self.serve(files)
        defer { server.stop() }
        let problem = try await Self.audit(server.url).problem
        #expect(problem?.check == .root)
        #expect(problem?.seq == 256)
        #expect(problem?.reason.contains("/ledger/tile/entries/001 answers with status 404") == true)
    }

    @Test func aWrongBundleIsFoundAndItsEntryNamed() async throws {
        let (space, writer) = try Self.ledger(runs: 800)
        var files = try Self.files(space, writer)
        // Another bundle in its place; and one with an entry changed.
        files["tile/entries/002"] = files["tile/entries/001"]
        var server = try Self.serve(files)
        #expect(try await Self.audit(server.url).problem?.seq == 512)
        server.stop()
        var other = writer
        other.entries[700][300] ^= 1
        files["tile/entries/002"] = try Self.bundles(other)["tile/entries/002"]
        server = try Self.serve(files)
        defer { server.stop() }
        #expect(try await Self.audit(server.url).problem?.seq == 700)
    }

    @Test func aReplacedCheckpointIsFound() async throws {
        let (space, writer) = try Self.ledger(runs: 300)
        var files = try Self.files(space, writer)
        files["checkpoint"] = try Checkpoint(origin: TestSpace.origin, size: 310, root: SHA256.hash([1]))
            .signed(by: space.signer).bytes
        let server = try Self.serve(files)
        defer { server.stop() }
        #expect(try await Self.audit(server.url).problem?.check == .root)
    }

    @Test func faultsThatPassAreWaitedOut() async throws {
        let (space, writer) = try Self.ledger(runs: 600)
        let failures = FailureCount()
        let server = try Self.serve(try Self.files(space, writer)) { name, answer in
            switch failures.count(name) {
            case 0 where name.hasSuffix("000"): .init(status: 503)
            case 0 where name.hasSuffix("001"): .init(body: answer.body, isCutOff: true)
            case 1 where name.hasSuffix("001"): .init(status: 429)
            default: answer
            }
        }
        defer { server.stop() }
        #expect(try await Self.audit(server.url).isSound)
    }

    @Test func compressedBundlesAreRead() async throws {
        let (space, writer) = try Self.ledger(runs: 500)
        var files = try Self.files(space, writer)
        for (name, bytes) in files where name != "checkpoint" { files[name] = try Gzip.compress(bytes) }
        let server = try Self.serve(files) { name, answer in
            var answer = answer
            if name != "checkpoint" { answer.headers = ["Content-Encoding: gzip"] }
            return answer
        }
        defer { server.stop() }
        let report = try await Self.audit(server.url)
        #expect(report.problem == nil)
        #expect(report.root == writer.root)
    }
}
