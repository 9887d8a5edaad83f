import Foundation
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

/// A ledger whose checkpoints several keys sign, and whose keys change while it runs.
@Suite struct LedgerSignerTests {
    private static func open(
        _ folder: LedgerFolder, _ seeds: [UInt8], choose: (Ledger) throws -> [UInt8]
    ) throws -> Ledger {
        try Ledger.open(
            directory: folder.directory, origin: "log.example/test",
            verifiers: try seeds.map { try LedgerSamples.signer($0).verifier }, snapshotKey: LedgerSamples.snapshotKey
        ) { ledger in try choose(ledger).map { try LedgerSamples.signer($0) } }
    }

    private static func signers(_ note: [UInt8], among seeds: [UInt8]) throws -> Set<UInt8> {
        let note = try SignedNote(note)
        let verifiers = try seeds.map { try LedgerSamples.signer($0).verifier }
        let found = try note.verify(with: verifiers)
        #expect(found.count == note.signatures.count, "nobody else has signed")
        return Set(zip(seeds, verifiers).filter { found.contains($0.1) }.map(\.0))
    }

    /// Waits until the checkpoint file is what it should be.
    private static func published(_ folder: LedgerFolder, _ isRight: ([UInt8]) throws -> Bool) async throws {
        for _ in 0..<6000 {
            if try isRight(try folder.bytes("checkpoint")) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the checkpoint file does not follow")
    }

    @Test func everyKeySignsAndEitherOpensTheLedgerAgain() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [3])
        let ledger = try Self.open(folder, [1, 2]) { _ in [1, 2] }
        #expect(ledger.verifiers == [try LedgerSamples.signer(1).verifier, try LedgerSamples.signer(2).verifier])
        #expect(try Self.signers(ledger.checkpoint(), among: [1, 2, 3]) == [1, 2])
        try await Self.published(folder) { try Self.signers($0, among: [1, 2, 3]) == [1, 2] }
        _ = try await ledger.append([LedgerSamples.draft(3)])
        #expect(try Self.signers(ledger.checkpoint(), among: [1, 2, 3]) == [1, 2])
        ledger.close()
        for key in [UInt8(1), 2] {
            let again = try LedgerSamples.open(try folder.copy(), key: key)
            #expect(again.size == 4)
            #expect(try Self.signers(again.checkpoint(), among: [1, 2, 3]) == [key])
        }
    }

    @Test func aChangeOfKeysSignsTheLatestCheckpointAnewForReadersAndForTheFile() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        _ = try await ledger.append([LedgerSamples.draft(0)])
        let before = try Checkpoint(text: try SignedNote(ledger.checkpoint()).text)
        for seeds in [[UInt8(1), 2], [2], [2, 3], [3]] {
            try ledger.setSigners(try seeds.map { try LedgerSamples.signer($0) })
            #expect(try Self.signers(ledger.checkpoint(), among: [1, 2, 3]) == Set(seeds))
            #expect(try Checkpoint(text: try SignedNote(ledger.checkpoint()).text) == before, "size and root stay")
            try await Self.published(folder) { try Self.signers($0, among: [1, 2, 3]) == Set(seeds) }
        }
        _ = try await ledger.append([LedgerSamples.draft(1)])
        #expect(try Self.signers(ledger.checkpoint(), among: [1, 2, 3]) == [3])
        ledger.close()
        #expect(try Self.signers(try folder.bytes("checkpoint"), among: [1, 2, 3]) == [3])
    }

    @Test func whileKeysChangeUnderLoadEveryCheckpointHoldsAndNoSizeHasTwoRoots() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        let sets = [[UInt8(1), 2], [2], [2, 3], [3], [3, 1], [1]]
        let isDone = Mutex(false)
        let reading = Task {
            var notes: Set<[UInt8]> = []
            while !isDone.withLock({ $0 }) {
                notes.insert(ledger.checkpoint())
                await Task.yield()
            }
            return notes
        }
        for round in 0..<60 {
            let seeds = sets[round % sets.count]
            async let appended = ledger.append((0..<5).map { LedgerSamples.draft(round * 5 + $0) })
            try ledger.setSigners(try seeds.map { try LedgerSamples.signer($0) })
            _ = try await appended
            #expect(try Self.signers(ledger.checkpoint(), among: [1, 2, 3]) == Set(seeds), "round \(round)")
        }
        isDone.withLock { $0 = true }
        var roots: [UInt64: SHA256Digest] = [:]
        for note in await reading.value {
            let checkpoint = try Checkpoint(
                try SignedNote(note), log: try [1, 2, 3].map { try LedgerSamples.signer($0).verifier })
            #expect(roots[checkpoint.size, default: checkpoint.root] == checkpoint.root)
            roots[checkpoint.size] = checkpoint.root
        }
        ledger.close()
        _ = try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root)
        #expect(ledger.size == 300)
    }

    @Test func aKeyThatDidNotSignTheStoredCheckpointIsRefusedAndTheOneWantedIsNamed() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [2])
        let (checkpoint, journal) = (try folder.bytes("checkpoint"), try folder.bytes("journal"))
        let wanted = try LedgerSamples.signer(1).verifier.description.split(separator: "+").prefix(2).joined(separator: "+")
        for attempt in [{ try LedgerSamples.open(folder, key: 2) }, { try Self.open(folder, [2, 3]) { _ in [2] } }] {
            let error = #expect(throws: LedgerError.self) { try attempt() }
            #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
        }
        #expect(try folder.bytes("checkpoint") == checkpoint)
        #expect(try folder.bytes("journal") == journal)
    }

    @Test func nothingIsSignedBeforeTheKeysAreChosenAndARefusalLeavesTheFolderAsItWas() async throws {
        struct Refused: Error {}
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [2])
        let checkpoint = try folder.bytes("checkpoint")
        #expect(throws: Refused.self) {
            _ = try Self.open(folder, [1, 2]) { ledger in
                #expect(ledger.size == 2)
                #expect(try ledger.entries(in: 0..<2, maximumBytes: .max).count == 2)
                #expect(ledger.checkpoint() == checkpoint)
                throw Refused()
            }
        }
        #expect(try folder.bytes("checkpoint") == checkpoint)
        let ledger = try Self.open(folder, [1, 2]) { _ in [2] }
        #expect(try Self.signers(ledger.checkpoint(), among: [1, 2]) == [2])
        ledger.close()
    }

    @Test func keysThatCannotBeTheLedgersAreRefusedAndNothingChanges() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        _ = try await ledger.append([LedgerSamples.draft(0)])
        let note = ledger.checkpoint()
        let (own, foreign) = (try LedgerSamples.signer(2), try LedgerSamples.signer(2, name: "log.example/other"))
        for signers in [[], [foreign], [own, foreign], [own, own]] {
            #expect(throws: LedgerError.self) { try ledger.setSigners(signers) }
        }
        #expect(ledger.checkpoint() == note)
        _ = try await ledger.append([LedgerSamples.draft(1)])
        #expect(try Self.signers(ledger.checkpoint(), among: [1, 2]) == [1])
        ledger.close()
    }
}
