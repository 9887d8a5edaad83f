import Signing
import TransparencyLog

/// One pass over a journal that collects the audit paths and the bytes of wanted entries, and checks the chain on the way.
struct ProofWalk {
    private let reader: JournalReader
    private let wanted: Set<UInt64>
    private var collector: ProofCollector
    private var entries: [UInt64: [UInt8]] = [:]
    private var lastHash = ChainedEntry.firstPreviousHash

    init(targets: [UInt64], size: UInt64, reader: JournalReader) throws(AuditProblem) {
        do { collector = try ProofCollector(size: size) } catch { throw AuditProblem(.checkpoint, reason: error.description) }
        wanted = Set(targets)
        self.reader = reader
    }

    /// How many entries have been read.
    var count: UInt64 { collector.count }

    /// Reads the next entry; its bytes are lent until the next call. `nil` where the tree is complete.
    mutating func next() throws -> UnsafeRawBufferPointer? {
        guard !collector.isComplete else { return nil }
        let seq = collector.count
        let advice = "\"hexi-audit verify\" finds out more"
        switch try reader.next() {
        case .entry(let entry, let offset):
            guard ChainedEntry.starts(entry, previous: lastHash, sequence: seq) else {
                let reason = "it does not begin with the hash of the entry before it and its number; \(advice)"
                throw AuditProblem(.chain, seq: seq, offset: offset, reason: reason).naming(Array(entry))
            }
            lastHash = MerkleTree.leafHash(entry)
            let isWanted = wanted.contains(seq)
            if isWanted { entries[seq] = Array(entry) }
            collector.append(lastHash, isTarget: isWanted)
            return entry
        case .end:
            let reason = "it is missing, and so are all behind it: the signed checkpoint covers \(collector.size) entries, here are only \(seq)"
            throw AuditProblem(.root, seq: seq, reason: reason)
        case .badFrame(let frame): throw AuditProblem(.frame, seq: seq, offset: frame.offset, reason: "\(frame.reason); \(advice)")
        case .unsound(var problem):
            if problem.check != .header { problem.seq = seq }
            throw problem
        }
    }

    func checkRoot(_ checkpoint: Checkpoint) throws(AuditProblem) {
        guard collector.isComplete, collector.root == checkpoint.root else {
            let reason =
                "the root over the first \(checkpoint.size) entries is \(collector.root), but the signed checkpoint says \(checkpoint.root)"
            throw AuditProblem(.root, reason: reason)
        }
    }

    /// The proof of a wanted entry, with the entry in it; verified.
    func proof(of seq: UInt64, note: SignedNote) throws -> LogProof {
        guard let entry = entries[seq], let inclusion = collector.proof(of: seq) else {
            throw AuditProblem(.root, seq: seq, reason: "its path in the tree was not collected")
        }
        let proof = LogProof(extra: entry, index: seq, path: inclusion.path, note: note)
        do { try proof.verifyInclusion(leafHash: MerkleTree.leafHash(entry), in: Checkpoint(text: note.text)) } catch {
            throw AuditProblem(.root, seq: seq, reason: "\(error)")
        }
        return proof
    }
}
