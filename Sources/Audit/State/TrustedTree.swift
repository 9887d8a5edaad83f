import Signing
import TransparencyLog

/// The tree that an earlier audit came to trust, with the checkpoint by which the log committed to it.
struct TrustedTree: Sendable, Hashable {
    let frontier: MerkleFrontier
    /// The signed checkpoint.
    let note: [UInt8]

    var size: UInt64 { frontier.count }
    var root: SHA256Digest { frontier.root }

    /// What is wrong with a ledger whose first `size` entries have this right edge; `nil` if they are those of this tree.
    func difference(from other: MerkleFrontier) -> AuditProblem? {
        guard other.count == size, other != frontier else { return nil }
        let reason =
            "its first \(size) entries have the root \(other.root) now, but an earlier audit found the log's signature under the root \(root): history was rewritten\(place(of: other))"
        return AuditProblem(.forked, reason: reason)
    }

    /// What is wrong with a checkpoint of this size or a smaller one; `nil` if nothing is.
    func conflict(with checkpoint: Checkpoint) -> AuditProblem? {
        if checkpoint.size < size {
            let reason =
                "its checkpoint covers \(checkpoint.size) entries, but an earlier audit found its signature under \(size): \(size - checkpoint.size) entries were taken back, or an old copy is shown"
            return AuditProblem(.shrunk, seq: nil, reason: reason)
        }
        guard checkpoint.size == size, checkpoint.root != root else { return nil }
        let reason =
            "it has signed two trees of \(size) entries: the root \(root), which an earlier audit came to trust, and now \(checkpoint.root)"
        return AuditProblem(.forked, reason: reason)
    }

    /// Each hash of a right edge stands over a run of entries, so the first that differs tells where to look.
    private func place(of other: MerkleFrontier) -> String {
        // Eight bytes of count come first, and both have the same count.
        let (own, others) = (Array(frontier.encoded().dropFirst(8)), Array(other.encoded().dropFirst(8)))
        var (first, hash): (UInt64, Int) = (0, 0)
        for level in (0..<UInt64(64)).reversed() where size >> level & 1 == 1 {
            let bytes = hash * SHA256Digest.count..<(hash + 1) * SHA256Digest.count
            let width = UInt64(1) << level
            if own[bytes] != others[bytes] {
                return width == 1 ? "; entry \(first) is the first that differs"
                    : "; the first that differs is among the entries \(first) to \(first + width - 1)"
            }
            first += width
            hash += 1
        }
        return ""
    }
}
