import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

/// What a ledger promised to anybody over all its lives, to be held against what is there after each crash.
final class LedgerHistory: Sendable {
    private struct Promises {
        var receipts: [UInt64: SHA256Digest] = [:]
        var roots: [UInt64: SHA256Digest] = [:]
    }

    private let promises = Mutex(Promises())
    private let log: NoteVerifier
    /// What names the case in a failure's message.
    private let name: String

    init(_ name: String = "") throws {
        log = try LedgerSamples.signer().verifier
        self.name = name
    }

    var acknowledged: Int { promises.withLock { $0.receipts.count } }

    /// Notes what an append was answered; no number is ever given twice.
    func add(_ receipts: [EntryReceipt]) {
        promises.withLock { promises in
            for receipt in receipts {
                if promises.receipts.updateValue(receipt.leafHash, forKey: receipt.sequence) != nil {
                    Issue.record("\(name): number \(receipt.sequence) was acknowledged twice")
                }
            }
        }
    }

    /// Notes a checkpoint that somebody may have; there is never a second root for a size.
    func add(checkpoint note: [UInt8]) {
        guard let checkpoint = try? Checkpoint(try SignedNote(note), log: log) else {
            Issue.record("\(name): not a checkpoint: \(String(decoding: note, as: UTF8.self))")
            return
        }
        add(size: checkpoint.size, root: checkpoint.root)
    }

    func add(size: UInt64, root: SHA256Digest) {
        let other = promises.withLock { $0.roots.updateValue(root, forKey: size) }
        if let other, other != root { Issue.record("\(name): two roots were signed for \(size) entries") }
    }

    /// Holds every promise against an open ledger and the bytes of its journal, which are read without the module's code.
    func check(_ ledger: Ledger, journal: [UInt8]) throws {
        let entries = try LedgerSamples.check(journal, root: ledger.root)
        #expect(UInt64(entries.count) == ledger.size, "\(name)")
        #expect(Set(entries).count == entries.count, "\(name): an entry is there twice")
        let leafHashes = entries.map { MerkleTree.leafHash($0) }
        let promises = promises.withLock { $0 }
        for (sequence, leafHash) in promises.receipts where leafHashes.dropFirst(Int(sequence)).first != leafHash {
            Issue.record("\(name): entry \(sequence) was acknowledged and is lost or changed")
        }
        var frontier = MerkleFrontier()
        var met = promises.roots[0].map { $0 == MerkleTree.emptyRoot ? 1 : 0 } ?? 0
        for leafHash in leafHashes {
            frontier.append(leafHash) { _ in }
            guard let root = promises.roots[frontier.count] else { continue }
            met += 1
            #expect(root == frontier.root, "\(name): the checkpoint of \(frontier.count) entries is of another history")
        }
        #expect(met == promises.roots.count, "\(name): the ledger is shorter than a checkpoint that was given out")
    }

    /// Proofs and reads of a ledger whose caches may have suffered.
    func checkReading(_ ledger: Ledger) throws {
        let size = ledger.size
        guard size > 0 else { return }
        for sequence in Set([0, size / 2, size - 1]) {
            guard let entry = try ledger.entries(in: sequence..<sequence + 1, maximumBytes: .max).first else {
                Issue.record("\(name): entry \(sequence) of \(size) cannot be read")
                continue
            }
            try ledger.inclusionProof(sequence: sequence, size: size)
                .verify(leafHash: MerkleTree.leafHash(entry), root: ledger.root)
        }
        let half = try ledger.root(size: size / 2)
        try ledger.consistencyProof(from: size / 2, to: size).verify(firstRoot: half, secondRoot: ledger.root)
    }
}
