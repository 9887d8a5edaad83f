import Foundation
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

/// A disk that can be told to fail.
final class FaultyDisk: Sendable {
    struct Faults {
        /// Writes to files whose descriptor's path ends so fail with ENOSPC, after some bytes.
        var failingSuffix: String?
        var partialBytes = 0
        var failingSynchronize = false
    }

    let faults = Mutex(Faults())

    var operations: FileOperations {
        FileOperations(
            write: { descriptor, bytes, offset in
                let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")) ?? ""
                let partial: Int? = self.faults.withLock { faults in
                    guard let suffix = faults.failingSuffix, path.hasSuffix(suffix) else { return nil }
                    defer { faults.partialBytes = 0 }
                    return faults.partialBytes
                }
                guard let partial else { return FileOperations.system.write(descriptor, bytes, offset) }
                guard partial > 0 else { return -Int(ENOSPC) }
                return FileOperations.system.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(partial)), offset)
            },
            synchronize: { descriptor in
                self.faults.withLock { $0.failingSynchronize }
                    ? -EIO : FileOperations.system.synchronize(descriptor)
            })
    }
}

/// The receipts that writers got, by sequence.
final class Acknowledged: Sendable {
    private let leafHashes = Mutex<[UInt64: SHA256Digest]>([:])
    var all: [UInt64: SHA256Digest] { leafHashes.withLock { $0 } }

    func add(_ receipts: [EntryReceipt]) {
        leafHashes.withLock { for receipt in receipts { $0[receipt.sequence] = receipt.leafHash } }
    }
}

@Suite struct LedgerFaultTests {
    @Test func aFullDiskRefusesNewEntriesLosesNoneAndRecovers() async throws {
        let (folder, disk) = (try LedgerFolder(), FaultyDisk())
        let ledger = try LedgerSamples.open(folder, operations: disk.operations)
        _ = try await ledger.append([LedgerSamples.draft(0), LedgerSamples.draft(1)])
        disk.faults.withLock { $0 = .init(failingSuffix: "/journal", partialBytes: 100) }
        for number in 2..<10 {
            let error = await #expect(throws: LedgerError.self) { try await ledger.append([LedgerSamples.draft(number)]) }
            if case .writingStopped = error {} else { Issue.record("\(String(describing: error))") }
        }
        #expect(throws: LedgerError.self) { try ledger.enqueue([LedgerSamples.draft(2)]) }
        #expect(ledger.size == 2 && ledger.failure != nil)
        #expect(try ledger.entries(in: 0..<2, maximumBytes: .max).count == 2, "what is durable stays readable")
        #expect(try folder.bytes("journal").count > 16 + 8, "the partial frame is still there")
        disk.faults.withLock { $0 = .init() }
        try ledger.recover()
        #expect(try await ledger.append([LedgerSamples.draft(2)]).map(\.sequence) == [2])
        #expect(try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root).count == 3)
        ledger.close()
        #expect(try LedgerSamples.open(folder).size == 3)
    }

    @Test func aFailedSynchronizationAcknowledgesNothing() async throws {
        let (folder, disk) = (try LedgerFolder(), FaultyDisk())
        let ledger = try LedgerSamples.open(folder, operations: disk.operations)
        _ = try await ledger.append([LedgerSamples.draft(0)])
        disk.faults.withLock { $0.failingSynchronize = true }
        await #expect(throws: LedgerError.self) { try await ledger.append([LedgerSamples.draft(1)]) }
        #expect(ledger.size == 1)
        #expect(throws: LedgerError.self) { try ledger.recover() }
        #expect(ledger.failure != nil)
        disk.faults.withLock { $0.failingSynchronize = false }
        try ledger.recover()
        try ledger.recover()
        #expect(try await ledger.append([LedgerSamples.draft(1)]).map(\.sequence) == [1])
        #expect(try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root).count == 2)
    }

