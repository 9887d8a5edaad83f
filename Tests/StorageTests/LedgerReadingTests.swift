import Encoding
import Foundation
import Signing
import Testing
import TransparencyLog

@testable import Storage

@Suite struct LedgerReadingTests {
    /// A ledger of 130 entries in frames of 1, 2, 3 … entries.
    private func ledger(_ folder: LedgerFolder, log: LedgerLog = LedgerLog()) async throws -> Ledger {
        let ledger = try LedgerSamples.open(folder, log: log)
        var number = 0
        for count in 1...16 {
            let batch = (number..<min(130, number + count)).map { LedgerSamples.draft($0, padding: $0 % 7 * 40) }
            _ = try await ledger.append(batch)
            number += batch.count
        }
        return ledger
    }

    @Test func proofsFromTheCachesEqualThoseMadeFromScratch() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        let entries = try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root)
        let leaves = entries.map { MerkleTree.leafHash($0) }
        func node(_ level: UInt8, _ index: UInt64) -> SHA256Digest {
            let width = 1 << Int(level)
            return MerkleTree.root(ofLeafHashes: leaves[Int(index) * width..<(Int(index) + 1) * width])
        }
        for size: UInt64 in [1, 2, 3, 64, 65, 127, 129, 130] {
            let root = MerkleTree.root(ofLeafHashes: leaves.prefix(Int(size)))
            #expect(try ledger.root(size: size) == root)
            for sequence in Swift.stride(from: 0, to: size, by: 5) {
                let proof = try ledger.inclusionProof(sequence: sequence, size: size)
                #expect(try proof == InclusionProof(index: sequence, size: size, node: node))
                try proof.verify(leafHash: leaves[Int(sequence)], root: root)
            }
            for first: UInt64 in [0, 1, 2, 63, 64, 100] where first <= size {
                #expect(try ledger.consistencyProof(from: first, to: size)
                    == ConsistencyProof(firstSize: first, secondSize: size, node: node))
            }
        }
    }

    @Test func everyRangeOfEntriesIsWhatTheJournalHolds() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        let entries = try LedgerSamples.check(try folder.bytes("journal"), root: ledger.root)
        for start in Swift.stride(from: 0, through: 130, by: 7) {
            for end in Swift.stride(from: start, through: 130, by: 11) {
                let read = try ledger.entries(in: UInt64(start)..<UInt64(end), maximumBytes: .max)
                #expect(read == Array(entries[start..<end]))
            }
            var streamed: [[UInt8]] = []
            try ledger.forEachEntry(from: UInt64(start)) { sequence, entry in
                #expect(sequence == UInt64(start + streamed.count))
                streamed.append(entry)
            }
            #expect(streamed == Array(entries[start...]))
        }
    }

    @Test func aRangeStopsAtTheLimitButGivesAtLeastOneEntry() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        let lengths = try ledger.entries(in: 0..<10, maximumBytes: .max).map(\.count)
        #expect(try ledger.entries(in: 0..<10, maximumBytes: 0).count == 1)
        #expect(try ledger.entries(in: 0..<10, maximumBytes: lengths[0] + lengths[1]).count == 2)
        #expect(try ledger.entries(in: 0..<10, maximumBytes: lengths[0] + lengths[1] - 1).count == 1)
        #expect(try ledger.entries(in: 5..<5, maximumBytes: 10).isEmpty)
    }

    @Test func whatLiesBeyondTheEndIsRefused() async throws {
        let folder = try LedgerFolder()
        let ledger = try await ledger(folder)
        #expect(throws: LedgerError.self) { try ledger.entries(in: 100..<131, maximumBytes: .max) }
        #expect(throws: LedgerError.self) { try ledger.inclusionProof(sequence: 130, size: 130) }
        #expect(throws: LedgerError.self) { try ledger.inclusionProof(sequence: 0, size: 131) }
        #expect(throws: LedgerError.self) { try ledger.inclusionProof(sequence: .max, size: .max) }
        #expect(throws: LedgerError.self) { try ledger.consistencyProof(from: 5, to: 131) }
        #expect(throws: LedgerError.self) { try ledger.consistencyProof(from: 6, to: 5) }
        #expect(throws: LedgerError.self) { try ledger.root(size: 131) }
        var called = false
        try ledger.forEachEntry(from: 130) { _, _ in called = true }
        #expect(!called)
    }

    @Test(arguments: ["hashes", "offsets"])
    func aDamagedCacheIsMendedFromTheJournal(name: String) async throws {
        let (folder, log) = (try LedgerFolder(), LedgerLog())
        let ledger = try await ledger(folder, log: log)
        let good = try folder.bytes(name)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: folder.directory + "/" + name))
        for damage in [Data(repeating: 0, count: good.count), Data(repeating: 0xFF, count: good.count)] {
            try file.seek(toOffset: 0)
            try file.write(contentsOf: damage)
            _ = try ledger.entries(in: 17..<20, maximumBytes: .max)
            let entry = try ledger.entries(in: 70..<71, maximumBytes: .max)[0]
            try ledger.inclusionProof(sequence: 70, size: 130).verify(leafHash: MerkleTree.leafHash(entry), root: ledger.root)
            #expect(log.text.contains("rewriting"))
            #expect(try folder.bytes(name) == good)
        }
        try file.truncate(atOffset: 10)
        #expect(try ledger.entries(in: 100..<130, maximumBytes: .max).count == 30)
        #expect(try folder.bytes(name) == good)
    }

    @Test func missingCachesComeBackAtTheStart() async throws {
        let folder = try LedgerFolder()
        try await ledger(folder).close()
        let (hashes, offsets) = (try folder.bytes("hashes"), try folder.bytes("offsets"))
        #expect(hashes.count == Int(StoredHashes.count(forSize: 130)) * 32 && offsets.count == 130 * 8)
        try folder.remove("hashes")
        try folder.write([1, 2, 3], to: "offsets")
        try LedgerSamples.open(folder).close()
        #expect(try folder.bytes("hashes") == hashes)
        #expect(try folder.bytes("offsets") == offsets)
    }

    @Test func readersSeeOnlyDurableEntriesWhileOthersAppend() async throws {
        let folder = try LedgerFolder()
        let ledger = try LedgerSamples.open(folder)
        let appending = Task { for number in 0..<300 { _ = try await ledger.append([LedgerSamples.draft(number)]) } }
        for _ in 0..<60 {
            let head = ledger.head
            guard head.size > 0 else { continue }
            let sequence = head.size - 1
            let entry = try ledger.entries(in: sequence..<head.size, maximumBytes: .max)[0]
            try ledger.inclusionProof(sequence: sequence, size: head.size)
                .verify(leafHash: MerkleTree.leafHash(entry), root: head.root)
        }
        try await appending.value
        var count: UInt64 = 0
        try ledger.forEachEntry { _, _ in count += 1 }
        #expect(count == 300)
    }
}
