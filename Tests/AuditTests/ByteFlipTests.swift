import Signing
import Testing
import TransparencyLog

@testable import Audit

/// Each byte of a small ledger, changed one at a time.
@Suite struct ByteFlipTests {
    /// Eight entries in frames of three, one and four, all under the checkpoint.
    private static func ledger() throws -> (writer: JournalWriter, checkpoint: [UInt8]) {
        var space = TestSpace()
        try space.found()
        let key = TestSpace.key(20)
        let first = try space.apply("First", .buyer, key)
        try space.decide(first, .approve)
        try space.decide(first, .suspend)
        try space.decide(first, .resume)
        let second = try space.apply("Second", .provider, TestSpace.key(21))
        try space.decide(second, .approve)
        _ = try space.list(second, TestSpace.key(21))
        let writer = JournalWriter(space, frameSizes: [3, 1])
        return (writer, try writer.checkpoint(space.signer))
    }

    /// Verifies a ledger that is not on any disk.
    private static func problem(
        _ journal: [UInt8], _ checkpoint: [UInt8], _ options: AuditOptions, _ folder: TestFolder
    ) async throws -> AuditProblem? {
        try folder.write("journal", journal)
        try folder.write("checkpoint", checkpoint)
        return try await Auditor(.folder(folder.path), options: options).run().problem
    }

    /// Flips one byte after the other and tells which flips went unnoticed or were blamed on another entry.
    private func failures(mask: UInt8, _ options: AuditOptions) async throws -> [String] {
        let (writer, checkpoint) = try Self.ledger()
        let journal = writer.journal
        let folder = try TestFolder()
        #expect(try await Self.problem(journal, checkpoint, options, folder) == nil)
        var failures: [String] = []
        for position in journal.indices {
            var changed = journal
            changed[position] ^= mask
            let problem = try await Self.problem(changed, checkpoint, options, folder)
            let entry = writer.ranges.firstIndex { $0.contains(position) }
            if problem == nil {
                failures.append("byte \(position) ^ \(mask) went unnoticed")
            } else if let entry, problem?.seq != UInt64(entry) {
                failures.append("byte \(position) ^ \(mask) is in entry \(entry), the report says: \(problem?.description ?? "")")
            }
        }
        return failures
    }

    @Test(arguments: [0x01, 0x80] as [UInt8])
    func everyChangedByteOfTheJournalIsFoundAndItsEntryNamed(_ mask: UInt8) async throws {
        #expect(try await failures(mask: mask, AuditOptions(workers: 1)) == [])
    }

    @Test(arguments: [0xFF] as [UInt8])
    func theChainAloneFindsEveryChangedByteOfTheJournal(_ mask: UInt8) async throws {
        #expect(try await failures(mask: mask, AuditOptions(isChainOnly: true, workers: 1)) == [])
    }

    @Test(arguments: [0x01, 0x02, 0x10, 0x20, 0x80, 0xFF] as [UInt8])
    func everyChangedByteOfTheCheckpointIsFound(_ mask: UInt8) async throws {
        let (writer, checkpoint) = try Self.ledger()
        let folder = try TestFolder()
        for position in checkpoint.indices {
            var changed = checkpoint
            changed[position] ^= mask
            let problem = try await Self.problem(writer.journal, changed, AuditOptions(isChainOnly: true), folder)
            #expect(problem != nil, "byte \(position)")
        }
    }

    @Test func everyShorterJournalIsFound() async throws {
        let (writer, checkpoint) = try Self.ledger()
        let folder = try TestFolder()
        let journal = writer.journal
        for count in 0..<journal.count {
            let problem = try await Self.problem(
                Array(journal[..<count]), checkpoint, AuditOptions(isChainOnly: true), folder)
            // The first entry that is no longer whole is the first bad one.
            let expected = count < 16 ? nil : writer.ranges.firstIndex { $0.upperBound > count }.map { UInt64($0) }
            #expect(problem != nil && problem?.seq == expected, "\(count) bytes: \(problem?.description ?? "unnoticed")")
        }
    }

    @Test func everyShorterCheckpointIsFound() async throws {
        let (writer, checkpoint) = try Self.ledger()
        let folder = try TestFolder()
        for count in checkpoint.indices {
            let problem = try await Self.problem(
                writer.journal, Array(checkpoint[..<count]), AuditOptions(isChainOnly: true), folder)
            #expect(problem?.check == .checkpoint, "\(count) bytes")
        }
    }

    @Test func aChangedLengthOfAFrameBehindTheCheckpointDoesNotPassForACrash() async throws {
        var space = TestSpace()
        _ = try space.openForRuns()
        let writer = JournalWriter(space, frameSizes: [4, 3])
        let checkpoint = try writer.checkpoint(space.signer, size: 4)
        let folder = try TestFolder()
        for entry in [4, 7] {
            for position in writer.ranges[entry].lowerBound - 10..<writer.ranges[entry].lowerBound - 6 {
                for mask in [0x01, 0x40, 0x80] as [UInt8] {
                    var changed = writer.journal
                    changed[position] ^= mask
                    let problem = try await Self.problem(changed, checkpoint, AuditOptions(workers: 1), folder)
                    #expect(problem?.check == .frame, "byte \(position) ^ \(mask)")
                }
            }
        }
    }

    @Test func bytesBehindTheLastFrameAreFound() async throws {
        let (writer, checkpoint) = try Self.ledger()
        let folder = try TestFolder()
        for extra in [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 0xFF, count: 64), writer.frameAgain] {
            let problem = try await Self.problem(writer.journal + extra, checkpoint, AuditOptions(workers: 1), folder)
            #expect(problem != nil)
        }
    }
}

extension JournalWriter {
    /// The last entry in a sound frame of its own.
    fileprivate var frameAgain: [UInt8] { Self.frame([entries.last ?? []]) }
}
