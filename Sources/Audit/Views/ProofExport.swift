import Encoding
import Exchange
import Signing
import TransparencyLog

/// Collects the proofs of the entries that another visitor asks for while an entry passes by.
///
/// It must stand behind that visitor, since an entry has to be asked for before it comes here.
public final class ProofExport: AuditVisitor {
    private var collector: ProofCollector?
    private var note: SignedNote?
    private var wanted: UInt64?
    private let spool: LineSpool

    /// - Throws: `AuditFailure` where the system gives no temporary file.
    public init() throws(AuditFailure) { spool = try LineSpool() }

    /// Asks for the proof of the entry that is passing by.
    public func want(_ audited: AuditedEntry) { wanted = audited.entry.seq }

    public func begin(_ note: SignedNote, _ checkpoint: Checkpoint) {
        self.note = note
        wanted = nil
        spool.clear()
        collector = try? ProofCollector(size: checkpoint.size)
    }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        let seq = audited.entry.seq
        guard let size = collector?.size, seq < size else { return }
        collector?.append(audited.leafHash, isTarget: wanted == seq)
        if wanted == seq { spool.append("\(seq) \(Base64.encode(audited.bytes))") }
    }

    /// Hands out the proofs of the entries asked for that the checkpoint covers, with the entries in them, in order.
    /// There are none unless the whole ledger was sound.
    public func forEachProof(_ report: AuditReport, _ body: (LogProof) throws -> Void) throws {
        guard report.isSound, let collector, let note else { return }
        try spool.forEach { line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, let seq = UInt64(parts[0]), let entry = Base64.decode(String(parts[1])),
                let proof = collector.proof(of: seq)
            else { throw AuditFailure.unreadable(path: "the temporary file for results", reason: "it was changed") }
            try body(LogProof(extra: entry, index: seq, path: proof.path, note: note))
        }
    }
}
