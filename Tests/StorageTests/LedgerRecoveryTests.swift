import Encoding
import Foundation
import Signing
import Testing
import TransparencyLog

@testable import Storage

@Suite struct LedgerRecoveryTests {
    /// Where each frame of a journal begins, and the end.
    private func frames(_ journal: [UInt8]) -> [Int] {
        var offsets = [16]
        while let last = offsets.last, last < journal.count {
            offsets.append(last + 8 + (0..<4).reduce(0) { $0 | Int(journal[last + $1]) << (8 * $1) })
        }
        return offsets
    }

    @Test func aReopenedLedgerIsTheSameAndGoesOn() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [3, 1, 5])
        for round in 0..<3 {
            let ledger = try LedgerSamples.open(folder, mode: .existing)
            #expect(ledger.size == UInt64(9 + round))
            #expect(try await ledger.append([LedgerSamples.draft(9 + round)]).map(\.sequence) == [UInt64(9 + round)])
            #expect(try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root).count == 10 + round)
            ledger.close()
        }
    }

    @Test func aTailTornAtAnyByteIsCutAndNothingBeforeItIsLost() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [2, 1])
        let kept = try LedgerSamples.open(folder)
        let (root, checkpoint) = (kept.root, kept.checkpoint())
        _ = try await kept.append([LedgerSamples.draft(3), LedgerSamples.draft(4)])
        kept.close()
        let journal = try folder.bytes("journal")
        let start = frames(journal)[2]
        // The last frame was never published: the crash came before.
        try folder.write(checkpoint, to: "checkpoint")
        for length in start..<journal.count {
            try folder.write(journal[..<length], to: "journal")
            let log = LedgerLog()
            let ledger = try LedgerSamples.open(folder, log: log)
            #expect(ledger.size == 3 && ledger.root == root, "cut at \(length)")
            #expect(log.text.contains("cut") == (length > start))
            // What the caches had of the lost entries must not come back.
            if length % 50 == 0 {
                _ = try await ledger.append([LedgerSamples.draft(100), LedgerSamples.draft(101)])
                let proof = try ledger.inclusionProof(sequence: 4, size: 5)
                let entry = try ledger.entries(in: 4..<5, maximumBytes: .max)[0]
                try proof.verify(leafHash: MerkleTree.leafHash(entry), root: ledger.root)
            }
            ledger.close()
            try folder.write(checkpoint, to: "checkpoint")
        }
    }

    @Test func aTailOfZerosOrGarbageIsCut() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [2, 1])
        let journal = try folder.bytes("journal")
        for tail in [[UInt8](repeating: 0, count: 5000), [1, 2, 3], [UInt8](repeating: 0xFF, count: 100)] {
            try folder.write(journal + tail, to: "journal")
            let ledger = try LedgerSamples.open(folder)
            #expect(ledger.size == 3)
            ledger.close()
            #expect(try folder.bytes("journal") == journal)
        }
    }

    @Test func anyFlippedByteOfThePublishedJournalIsRefusedAndNothingIsChanged() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [2, 1, 2])
        let journal = try folder.bytes("journal")
        for position in journal.indices {
            var changed = journal
            changed[position] ^= 1
            try folder.write(changed, to: "journal")
            #expect(throws: LedgerError.self, "byte \(position)") { try LedgerSamples.open(folder) }
            #expect(try folder.bytes("journal") == changed)
        }
    }

    @Test func damageBeforeASoundFrameNamesItsOffset() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [2, 1, 2])
        var journal = try folder.bytes("journal")
        let start = frames(journal)[1]
        journal[start + 20] ^= 1
        try folder.write(journal, to: "journal")
        try folder.remove("checkpoint")
        let error = #expect(throws: LedgerError.self) { try LedgerSamples.open(folder) }
        guard case .corruptJournal(_, UInt64(start), 2, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aFrameWithAFittingChecksumButABrokenChainIsRefused() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [1, 1, 1])
        let journal = try folder.bytes("journal")
        let offsets = frames(journal)
        // Without the middle frame: every checksum fits.
        try folder.write(journal[..<offsets[1]] + journal[offsets[2]...], to: "journal")
        try folder.remove("checkpoint")
        let error = #expect(throws: LedgerError.self) { try LedgerSamples.open(folder) }
        guard case .corruptJournal(_, UInt64(offsets[1] + 8), 1, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("prev"))
    }

    @Test func aJournalShorterThanItsCheckpointIsRefused() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [2, 1, 2])
        let journal = try folder.bytes("journal")
        try folder.write(journal[..<frames(journal)[2]], to: "journal")
        let error = #expect(throws: LedgerError.self) { try LedgerSamples.open(folder) }
        if case .historyLost(5, 3) = error {} else { Issue.record("\(String(describing: error))") }
    }

    @Test func anotherHistoryUnderTheCheckpointIsRefused() async throws {
        let (folder, other) = (try LedgerFolder(), try LedgerFolder())
        try await LedgerSamples.fill(folder, frames: [2, 1])
        let ledger = try LedgerSamples.open(other)
        _ = try await ledger.append((10..<14).map { LedgerSamples.draft($0) })
        ledger.close()
        try folder.write(try other.bytes("journal"), to: "journal")
        let error = #expect(throws: LedgerError.self) { try LedgerSamples.open(folder) }
        if case .historyChanged(3, _, _) = error {} else { Issue.record("\(String(describing: error))") }
    }

    @Test func aCheckpointByAnotherKeyOrWithAnyByteChangedIsRefused() async throws {
        let folder = try LedgerFolder()
        try await LedgerSamples.fill(folder, frames: [2])
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder, key: 2) }
        let checkpoint = try folder.bytes("checkpoint")
        for position in checkpoint.indices {
            var changed = checkpoint
            changed[position] ^= 1
            try folder.write(changed, to: "checkpoint")
            #expect(throws: LedgerError.self, "byte \(position)") { try LedgerSamples.open(folder) }
        }
    }

    @Test func aFolderCopiedAtAnyMomentOpensWithEveryAcknowledgedEntry() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        let appending = Task {
            for number in 0..<400 { _ = try await ledger.append([LedgerSamples.draft(number)]) }
        }
        var copies: [(UInt64, LedgerFolder)] = []
        for _ in 0..<12 {
            try await Task.sleep(for: .milliseconds(5))
            let acknowledged = ledger.size
            copies.append((acknowledged, try folder.copy()))
        }
        try await appending.value
        for (acknowledged, copy) in copies {
            // A copy is not atomic: its checkpoint may be newer than its journal, which is right to be refused.
            var journalEntries = 0
            do {
                let reopened = try LedgerSamples.open(copy)
                journalEntries = Int(reopened.size)
                #expect(try LedgerSamples.check(try copy.bytes("journal"), root: reopened.root).count == journalEntries)
            } catch LedgerError.historyLost(_, let size) {
                journalEntries = Int(size)
            }
            #expect(journalEntries >= Int(acknowledged))
        }
    }

    @Test func twoOpenersCannotShareAFolder() throws {
        let folder = try LedgerFolder()
        let first = try LedgerSamples.open(folder)
        let error = #expect(throws: LedgerError.self) { try LedgerSamples.open(folder) }
        if case .inUse(_, Int(getpid())) = error {} else { Issue.record("\(String(describing: error))") }
        first.close()
    }

    @Test func theFolderIsFreeOnceTheLedgerIsClosed() async throws {
        let folder = try LedgerFolder()
        let first = try LedgerSamples.open(folder)
        _ = try await first.append([LedgerSamples.draft(0)])
        first.close()
        let second = try LedgerSamples.open(folder)
        #expect(second.size == 1)
        // The closed one can still be read.
        #expect(try first.entries(in: 0..<1, maximumBytes: .max).count == 1)
    }

    @Test func openingWhatIsNoLedgerSaysSo() throws {
        let folder = try LedgerFolder()
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder, mode: .existing) }
        try FileManager.default.createDirectory(atPath: folder.directory, withIntermediateDirectories: true)
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder, mode: .existing) }
        try folder.write(Array("something else altogether".utf8), to: "journal")
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder, mode: .either) }
        // A creation that was cut short is taken up again.
        try folder.write(Array("HEXIJ".utf8), to: "journal")
        #expect(try LedgerSamples.open(folder, mode: .either).size == 0)
    }

    @Test func theChecksumIsTheStandardOneWithAndWithoutTheInstruction() {
        Array("123456789".utf8).withUnsafeBytes {
            #expect(CRC32C.update(0, $0) == 0xE306_9283)
            #expect(CRC32C.updatePortably(0, $0) == 0xE306_9283)
        }
        // RFC 3720 appendix B.4: 32 bytes of zeros.
        [UInt8](repeating: 0, count: 32).withUnsafeBytes { #expect(CRC32C.update(0, $0) == 0x8A91_36AA) }
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 31) }
        for length in [0, 1, 7, 8, 9, 999, 1000] {
            bytes[..<length].withUnsafeBytes { #expect(CRC32C.update(5, $0) == CRC32C.updatePortably(5, $0)) }
        }
    }
}