    @Test func recoveringManyTimesAtOnceCutsNothingThatWasAppendedSince() async throws {
        let (folder, disk) = (try LedgerFolder(), FaultyDisk())
        let ledger = try LedgerSamples.open(folder, operations: disk.operations)
        for round in 0..<20 {
            disk.faults.withLock { $0 = .init(failingSuffix: "/journal", partialBytes: 50) }
            await #expect(throws: LedgerError.self) { try await ledger.append([LedgerSamples.draft(round)]) }
            disk.faults.withLock { $0 = .init() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try ledger.recover()
                        _ = try await ledger.append([LedgerSamples.draft(round)])
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root).count == 80)
    }

    @Test func reopeningAfterAFailedWriteFindsEveryAcknowledgedEntry() async throws {
        let (folder, disk) = (try LedgerFolder(), FaultyDisk())
        var ledger: Ledger? = try LedgerSamples.open(folder, operations: disk.operations)
        _ = try await ledger?.append((0..<5).map { LedgerSamples.draft($0) })
        let root = ledger?.root
        disk.faults.withLock { $0 = .init(failingSuffix: "/journal", partialBytes: 333) }
        await #expect(throws: LedgerError.self) { try await ledger?.append([LedgerSamples.draft(5, padding: 1000)]) }
        ledger?.close()
        ledger = nil
        let reopened = try LedgerSamples.open(folder)
        #expect(reopened.size == 5)
        #expect(reopened.root == root)
    }

    @Test func manyFailuresUnderLoadNeverLoseAnAcknowledgedEntry() async throws {
        let (folder, disk) = (try LedgerFolder(), FaultyDisk())
        let ledger = try LedgerSamples.open(folder, operations: disk.operations)
        let acknowledged = Acknowledged()
        for round in 0..<10 {
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for number in 0..<25 {
                            guard let receipts = try? await ledger.append([LedgerSamples.draft(number * 10 + writer)]) else { return }
                            acknowledged.add(receipts)
                        }
                    }
                }
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(1 + round))
                    disk.faults.withLock { $0 = .init(failingSuffix: "/journal", partialBytes: round * 40) }
                }
            }
            disk.faults.withLock { $0 = .init() }
            try ledger.recover()
        }
        let entries = try LedgerSamples.check(
            Array(try folder.bytes("journal")), root: ledger.root).map { MerkleTree.leafHash($0) }
        for (sequence, leafHash) in acknowledged.all {
            #expect(Int(sequence) < entries.count)
            #expect(entries[Int(sequence)] == leafHash)
        }
        #expect(UInt64(entries.count) == ledger.size)
    }

    @Test func failingCachesCostNoEntryAndAreMendedFromTheJournal() async throws {
        let (folder, disk, log) = (try LedgerFolder(), FaultyDisk(), LedgerLog())
        let ledger = try LedgerSamples.open(folder, log: log, operations: disk.operations)
        _ = try await ledger.append((0..<5).map { LedgerSamples.draft($0) })
        disk.faults.withLock { $0.failingSuffix = "/hashes" }
        #expect(try await ledger.append((5..<9).map { LedgerSamples.draft($0) }).count == 4)
        disk.faults.withLock { $0 = .init() }
        _ = try await ledger.append((9..<12).map { LedgerSamples.draft($0) })
        #expect(log.text.contains("caches could not be written"))
        for sequence: UInt64 in 0..<12 {
            let entry = try ledger.entries(in: sequence..<sequence + 1, maximumBytes: .max)[0]
            try ledger.inclusionProof(sequence: sequence, size: 12)
                .verify(leafHash: MerkleTree.leafHash(entry), root: ledger.root)
        }
        #expect(log.text.contains("rewriting"))
    }

    @Test func anUnwritableCheckpointIsReportedAndPublishedLater() async throws {
        let (folder, disk, log) = (try LedgerFolder(), FaultyDisk(), LedgerLog())
        let ledger = try LedgerSamples.open(folder, log: log, operations: disk.operations)
        disk.faults.withLock { $0.failingSuffix = "/checkpoint.new" }
        _ = try await ledger.append([LedgerSamples.draft(0)])
        try await Task.sleep(for: .milliseconds(200))
        #expect(log.text.contains("checkpoint could not be published"))
        disk.faults.withLock { $0 = .init() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(try Checkpoint(try SignedNote(try folder.bytes("checkpoint")), log: ledger.verifiers).size == 1)
    }
}
