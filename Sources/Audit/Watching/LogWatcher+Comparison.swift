import Signing
import TransparencyLog

/// The tree that a round's audit led to, and where its nodes can be had.
struct WatchedTree {
    let size: UInt64
    let root: SHA256Digest
    let keys: [NoteVerifier]
    /// The signed checkpoint as the look before the audit found it.
    let note: SignedNote?
    let remote: RemoteLedger?
    /// Whether the audited address is the log's own.
    let isOfLog: Bool
}

extension LogWatcher {
    /// `nil` if the audit has led to no tree.
    func tree(_ sighting: Sighting, _ report: AuditReport) -> WatchedTree? {
        guard report.isSound || report.problem?.check == .quorum, let checkpoint = report.checkpoint else { return nil }
        let pinned = options.pinnedKeys + (options.policy?.logs.map(\.verifier) ?? [])
        let keys = pinned.isEmpty ? checkpoint.signers.compactMap { try? NoteVerifier($0) } : pinned
        return WatchedTree(
            size: checkpoint.size, root: checkpoint.root, keys: keys, note: sighting.note, remote: sighting.remote,
            isOfLog: sighting.kind == .log)
    }

    /// Two checkpoints that cannot both be true. The audited one is in the state file: the log may have grown between the
    /// look and the audit.
    private func conflict(_ note: SignedNote, _ tree: WatchedTree) throws(AuditFailure) -> CheckpointConflict {
        let tied = try options.stateFile.map { path throws(AuditFailure) in try TrustedStateFile(path: path).read()?.tied } ?? nil
        let audited = tied.flatMap { $0.milestone.size == tree.size ? Array($0.checkpoint.utf8) : nil }
        return CheckpointConflict(trusted: note.bytes, shown: audited ?? tree.note?.bytes ?? [])
    }

    /// Holds what a place shows against the audited tree.
    func compare(_ sighting: Sighting, _ tree: WatchedTree, _ round: inout WatchRound) throws {
        guard let note = sighting.note, let checkpoint = sighting.checkpoint else { return }
        var place = WatchedPlace(kind: sighting.kind, name: sighting.name, size: checkpoint.size, standing: .current)
        defer { round.places.append(place) }
        if let fault = sighting.fault(tree.keys, options.policy) {
            place.standing = .unknown(fault)
            // A witness that talks nonsense says nothing of the log.
            guard sighting.kind != .witness else { return }
            return round.alarms.append(WatchAlarm(kind: .tampered, place: sighting.name, message: fault))
        }
        let isOneHistory: Bool
        do throws(AuditFailure) { isOneHistory = try self.isOneHistory(sighting, checkpoint, tree) } catch {
            // Whoever withholds the tree could hide a fork behind it.
            let reason = "its checkpoint cannot be compared with that of the log: \(error)"
            place.standing = .unknown(reason)
            return round.alarms.append(WatchAlarm(kind: .unreachable, place: sighting.name, message: reason))
        }
        guard isOneHistory else {
            place.standing = .parted
            return round.alarms.append(fork(sighting, checkpoint, tree, try conflict(note, tree)))
        }
        if checkpoint.size < tree.size { place.standing = .behind }
        guard checkpoint.size > tree.size else { return }
        place.standing = .ahead
        guard tree.isOfLog else { return }
        let message = "it shows \(tree.size) entries, but \(sighting.name) has its signature under \(checkpoint.size): \(checkpoint.size - tree.size) entries were taken back, or are withheld"
        round.alarms.append(
            WatchAlarm(
                kind: .shrunk, place: addresses[0], message: message,
                conflict: try conflict(note, tree)))
    }

    private func fork(
        _ sighting: Sighting, _ checkpoint: Checkpoint, _ tree: WatchedTree, _ conflict: CheckpointConflict
    ) -> WatchAlarm {
        let whose = sighting.kind == .witness ? "the witness \(sighting.name)" : sighting.name
        return WatchAlarm(
            kind: .fork, place: sighting.name,
            message: "\(whose) has the log's signature under \(checkpoint.size) entries with the root \(checkpoint.root), which are not a part of the same history as the \(tree.size) entries with the root \(tree.root) that were audited: the log has signed two histories",
            conflict: conflict)
    }

    /// Whether the smaller of both trees is the beginning of the larger one. A witness that is ahead has no tree to look
    /// into, so nothing speaks against it here.
    private func isOneHistory(
        _ sighting: Sighting, _ checkpoint: Checkpoint, _ tree: WatchedTree
    ) throws(AuditFailure) -> Bool {
        if checkpoint.size == tree.size { return checkpoint.root == tree.root }
        if checkpoint.size < tree.size {
            return try Self.root(over: checkpoint.size, tree.remote, size: tree.size, root: tree.root) == checkpoint.root
        }
        guard sighting.remote != nil else { return true }
        return try Self.root(over: tree.size, sighting.remote, size: checkpoint.size, root: checkpoint.root) == tree.root
    }

    /// The root over the first entries of a tree, from a few of its tiles, each checked up to the tree's own root.
    private static func root(
        over part: UInt64, _ remote: RemoteLedger?, size: UInt64, root: SHA256Digest
    ) throws(AuditFailure) -> SHA256Digest {
        guard let remote else { throw .badURL(url: "", reason: "no address serves the tree") }
        do {
            var tiles = try TileHashes(size: size, root: root) { try remote.hashes(of: $0) }
            return try MerkleTree.root(size: part) { try tiles.node($0, $1) }
        } catch let failure as AuditFailure { throw failure } catch {
            throw .badAnswer(url: remote.prefix, reason: "\(error)")
        }
    }
}
