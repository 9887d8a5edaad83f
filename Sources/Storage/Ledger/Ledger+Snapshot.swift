import Signing
import TransparencyLog

extension Ledger {
    /// Keeps a state that was derived from the first `size` entries, so that the next start reads only the journal behind
    /// it. Replaces the snapshot before it; returns when the new one is durable.
    ///
    /// - Parameters:
    ///   - state: the caller's bytes, at most about 1 GiB.
    ///   - root: the root over those entries, which binds the state to this history.
    ///
    /// Throws ``LedgerError/outsideLedger(_:size:)``, or ``LedgerError/snapshotDoesNotFit(size:root:ledgerRoot:)``.
    public func writeSnapshot(_ state: [UInt8], size: UInt64, root: SHA256Digest) throws(LedgerError) {
        let ledgerRoot = try self.root(size: size)
        guard ledgerRoot == root else { throw .snapshotDoesNotFit(size: size, root: root, ledgerRoot: ledgerRoot) }
        let resumption = try resumption(at: size)
        let frontier = try mendingCaches { caches throws(CacheMiss) in
            let frontier = try MerkleFrontier(size: size, node: caches.node)
            guard frontier.root == root else { throw CacheMiss() }
            return frontier
        }
        // A start trusts the caches up to here, so this is the one time that they have to be durable.
        try writer.caches.synchronize()
        try snapshotFile.write(state: state, frontier: frontier, resumption: resumption)
    }

    /// The last snapshot. `nil` if there is none, or if it was changed or belongs to another history: then the log is told
    /// why, and the state has to be derived from the entries.
    public func readSnapshot() -> LedgerSnapshot? {
        switch snapshotFile.read() {
        case nil: return nil
        case .failure(let refusal):
            writer.log("the state snapshot is refused: \(refusal.reason)")
            return nil
        case .success(let snapshot):
            guard let root = try? root(size: snapshot.size), root == snapshot.root else {
                writer.log("the state snapshot is refused: this ledger has another root at \(snapshot.size) entries")
                return nil
            }
            return snapshot
        }
    }

    /// The state of the chain where the frame that holds entry `size` begins, or the end of the journal.
    private func resumption(at size: UInt64) throws(LedgerError) -> ChainTip {
        let durable = writer.durable
        if size == durable.size { return durable }
        let frame = try frame(holding: size)
        return try mendingCaches { caches throws(CacheMiss) in
            ChainTip(
                frontier: try MerkleFrontier(size: frame.firstSequence, node: caches.node),
                lastHash: frame.firstSequence == 0
                    ? ChainedEntry.firstPreviousHash : try caches.leafHash(frame.firstSequence - 1),
                journalEnd: frame.offset)
        }
    }
}
