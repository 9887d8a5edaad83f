import Glibc
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// The auditor's own file.
@Suite struct StateFileTests {
    private static func audited() async throws -> (TestSpace, TestFolder) {
        let (space, _, folder) = try TrustedStateTests.grown(runs: 1, shownFirst: 11)
        #expect(try await TrustedStateTests.audit(folder).isSound)
        return (space, folder)
    }

    @Test func everyChangedByteIsRefused() async throws {
        let (_, folder) = try await Self.audited()
        let bytes = try folder.read("state")
        let file = TrustedStateFile(path: folder.path + "/state")
        for (mask, step) in [(0x01, 1), (0x20, 3), (0x80, 7)] as [(UInt8, Int)] {
            for position in stride(from: 0, to: bytes.count, by: step) {
                var changed = bytes
                changed[position] ^= mask
                try folder.write("state", changed)
                #expect(throws: AuditFailure.self, "byte \(position) ^ \(mask)") { try file.read() }
            }
        }
        for count in stride(from: 0, to: bytes.count, by: 7) {
            try folder.write("state", Array(bytes[..<count]))
            #expect(throws: AuditFailure.self, "\(count) bytes") { try file.read() }
        }
        try folder.write("state", bytes + [0x0A])
        #expect(throws: AuditFailure.self) { try file.read() }
        try folder.write("state", bytes)
        #expect(try file.read()?.tied?.milestone.size == 11)
    }

    @Test func aRefusedFileStopsTheAuditAndIsReplacedOnlyWhenAsked() async throws {
        let (_, folder) = try await Self.audited()
        var bytes = try folder.read("state")
        bytes[100] ^= 1
        try folder.write("state", bytes)
        await #expect(throws: AuditFailure.self) { try await TrustedStateTests.audit(folder) }
        #expect(try folder.read("state") == bytes)
        let report = try await TrustedStateTests.audit(folder) { $0.isFromStart = true }
        #expect(report.isSound)
        #expect(report.warnings.contains { $0.contains("--from-start") })
        #expect(try await TrustedStateTests.audit(folder).continuedFrom == 11)
    }

    @Test func aFileThatOthersMayWriteIsRefused() async throws {
        let (_, folder) = try await Self.audited()
        var information = stat()
        #expect(stat(folder.path + "/state", &information) == 0)
        #expect(information.st_mode & 0o777 == 0o600)
        for mode in [0o620, 0o602] as [mode_t] {
            chmod(folder.path + "/state", mode)
            await #expect(throws: AuditFailure.self) { try await TrustedStateTests.audit(folder) }
        }
    }

    @Test func aStateOfAnotherLogIsRefused() async throws {
        let (_, folder) = try await Self.audited()
        let file = TrustedStateFile(path: folder.path + "/state")
        var state = try #require(try file.read())
        state.origin = "elsewhere.example/log"
        try file.write(state)
        let refusal = AuditFailure.stateOfAnotherLog(path: file.path, expected: state.origin, found: TestSpace.origin)
        await #expect(throws: refusal) { try await TrustedStateTests.audit(folder) }
    }

    @Test func aPartialAuditKeepsNoState() async throws {
        let (_, folder) = try await Self.audited()
        await #expect(throws: AuditFailure.stateNeedsFullAudit) {
            try await TrustedStateTests.audit(folder) { $0.isChainOnly = true }
        }
    }

    @Test func aPlaceWhereNoFileCanBeWrittenIsAFailure() async throws {
        let (_, folder) = try await Self.audited()
        await #expect(throws: AuditFailure.self) {
            try await TrustedStateTests.audit(folder) { $0.stateFile = "/nonexistent/state" }
        }
    }
}

/// Audits that are stopped on the way.
@Suite struct InterruptionTests {
    /// Runs an audit that is cancelled once it has come so far.
    private static func interrupted(
        _ source: AuditSource, _ options: AuditOptions, after count: UInt64
    ) async throws -> AuditInterruption? {
        do {
            _ = try await Auditor(source, options: options).run { done, _ in
                if done >= count { withUnsafeCurrentTask { $0?.cancel() } }
            }
            return nil
        } catch let interruption as AuditInterruption { return interruption }
    }

    @Test func anAuditThatIsStoppedGoesOnLaterAndReportsTheSame() async throws {
        let (_, writer, folder) = try TrustedStateTests.grown(runs: 2500, shownFirst: 2510, frames: [300, 1000, 7])
        let (source, options) = (AuditSource.folder(folder.path), TrustedStateTests.options(folder))
        var stops: [UInt64] = []
        for count in [500, 1500] as [UInt64] {
            let stopped = try await Task { try await Self.interrupted(source, options, after: count) }.value
            let interruption = try #require(stopped)
            #expect(interruption.stateFile == options.stateFile)
            #expect(interruption.cause == nil)
            stops.append(interruption.entries)
        }
        #expect(stops[0] >= 500 && stops[0] < stops[1] && stops[1] < 2510)
        let whole = try await Auditor(.folder(folder.path)).run()
        let report = try await TrustedStateTests.audit(folder)
        #expect(report.continuedFrom == stops[1])
        #expect(TrustedStateTests.same(report, as: whole))
        #expect(whole.root == writer.root)
    }

    @Test func whatAnInterruptedAuditKeptIsDoubtedWhenTheLedgerDoesNotContinueIt() async throws {
        let (space, writer, folder) = try TrustedStateTests.grown(runs: 1200, shownFirst: 1210, frames: [600])
        let (source, options) = (AuditSource.folder(folder.path), TrustedStateTests.options(folder))
        let stopped = try await Task { try await Self.interrupted(source, options, after: 500) }.value
        #expect(stopped != nil)
        var forged = JournalWriter(space, frameSizes: [600])
        forged.entries[100][400] ^= 1
        var previous = MerkleTree.leafHash(forged.entries[99])
        for index in 100..<1210 {
            forged.entries[index].replaceSubrange(9..<73, with: Array(previous.description.utf8))
            previous = MerkleTree.leafHash(forged.entries[index])
        }
        try folder.write("journal", forged.journal)
        let whole = try await Auditor(.folder(folder.path)).run()
        let report = try await TrustedStateTests.audit(folder)
        #expect(whole.problem != nil)
        #expect(TrustedStateTests.same(report, as: whole))
        #expect(writer.root != forged.root)
    }

    @Test func withoutAStateFileNothingIsKept() async throws {
        let (_, _, folder) = try TrustedStateTests.grown(runs: 2500, shownFirst: 2510)
        let source = AuditSource.folder(folder.path)
        let stopped = try await Task {
            try await Self.interrupted(source, AuditOptions(), after: 1)
        }.value
        #expect(stopped?.stateFile == nil)
        #expect(stopped != nil)
    }
}
