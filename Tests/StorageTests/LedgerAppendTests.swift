import Encoding
import Foundation
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

@Suite struct LedgerAppendTests {
    @Test func appendedEntriesAreChainedNumberedAndInTheTree() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        var receipts: [EntryReceipt] = []
        for batch in [[0], [1, 2, 3], [], [4]] {
            receipts += try await ledger.append(batch.map { LedgerSamples.draft($0) })
        }
        #expect(receipts.map(\.sequence) == [0, 1, 2, 3, 4])
        #expect(receipts.map(\.time.milliseconds) == (0..<5).map { 1_795_248_000_000 + $0 })
        #expect(ledger.size == 5)
        let entries = try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root)
        #expect(entries.map { MerkleTree.leafHash($0) } == receipts.map(\.leafHash))
        #expect(try ledger.entries(in: 0..<5, maximumBytes: .max) == entries)
    }

    @Test func aNewLedgerIsEmptyAndPublishesItsCheckpoint() throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder, mode: .new)
        #expect(ledger.size == 0)
        #expect(ledger.root == MerkleTree.emptyRoot)
        ledger.close()
        let note = try SignedNote(try folder.bytes("checkpoint"))
        #expect(try Checkpoint(note, log: ledger.verifiers).size == 0)
        #expect(throws: LedgerError.self) { try LedgerSamples.open(folder, mode: .new) }
    }

    @Test func theCheckpointCoversEveryAcknowledgedEntry() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        for number in 0..<20 {
            _ = try await ledger.append([LedgerSamples.draft(number)])
            let checkpoint = try Checkpoint(try SignedNote(ledger.checkpoint()), log: ledger.verifiers)
            #expect(checkpoint.size == UInt64(number + 1))
            #expect(checkpoint.root == ledger.root)
        }
        try await Task.sleep(for: .milliseconds(300))
        let published = try Checkpoint(try SignedNote(try folder.bytes("checkpoint")), log: ledger.verifiers)
        #expect(published.size == 20, "an idle ledger publishes by itself")
    }

    @Test func concurrentAppendersShareOneChain() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        let receipts = try await withThrowingTaskGroup(of: [EntryReceipt].self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var receipts: [EntryReceipt] = []
                    for number in 0..<60 {
                        receipts += try await ledger.append([LedgerSamples.draft(writer * 1000 + number)])
                    }
                    #expect(receipts.map(\.sequence) == receipts.map(\.sequence).sorted())
                    return receipts
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(receipts.map(\.sequence)) == Set(0..<480))
        let entries = try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root)
        for receipt in receipts { #expect(MerkleTree.leafHash(entries[Int(receipt.sequence)]) == receipt.leafHash) }
    }

    @Test func enqueueGivesPlacesInTheOrderOfCallsWithoutWaiting() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        let pending = try (0..<500).map { try ledger.enqueue([LedgerSamples.draft($0), LedgerSamples.draft($0)]) }
        #expect(pending.map(\.firstSequence) == (0..<500).map { UInt64($0) * 2 })
        for (number, append) in pending.enumerated() {
            #expect(try await append.value().map(\.sequence) == [UInt64(number) * 2, UInt64(number) * 2 + 1])
        }
        // A second look at the same append gives the same answer.
        #expect(try await pending[3].value().first?.sequence == 6)
    }

    @Test func anEntryOfExactly65535BytesFitsAndOneMoreIsRefusedBeforeAnythingIsWritten() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        func draft(entryLength: Int, sequence: UInt64) -> EntryDraft {
            let rest = entryLength - ChainedEntry.headLength(sequence: sequence) - LedgerSamples.draft(0).content.count
            return LedgerSamples.draft(0, padding: rest)
        }
        _ = try await ledger.append([draft(entryLength: 65_535, sequence: 0)])
        #expect(try ledger.entries(in: 0..<1, maximumBytes: .max).map(\.count) == [65_535])
        let error = #expect(throws: LedgerError.self) {
            try ledger.enqueue([LedgerSamples.draft(1), draft(entryLength: 65_536, sequence: 2)])
        }
        if case .entryTooLong(1, 65_536) = error {} else { Issue.record("\(String(describing: error))") }
        #expect(try await ledger.append([LedgerSamples.draft(1)]).map(\.sequence) == [1])
        // The number's digits count too: entry 10 has one more than entry 9.
        _ = try await ledger.append((2..<10).map { LedgerSamples.draft($0) })
        #expect(throws: LedgerError.self) { try ledger.enqueue([draft(entryLength: 65_535, sequence: 9), draft(entryLength: 65_536, sequence: 11)]) }
        _ = try await ledger.append([draft(entryLength: 65_535, sequence: 10)])
        #expect(ledger.size == 11)
    }

    @Test func draftsThatWouldNotMakeOneLineOfJSONAreRefused() throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        for content in ["", "}", "\"a\":1", "\"a\":\n1}", " \"a\":1}"] {
            let draft = EntryDraft(time: Timestamp(milliseconds: 0), content: Array(content.utf8))
            #expect(throws: LedgerError.self) { try ledger.enqueue([draft]) }
        }
        #expect(ledger.size == 0)
    }

    @Test func aLargeAppendStaysInOneFrameAndATooLargeOneIsRefused() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        let large = (0..<100).map { LedgerSamples.draft($0, padding: 60_000) }
        #expect(try await ledger.append(large).count == 100)
        let journal = try folder.bytes("journal")
        #expect(UInt32(journal.count - 24) == (0..<4).reduce(UInt32(0)) { $0 | UInt32(journal[16 + $1]) << UInt32(8 * $1) })
        let tooLarge = (0..<600).map { LedgerSamples.draft($0, padding: 60_000) }
        #expect(throws: LedgerError.self) { try ledger.enqueue(tooLarge) }
        #expect(try await ledger.append([LedgerSamples.draft(1)]).map(\.sequence) == [100])
    }

    @Test func moreThanFitsInMemoryIsRefusedUntilSomeIsDurable() async throws {
        let folder = try LedgerFolder()
        let gate = Mutex(false)
        var slow = FileOperations.system
        let gateOpen: @Sendable () -> Bool = { gate.withLock { $0 } }
        slow.synchronize = { descriptor in
            while !gateOpen() { usleep(1000) }
            return FileOperations.system.synchronize(descriptor)
        }
        gate.withLock { $0 = true }
        let ledger = try LedgerSamples.open(folder, operations: slow)
        gate.withLock { $0 = false }
        var pending: [PendingAppend] = []
        let megabyte = (0..<16).map { LedgerSamples.draft($0, padding: 65_000) }
        let error = #expect(throws: LedgerError.self) {
            for _ in 0..<100 { pending.append(try ledger.enqueue(megabyte)) }
        }
        if case .overloaded = error {} else { Issue.record("\(String(describing: error))") }
        gate.withLock { $0 = true }
        for append in pending { #expect(try await append.value().count == 16) }
        #expect(try await ledger.append(megabyte).count == 16)
    }

    @Test func afterCloseEverythingAcceptedIsDurableAndNothingMoreIsAccepted() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        let pending = try (0..<200).map { try ledger.enqueue([LedgerSamples.draft($0)]) }
        ledger.close()
        ledger.close()
        for append in pending { #expect(try await append.value().count == 1) }
        let error = #expect(throws: LedgerError.self) { try ledger.enqueue([LedgerSamples.draft(1)]) }
        if case .closed = error {} else { Issue.record("\(String(describing: error))") }
        #expect(try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root).count == 200)
        #expect(try Checkpoint(try SignedNote(try folder.bytes("checkpoint")), log: ledger.verifiers).size == 200)
    }
}
