import Exchange
import Signing
import TransparencyLog

/// Makes proofs of entries: from a ledger's folder, in one pass over it, or from a node.
///
/// A folder is read up to the size of its signed checkpoint, entry by entry; the chain is checked, and the tree has to
/// come to the checkpoint's root. What is held is the tree's right edge and the wanted entries. Signatures on statements
/// and the rules are not checked: that is what ``Auditor`` is for.
public struct LedgerProver: Sendable {
    /// The most entries that are proved at once.
    public static let maximumTargets = 10_000

    public let source: AuditSource
    public let options: AuditOptions

    /// - Parameter options: the pinned keys and, for a node, how long an answer may take; the others do not matter here.
    public init(_ source: AuditSource, options: AuditOptions = AuditOptions()) {
        self.source = source
        self.options = options
    }

    /// Proofs, and the keys of the log by which their checkpoint was verified.
    public struct Outcome: Sendable {
        /// One for each wanted entry, in their order.
        public var proofs: [LogProof]
        public var keys: [NoteVerifier]
        /// Whether the keys were known from elsewhere; otherwise they are the ledger's own word.
        public var isPinned: Bool
    }

    /// Proves entries.
    ///
    /// - Parameters:
    ///   - targets: the numbers of the entries, at most ``maximumTargets``.
    ///   - checkpoint: for a folder: an earlier checkpoint that one has kept, instead of the folder's own.
    ///   - progress: is told how many entries have been read, and of how many.
    /// - Throws: ``AuditFailure`` if it could not be done, ``AuditProblem`` if the ledger or the checkpoint is not sound,
    ///   `CancellationError`.
    public func prove(
        _ targets: [UInt64], checkpoint: [UInt8]? = nil,
        progress: (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) throws -> Outcome {
        guard targets.count <= Self.maximumTargets else { throw AuditFailure.tooManyEntries(limit: Self.maximumTargets) }
        switch source {
        case .folder(let path): return try proveFromFolder(path, targets, checkpoint, progress)
        case .node(let url):
            if checkpoint != nil { throw AuditFailure.checkpointNeedsFolder }
            return try proveFromNode(url, targets)
        case .bundle(let path): throw AuditFailure.unreadable(path: path, reason: "proofs are made from a ledger's folder or by a node, not from a single file")
        }
    }

    // MARK: From a folder

    private func proveFromFolder(
        _ path: String, _ targets: [UInt64], _ checkpoint: [UInt8]?, _ progress: (UInt64, UInt64) -> Void
    ) throws -> Outcome {
        let folder = try LedgerFolder.find(path)
        let bytes = try checkpoint ?? JournalFile.contents(of: folder + "/checkpoint", maximumCount: CheckpointCheck.maximumLength)
        let check = try CheckpointCheck(bytes, pinnedKeys: options.pinnedKeys)
        let note: SignedNote
        do { note = try SignedNote(bytes) } catch { throw AuditProblem(.checkpoint, reason: error.description) }
        let size = check.checkpoint.size
        try Self.checkTargets(targets, size: size, source: source)
        var walk = try ProofWalk(targets: targets, size: size, reader: JournalReader(try JournalFile(folder + "/journal")))
        var replay = RuleReplay()
        var summary: CheckpointSummary?
        while let entry = try walk.next() {
            try replay.followLogKeys(entry, seq: walk.count - 1, offset: nil)
            // The charter names the log's first keys, so most of what can be wrong with the checkpoint shows before the long rest.
            if walk.count == 1 || walk.count == size, let space = replay.state.space {
                summary = try check.verify(against: space, replayed: walk.count)
            }
            if walk.count % 4096 == 0 {
                try Task.checkCancellation()
                progress(walk.count, size)
            }
        }
        try walk.checkRoot(check.checkpoint)
        let proofs = try targets.map { try walk.proof(of: $0, note: note) }
        let keys = summary?.signers.compactMap { try? NoteVerifier($0) } ?? []
        return Outcome(proofs: proofs, keys: keys, isPinned: !options.pinnedKeys.isEmpty)
    }

    private static func checkTargets(_ targets: [UInt64], size: UInt64, source: AuditSource) throws(AuditFailure) {
        guard size > 0 else { throw .emptyLedger(source: source.description) }
        if let outside = targets.first(where: { $0 >= size }) {
            throw .outsideCheckpoint(seq: outside, size: size, source: source.description)
        }
    }

    /// The space that the entry founds.
    static func space(_ entry: [UInt8]) throws(AuditProblem) -> Space {
        var state = ExchangeState()
        do { try state.replay(try LedgerEntry(entry)) } catch {
            throw AuditProblem(.entry, seq: 0, reason: "it does not found a space: \(error)").naming(entry)
        }
        guard let space = state.space else { throw AuditProblem(.entry, seq: 0, reason: "it does not found a space").naming(entry) }
        return space
    }

    // MARK: From a node

    private func proveFromNode(_ url: String, _ targets: [UInt64]) throws -> Outcome {
        let remote = try RemoteLedger(url, timeoutSeconds: options.timeoutSeconds)
        let check = try CheckpointCheck(remote.checkpoint, pinnedKeys: options.pinnedKeys)
        try Self.checkTargets(targets, size: check.checkpoint.size, source: source)
        var keys = options.pinnedKeys
        if keys.isEmpty {
            let line = try remote.entries(from: 0, count: 1)
            let space = try Self.space(line.last == 0x0A ? line.dropLast() : line)
            guard let summary = try check.verify(against: space, replayed: 1) else { throw AuditFailure.keysChanged(url: url) }
            keys = summary.signers.compactMap { try? NoteVerifier($0) }
        }
        let policy = TrustPolicy(logs: keys)
        let proofs = try targets.map { seq in
            try Task.checkCancellation()
            let file = try remote.logProof(of: seq)
            let proof: LogProof
            do throws(LogProofError) {
                proof = try LogProof(file)
                _ = try proof.verify(leafHash: proof.entryLeafHash ?? .zero, policy: policy)
            } catch { throw AuditProblem(.root, seq: seq, reason: "the node's proof of it does not hold: \(error)") }
            guard proof.index == seq, ChainedEntry.sequence(of: proof.extra ?? []) == seq else {
                throw AuditProblem(.root, seq: seq, reason: "the node gives a proof of another entry, number \(proof.index)")
            }
            return proof
        }
        return Outcome(proofs: proofs, keys: keys, isPinned: !options.pinnedKeys.isEmpty)
    }
}
