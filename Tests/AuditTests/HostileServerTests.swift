import Glibc
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Audit

/// Servers that mean harm, or are broken: an audit ends in bounded time and memory, and calls nothing sound.
@Suite struct HostileServerTests {
    /// Audits a log whose bundles, or whose checkpoint, are answered as the closure says.
    private static func failure(
        timeout: Double = 20, of name: String = "tile/", _ answer: @escaping @Sendable (TestServer.Answer) -> TestServer.Answer
    ) async throws -> AuditFailure? {
        let (space, writer) = try TileTests.ledger(runs: 300)
        let server = try TileTests.serve(try TileTests.files(space, writer)) { target, usual in
            target.hasPrefix(name) ? answer(usual) : usual
        }
        defer { server.stop() }
        do {
            let report = try await TileTests.audit(server.url) { $0.timeoutSeconds = timeout }
            #expect(!report.isSound)
            return nil
        } catch let failure as AuditFailure { return failure }
    }

    @Test func anEndlessBodyIsBrokenOff() async throws {
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        let bundle = try await Self.failure { _ in .init(body: piece, isEndless: true) }
        guard case .answerTooLarge = bundle else {
            Issue.record("\(String(describing: bundle))")
            return
        }
        let checkpoint = try await Self.failure(of: "checkpoint") { _ in .init(body: piece, isEndless: true) }
        guard case .answerTooLarge = checkpoint else {
            Issue.record("\(String(describing: checkpoint))")
            return
        }
    }

    @Test func compressionThatUnpacksToMoreThanABundleIsBrokenOff() async throws {
        let bomb = try Gzip.output("head -c 100000000 /dev/zero | gzip -9c")
        #expect(bomb.count < 200_000)
        let failure = try await Self.failure { _ in .init(body: bomb, headers: ["Content-Encoding: gzip"]) }
        guard case .answerTooLarge(_, let limit) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(limit == BundleSource.maximumBytes)
    }

    @Test func damagedCompressionIsNotCalledTampering() async throws {
        let failure = try await Self.failure { _ in .init(body: Array("no gzip".utf8), headers: ["Content-Encoding: gzip"]) }
        #expect(failure != nil)
    }

    @Test func aBodyThatDripsIsGivenUp() async throws {
        let failure = try await Self.failure(timeout: 1) { .init(body: $0.body, pieces: 1000) }
        guard case .network(_, let reason) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(reason.contains("no complete answer"))
    }

    @Test func redirectsAreNotFollowed() async throws {
        for name in ["tile/", "checkpoint"] {
            let failure = try await Self.failure(of: name) { _ in
                .init(status: 302, headers: ["Location: http://127.0.0.1:1/elsewhere"])
            }
            guard case .wrongStatus(_, 302) = failure else {
                Issue.record("\(String(describing: failure))")
                return
            }
        }
    }

    @Test func bundlesOfAWrongLengthAreNoAnswer() async throws {
        let changes: [@Sendable ([UInt8]) -> [UInt8]] = [
            { Array($0.dropLast()) }, { $0 + [0] }, { $0 + [0, 1, 0x7B] }, { _ in [] }, { _ in [0xFF, 0xFF, 0x7B] },
            { _ in Array("<html>Sign in to this network</html>".utf8) },
        ]
        for change in changes {
            let failure = try await Self.failure { .init(body: change($0.body)) }
            guard case .badAnswer = failure else {
                Issue.record("\(String(describing: failure))")
                continue
            }
        }
    }

    @Test func aCutOffAnswerIsAFaultOfTheNetwork() async throws {
        let failure = try await Self.failure(of: "checkpoint") { .init(body: $0.body, isCutOff: true) }
        guard case .network = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
    }

    @Test func whatWasReadBeforeAFaultIsKeptInTheStateFile() async throws {
        let (space, writer) = try TileTests.ledger(runs: 3500)
        let folder = try TestFolder()
        let isBroken = Mutex(true)
        let server = try TileTests.serve(try TileTests.files(space, writer)) { name, answer in
            name.contains("/013") && isBroken.withLock { $0 } ? .init(status: 403) : answer
        }
        defer { server.stop() }
        let state = folder.path + "/state"
        var kept: UInt64 = 0
        do {
            _ = try await TileTests.audit(server.url) { $0.stateFile = state }
            Issue.record("the audit ended")
        } catch let interruption as AuditInterruption {
            kept = interruption.entries
            #expect(interruption.cause != nil)
            #expect(interruption.stateFile == state)
        }
        #expect(kept > 0)
        isBroken.withLock { $0 = false }
        let report = try await TileTests.audit(server.url) { $0.stateFile = state }
        #expect(report.continuedFrom == kept)
        #expect(report.root == writer.root)
    }
}

/// How often something has been asked for before.
final class FailureCount: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func count(_ name: String) -> Int {
        counts.withLock { counts in
            defer { counts[name, default: 0] += 1 }
            return counts[name, default: 0]
        }
    }
}

/// Debian's gzip, which every system of its kind has.
enum Gzip {
    enum Failure: Error { case cannotRun(String) }

    static func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        let folder = try TestFolder()
        try folder.write("state", bytes)
        return try withExtendedLifetime(folder) { try output("gzip -c \(folder.path)/state") }
    }

    static func output(_ command: String) throws -> [UInt8] {
        guard let pipe = popen(command, "re") else { throw Failure.cannotRun(command) }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        guard pclose(pipe) == 0 else { throw Failure.cannotRun(command) }
        return bytes
    }
}
