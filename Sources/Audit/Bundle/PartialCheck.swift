import Exchange
import TransparencyLog

/// Checks a bundle of single entries: that the log has signed the checkpoint, and that each entry is under it.
struct PartialCheck {
    private let bundle: EvidenceBundle
    private let check: CheckpointCheck

    /// Throws ``AuditFailure/keyNeeded(path:)`` without a pinned key, and ``AuditFailure/stateNeedsFullAudit``.
    init(_ bundle: EvidenceBundle, _ check: CheckpointCheck, _ options: AuditOptions) throws(AuditFailure) {
        guard !check.pinnedKeys.isEmpty else { throw .keyNeeded(path: bundle.path) }
        if options.stateFile != nil { throw .stateNeedsFullAudit }
        self.bundle = bundle
        self.check = check
    }

    /// Fills the report.
    func run(_ empty: AuditReport) throws -> AuditReport {
        var report = empty
        report.isPartial = true
        do {
            report.checkpoint = try check.pinnedSummary()
            try bundle.forEachProvedEntry { proved in
                try Task.checkCancellation()
                try Self.check(proved, check)
                report.entries += 1
            }
        } catch let problem as AuditProblem { report.problem = problem }
        if report.isSound {
            report.warnings.append(
                "The bundle holds \(report.entries) of the log's \(check.checkpoint.size) entries. That they are in the log was checked; not the others, nor the signatures on statements, nor the rules.")
        }
        return report
    }

    private static func check(_ proved: ProvedEntry, _ check: CheckpointCheck) throws(AuditProblem) {
        func problem(_ kind: AuditProblem.Check, _ reason: String) -> AuditProblem {
            AuditProblem(kind, seq: proved.seq, offset: nil, reason: reason).naming(proved.entry)
        }
        let proof: LogProof
        do { proof = try LogProof(proved.proof) } catch { throw problem(.root, "its proof cannot be read: \(error)") }
        guard proof.index == proved.seq else { throw problem(.root, "its proof is that of entry \(proof.index)") }
        guard proof.note == check.note else { throw problem(.root, "its proof is by another checkpoint than the bundle's") }
        do { try proof.verifyInclusion(leafHash: MerkleTree.leafHash(proved.entry), in: check.checkpoint) } catch {
            throw problem(.root, "it is not proved to be in the log: \(error)")
        }
        let entry: LedgerEntry
        do { entry = try LedgerEntry(proved.entry[...]) } catch { throw problem(.entry, error.description) }
        guard entry.seq == proved.seq else { throw problem(.entry, "its own number is \(entry.seq)") }
    }
}
