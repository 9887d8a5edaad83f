import Encoding
import HTTPTransport
import TransparencyLog

/// `GET /ledger/proof/tlog`: everything that shows that an entry is on the ledger, in one file to keep (C2SP tlog-proof).
struct LogProofRoute: Sendable {
    let services: NodeServices

    /// Where the proof of an entry is fetched.
    static func target(_ seq: UInt64) -> String { "/ledger/proof/tlog?seq=\(seq)" }

    func add(to router: inout Router) {
        router.add("GET", "/ledger/proof/tlog") { request, _ in
            try TargetQuery.allow(request, ["seq"])
            return .bytes(
                200, type: "text/plain; charset=utf-8", try proof(of: try TargetQuery.required(request, "seq")).bytes,
                headers: ["Cache-Control": "no-cache"])
        }
    }

    /// The proof of an entry by the published checkpoint, with the entry in it; verified before it is given out.
    private func proof(of seq: UInt64) throws -> LogProof {
        let note = try SignedNote(services.publication.note)
        let checkpoint = try Checkpoint(text: note.text)
        guard seq < checkpoint.size else { throw missing(seq, published: checkpoint.size) }
        let path = try services.ledger.inclusionProof(sequence: seq, size: checkpoint.size).path
        guard let entry = try services.ledger.entries(in: seq..<(seq + 1), maximumBytes: ChainedEntry.maximumLength).first
        else { throw NodeError.ledgerUnavailable(reason: "entry \(seq) is not durable yet") }
        let proof = LogProof(extra: entry, index: seq, path: path, note: note)
        try proof.verifyInclusion(leafHash: MerkleTree.leafHash(entry), in: checkpoint)
        return proof
    }

    private func missing(_ seq: UInt64, published: UInt64) -> Problem {
        guard seq < services.ledger.size else {
            return Problem(
                code: "no-such-entry", status: 404, title: "There is no such entry",
                detail: "the ledger's last entry has the number \(Int64(services.ledger.size) - 1)",
                hint: "The number stands in the receipt of a statement, as \"seq\".")
        }
        return Problem(
            code: "not-published-yet", status: 404, title: "The entry is not in a published checkpoint yet",
            detail: "entry \(seq) is recorded, but the published checkpoint covers only the \(published) entries before it",
            hint: "Ask again in a second: the next checkpoint is on its way.", headers: ["Retry-After": "1"])
    }
}
