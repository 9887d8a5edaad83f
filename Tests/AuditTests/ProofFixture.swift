import Encoding
import Signing
import TransparencyLog

@testable import Audit

extension JournalWriter {
    /// The proof of an entry by a checkpoint over so many, or all, entries; made without the auditor's own code.
    func proof(_ index: Int, _ signer: NoteSigner, size: Int? = nil) throws -> LogProof {
        let size = size ?? entries.count
        var collector = try ProofCollector(size: UInt64(size))
        for (place, entry) in entries.enumerated() { collector.append(MerkleTree.leafHash(entry), isTarget: place == index) }
        guard let inclusion = collector.proof(of: UInt64(index)) else {
            throw MerkleProofError.indexOutsideTree(index: UInt64(index), size: UInt64(size))
        }
        return LogProof(extra: entries[index], index: UInt64(index), path: inclusion.path, note: try SignedNote(checkpoint(signer, size: size)))
    }
}

/// A ledger with an entry that commits to a batch of usage records.
struct BatchLedger {
    let space: TestSpace
    let records: [[UInt8]]
    let tree: BatchTree
    let writer: JournalWriter
    /// The number of the entry that commits to the batch.
    let seq: Int

    /// - Parameters:
    ///   - type: of the committing entry.
    ///   - body: its body instead of the right one.
    init(type: String = "usage.batch", body: String? = nil) throws {
        var space = TestSpace()
        _ = try space.openForRuns()
        records = (0..<9).map { Array("{\"call\":\($0),\"random\":\"\(TestSpace.hash("record \($0)"))\"}".utf8) }
        var tree = BatchTree()
        for record in records { try tree.append(record) }
        let commitment = tree.commitment
        let own = "{\"records\":\(commitment.count),\"root\":\"\(commitment.root)\"}"
        let entry =
            "\"time\":\"\(space.time)\",\"type\":\"\(type)\",\"subject\":\"86.gs.audit/batch\",\"actor\":\"node\",\"body\":\(body ?? own),\"statement\":\"x\"}"
        writer = JournalWriter(contents: space.records.map(\.content) + [Array(entry.utf8)])
        seq = space.records.count
        self.tree = tree
        self.space = space
    }

    func proof(_ index: Int) throws -> BatchProof {
        try BatchProof(
            record: records[index], inclusion: try tree.inclusion(of: UInt64(index)), log: try writer.proof(seq, space.signer))
    }

    var policy: TrustPolicy { get throws { TrustPolicy(logs: [try space.signer.verifier]) } }
}
