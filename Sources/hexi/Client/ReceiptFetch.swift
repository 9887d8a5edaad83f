import Audit
import Exchange
import Signing
import TransparencyLog

/// Fetches the proof of one entry and holds it against what the node said before.
struct ReceiptFetch: Sendable {
    let seq: UInt64
    let client: NodeClient
    let policy: TrustPolicy
    /// The receipt that the node gave for this entry, if it was kept.
    let kept: KeptReceipt?

    /// The proof, which holds; whether enough witnesses have cosigned is in the report.
    func proof() async throws(ClientError) -> (LogProof, ProofReport) {
        let bytes = try await client.fetch(
            RequestTarget("/ledger/proof/tlog", [("seq", String(seq))]), maximumCount: LogProof.maximumLength)
        let proof: LogProof
        let report: ProofReport
        do {
            proof = try LogProof(bytes)
            report = try ProofCheck(policy: policy).check(bytes)
        } catch { throw refused("the node's proof of entry \(seq) does not hold: \(error)") }
        guard proof.index == seq, let entry = proof.extra else {
            throw refused("the node gave the proof of entry \(proof.index) instead of that of entry \(seq)")
        }
        try compare(entry, report)
        return (proof, report)
    }

    private func compare(_ entry: [UInt8], _ report: ProofReport) throws(ClientError) {
        guard let kept else { return }
        guard kept.leafHash == report.leafHash.description else {
            throw refused(
                "the node's receipt said that entry \(seq) has the leaf hash \(kept.leafHash), but the ledger has \(report.leafHash) there")
        }
        let statement: SignedStatement
        do { statement = try LedgerEntry(entry).event.statement } catch {
            throw refused("entry \(seq) cannot be read: \(error)")
        }
        guard SHA256.hash(statement.payload).description == kept.payload else {
            throw refused("entry \(seq) does not hold the statement that you signed")
        }
    }

    private func refused(_ reason: String) -> ClientError {
        .refused(reason, hint: "Nothing was stored. Show this to the operator, and to an auditor: the node is at fault, or somebody between you and it.")
    }
}
