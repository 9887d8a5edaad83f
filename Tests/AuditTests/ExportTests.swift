import Exchange
import Foundation
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Evidence bundles made from a ledger while it is audited.
@Suite struct ExportTests {
    /// A ledger in a folder, with files beside it that go with it.
    final class Place {
        let space: TestSpace
        let writer: JournalWriter
        let ledger: TestFolder
        let path: String

        init(size: Int? = nil, _ live: (inout TestSpace) throws -> Void = { try $0.liveThroughEverything() }) throws {
            var space = TestSpace()
            try live(&space)
            self.space = space
            writer = JournalWriter(space)
            ledger = try TestFolder(writer.journal, writer.checkpoint(space.signer, size: size))
            path = NSTemporaryDirectory() + "hexi-export-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var policy: TrustPolicy { get throws { TrustPolicy(logs: [try space.signer.verifier]) } }

        func heading() throws -> ExportHeading {
            let key = try space.signer.verifier
            return ExportHeading(
                policy: Array("log \(key)\nquorum none\n".utf8), knownKeys: [key], note: "Case 17", producer: "test")
        }

        func exportWhole(_ name: String = "bundle.tar") async throws -> String {
            let export = LedgerExport("\(path)/\(name)", try heading())
            let report = try await Auditor(.folder(ledger.path)).run(visitor: export)
            _ = try #require(try export.finish(report))
            return "\(path)/\(name)"
        }

        func export(
            _ identifiers: [Identifier], _ numbers: Set<UInt64> = [], _ name: String = "bundle.tar"
        ) async throws -> (String, EntryExport.Outcome) {
            let export = try EntryExport(identifiers: identifiers, numbers: numbers)
            let report = try await Auditor(.folder(ledger.path)).run(visitor: export)
            return ("\(path)/\(name)", try #require(try export.write("\(path)/\(name)", try heading(), report)))
        }

        func subject(_ type: EventType) throws -> Identifier {
            try Identifier(try #require(space.records.first { $0.event.type == type }).event.subject)
        }

        func check(_ path: String) async throws -> AuditReport {
            var options = AuditOptions(workers: 1)
            options.policy = try policy
            return try await Auditor(.bundle(path), options: options).run()
        }

        func entries(_ path: String) throws -> [UInt64] {
            var numbers: [UInt64] = []
            try EvidenceBundle(path).forEachProvedEntry { numbers.append($0.seq) }
            return numbers
        }
    }

    @Test func aWholeLedgerIsSoundYearsLaterWithoutTheLedger() async throws {
        let place = try Place()
        let path = try await place.exportWhole()
        for name in ["journal", "checkpoint"] { try FileManager.default.removeItem(atPath: "\(place.ledger.path)/\(name)") }
        let report = try await place.check(path)
        #expect(report.problem == nil)
        #expect(report.entries == UInt64(place.writer.entries.count))
        #expect(report.root == place.writer.root)
    }

    @Test func theSameLedgerAndArgumentsGiveTheSameFile() async throws {
        let (first, second) = (try Place(), try Place())
        let contract = try first.subject(.contractOffered)
        let files = [
            try await first.exportWhole(), try await second.exportWhole(),
            try await first.export([contract], [3], "part.tar").0, try await second.export([contract], [3], "part.tar").0,
        ].map { FileManager.default.contents(atPath: $0) }
        #expect(files[0] != nil && files[0] == files[1])
        #expect(files[2] != nil && files[2] == files[3])
    }

    @Test func filesCountAsChangedWhenTheLastEntryWasRecorded() async throws {
        let place = try Place(size: 12)
        let time = UInt64(place.space.records[11].time.milliseconds / 1000)
        for path in [try await place.exportWhole(), try await place.export([], [2], "part.tar").0] {
            var archive = ArchiveReader(try JournalFile(path))
            while let member = try archive.next() { #expect(member.header.time == time) }
        }
    }

    @Test func aContractsEntriesComeWithThoseThatMakeTheirSignaturesCheckable() async throws {
        let place = try Place()
        let contract = try place.subject(.contractOffered)
        let (path, outcome) = try await place.export([contract])
        let lives = try LifeView(of: contract)
        _ = try await Auditor(.folder(place.ledger.path)).run(visitor: lives)
        #expect(outcome.chosen == lives.count)
        let report = try await place.check(path)
        #expect(report.problem == nil)
        #expect(report.entries == outcome.chosen + outcome.supporting)
        // Entry 0 and both parties' applications are none of the contract's own.
        #expect(outcome.supporting == 3)
        #expect(try place.entries(path).prefix(3) == [0, 1, 2])
        #expect(report.counts.signatures > report.entries)
        #expect(!report.warnings.contains { $0.contains("could not be checked") })
    }

    @Test func everyEntryCanBeExportedAloneAndItsSignaturesChecked() async throws {
        let place = try Place()
        for seq in place.writer.entries.indices {
            let (path, _) = try await place.export([], [UInt64(seq)])
            let report = try await place.check(path)
            #expect(report.problem == nil, "entry \(seq)")
            #expect(!report.warnings.contains { $0.contains("could not be checked") }, "entry \(seq)")
            #expect(try place.entries(path).contains(UInt64(seq)))
        }
    }

    @Test func whatNoCheckpointCoversIsLeftOutAndSaid() async throws {
        let place = try Place(size: 10)
        let (path, outcome) = try await place.export([try place.subject(.contractOffered)])
        #expect(outcome.unsigned > 0)
        #expect(try place.entries(path).allSatisfy { $0 < 10 })
        #expect(try await place.check(path).problem == nil)
        let export = try EntryExport(identifiers: [], numbers: [10, 11])
        let report = try await Auditor(.folder(place.ledger.path)).run(visitor: export)
        #expect(export.missing == ["entry 10", "entry 11"])
        #expect(try export.write("\(place.path)/none.tar", try place.heading(), report) == nil)
        #expect(try await place.check(try await place.exportWhole("whole.tar")).entries == 10)
    }

    /// The log has put its name to it: the proof holds all the same, the signature does not.
    @Test func aForgedStatementThatTheLogHasSignedForIsFoundByItsSignature() async throws {
        let place = try Place()
        var contents = place.space.records.map(\.content)
        // The signature is what the entry ends with.
        let byte = contents[1].count - 20
        contents[1][byte] = contents[1][byte] == 0x41 ? 0x42 : 0x41
        let writer = JournalWriter(contents: contents)
        let checkpoint = try writer.checkpoint(place.space.signer)
        for (targets, seq) in [([0, 1], 1), ([0, 2], nil)] as [([UInt64], UInt64?)] {
            let heading = try BundleTests.heading(place.space, checkpoint)
            let bundle = try EvidenceBundleWriter("\(place.path)/bundle.tar", heading, isPartial: true)
            for proof in try PartialBundleTests.proofs(writer, checkpoint, targets) {
                try bundle.add(writer.entries[Int(proof.index)], proof)
            }
            try bundle.finish()
            let problem = try await place.check("\(place.path)/bundle.tar").problem
            #expect(problem?.check == (seq == nil ? nil : .signature))
            #expect(problem?.seq == seq)
        }
    }

    @Test func entriesWhoseSignersAreUnknownAreCounted() async throws {
        let place = try Place()
        let checkpoint = try place.writer.checkpoint(place.space.signer)
        let bundle = try EvidenceBundleWriter(
            "\(place.path)/bundle.tar", try BundleTests.heading(place.space, checkpoint), isPartial: true)
        for proof in try PartialBundleTests.proofs(place.writer, checkpoint, [1, 3, 10]) {
            try bundle.add(place.writer.entries[Int(proof.index)], proof)
        }
        try bundle.finish()
        let report = try await place.check("\(place.path)/bundle.tar")
        #expect(report.isSound)
        #expect(report.counts.signatures == 1)
        #expect(report.warnings.contains { $0.contains("Of 2 entries the signatures could not be checked") })
    }

    // MARK: An unsound ledger

    private func unsound() throws -> (Place, AuditProblem.Check) {
        (try Place { space in
            try space.liveThroughEverything()
            space.records.swapAt(9, 10)
        }, .rules)
    }

    @Test func anUnsoundLedgerIsNotExportedUnlessAskedFor() async throws {
        let (place, check) = try unsound()
        let export = LedgerExport("\(place.path)/bundle.tar", try place.heading())
        let report = try await Auditor(.folder(place.ledger.path)).run(visitor: export)
        let problem = try #require(report.problem)
        #expect(problem.check == check)
        #expect(try export.finish(report) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == [])
        let count = try LedgerExport.writeUnsound(
            .folder(place.ledger.path), AuditOptions(), to: "\(place.path)/bundle.tar", try place.heading(), problem: problem)
        #expect(count == UInt64(place.writer.entries.count))
        let again = try await place.check("\(place.path)/bundle.tar")
        #expect(again.problem?.check == check)
        #expect(again.problem?.seq == problem.seq)
        var archive = ArchiveReader(try JournalFile("\(place.path)/bundle.tar"))
        let first = try #require(try archive.next())
        let text = String(decoding: try archive.contents(of: first, maximumCount: 1 << 16), as: UTF8.self)
        #expect(text.contains("THE LEDGER IS NOT SOUND") && text.contains("entry \(problem.seq ?? 0)"))
        let part = try EntryExport(identifiers: [], numbers: [1])
        let partReport = try await Auditor(.folder(place.ledger.path)).run(visitor: part)
        #expect(try part.write("\(place.path)/part.tar", try place.heading(), partReport) == nil)
    }

    @Test func aBrokenChainIsExportedUpToTheBreak() throws {
        let place = try Place()
        var writer = place.writer
        writer.entries[7][300] ^= 1
        try place.ledger.write("journal", writer.journal)
        let count = try LedgerExport.writeUnsound(
            .folder(place.ledger.path), AuditOptions(), to: "\(place.path)/bundle.tar", try place.heading(),
            problem: AuditProblem(.chain, seq: 7, reason: "it was changed"))
        #expect(count == 8)
    }

    // MARK: Damage

    @Test(arguments: [false, true]) func everyChangedByteOfASmallBundleIsFound(_ isPartial: Bool) async throws {
        let place = try Place { space in
            try space.found()
            _ = try space.apply("Weather bureau", .provider, TestSpace.key(10))
        }
        let path = isPartial ? try await place.export([], [1]).0 : try await place.exportWhole()
        #expect(try await place.check(path).problem == nil)
        let bytes = Array(try #require(FileManager.default.contents(atPath: path)))
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        defer { try? file.close() }
        func put(_ byte: UInt8, at position: Int) throws {
            try file.seek(toOffset: UInt64(position))
            try file.write(contentsOf: [byte])
        }
        for position in bytes.indices {
            try put(bytes[position] ^ (1 << UInt8(position % 8)), at: position)
            var isFound = false
            do { _ = try EvidenceBundle(path) } catch { isFound = error is AuditProblem || error is AuditFailure }
            #expect(isFound, "byte \(position)")
            try put(bytes[position], at: position)
        }
        #expect(try await place.check(path).problem == nil)
    }
}
