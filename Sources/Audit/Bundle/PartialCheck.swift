import Exchange
import TransparencyLog

/// Checks a bundle of single entries: that the log has signed the checkpoint, that each entry is under it, and the
/// signatures on the statements in them by those keys that entries of the bundle itself register.
struct PartialCheck {
    private let bundle: EvidenceBundle
    private let check: CheckpointCheck
    private let keys = KeyDirectory()

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
        var unsigned: UInt64 = 0
        do {
            report.checkpoint = try check.pinnedSummary()
            try bundle.forEachProvedEntry { proved in
                try Task.checkCancellation()
                let entry = try Self.check(proved, check)
                if let count = try checkSignatures(proved, entry) { report.counts.signatures += count } else { unsigned += 1 }
                report.entries += 1
            }
        } catch let problem as AuditProblem { report.problem = problem }
        if report.isSound {
            report.warnings.append(
                "The bundle holds \(report.entries) of the log's \(check.checkpoint.size) entries. That they are in the log was checked, and the signatures on the statements in them; not the other entries, nor the rules.")
            if unsigned > 0 {
                report.warnings.append(
                    "Of \(unsigned) entries the signatures could not be checked: the entries that register the keys are not in the bundle.")
            }
        }
        return report
    }

    /// The number of signatures that hold; `nil` where a key is not known.
    private func checkSignatures(_ proved: ProvedEntry, _ entry: LedgerEntry) throws(AuditProblem) -> UInt64? {
        do throws(StatementError) {
            let verified = try entry.event.statement.verified { keys.key($0) }
            keys.register(verified.statement.content)
            return UInt64(verified.keys.count)
        } catch .unknownKey {
            return nil
        } catch { throw AuditProblem(.signature, seq: proved.seq, reason: error.description).naming(proved.entry) }
    }

    private static func check(_ proved: ProvedEntry, _ check: CheckpointCheck) throws(AuditProblem) -> LedgerEntry {
        func problem(_ kind: AuditProblem.Check, _ reason: String) -> AuditProblem {
            AuditProblem(kind, seq: proved.seq, offset: nil, reason: reason).naming(proved.entry)
        }
        let proof: LogProof
        do { proof = try LogProof(proved.proof) } catch { throw problem(.root, "its proof cannot be read: \(error)") }
        guard proof.index == proved.seq else { throw problem(.root, "its proof is that of entry \(proof.index)") }
        guard proof.extra.map({ $0 == proved.entry }) ?? true else { throw problem(.root, "its proof holds another entry") }
        guard proof.note == check.note else { throw problem(.root, "its proof is by another checkpoint than the bundle's") }
        do { try proof.verifyInclusion(leafHash: MerkleTree.leafHash(proved.entry), in: check.checkpoint) } catch {
            throw problem(.root, "it is not proved to be in the log: \(error)")
        }
        let entry: LedgerEntry
        do { entry = try LedgerEntry(proved.entry[...]) } catch { throw problem(.entry, error.description) }
        guard entry.seq == proved.seq else { throw problem(.entry, "its own number is \(entry.seq)") }
        return entry
    }
}
