import Exchange
import Signing
import TransparencyLog

/// A log of a comparison that is not even sound by itself.
public struct UnsoundLog: Error, Sendable, Hashable, CustomStringConvertible {
    public var source: String
    public var problem: AuditProblem

    public var description: String { "\(source) is not sound by itself, so nothing can be compared with it: \(problem)" }
}

/// One of two logs that are compared: its checkpoint, and the nodes of the tree under it.
///
/// The tree is taken from the log's tiles where it has any, a few of them, each checked up to the checkpoint's root.
/// Otherwise all entries are read once, and have to lead to that root.
final class ComparedLog {
    let source: AuditSource
    let note: SignedNote
    let checkpoint: Checkpoint
    private let opened: OpenedLedger
    private var tiles: TileHashes?
    private var spool: HashSpool?

    /// Reads the checkpoint; verifies nothing. Throws ``AuditFailure``, ``UnsoundLog``.
    init(_ source: AuditSource, _ options: AuditOptions) throws {
        self.source = source
        (opened, note, checkpoint) = try Self.blaming(source) {
            let opened = try OpenedLedger(source, options)
            if case .bundle(let bundle) = opened, case .entries = bundle.contents {
                throw AuditFailure.unreadable(path: bundle.path, reason: "it holds single entries of a log; only whole logs can be compared")
            }
            let (note, checkpoint) = try Self.read(opened.checkpoint)
            return (opened, note, checkpoint)
        }
    }

    private static func read(_ bytes: [UInt8]) throws(AuditProblem) -> (SignedNote, Checkpoint) {
        do {
            let note = try SignedNote(bytes)
            return (note, try Checkpoint(text: note.text))
        } catch { throw AuditProblem(.checkpoint, reason: "\(error)") }
    }

    /// Turns what speaks against a log into an ``UnsoundLog`` of that name.
    static func blaming<Result>(_ source: AuditSource, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let problem as AuditProblem {
            throw UnsoundLog(source: source.description, problem: problem)
        } catch let error as TileError {
            throw UnsoundLog(source: source.description, problem: AuditProblem(.root, reason: error.description))
        }
    }

    // MARK: The tree

    /// Makes the tree's nodes available.
    ///
    /// - Parameter progress: is told how many entries have been read; nothing where the log has tiles.
    func loadTree(_ progress: (UInt64) -> Void) throws {
        try Self.blaming(source) {
            if case .node(let remote) = opened, let tiles = try Self.tiles(remote, checkpoint) {
                self.tiles = tiles
            } else {
                spool = try readAll(progress)
            }
        }
    }

    /// The log's tiles; `nil` if it has none.
    private static func tiles(_ remote: RemoteLedger, _ checkpoint: Checkpoint) throws -> TileHashes? {
        do {
            return try TileHashes(size: checkpoint.size, root: checkpoint.root) { try remote.hashes(of: $0) }
        } catch AuditFailure.wrongStatus(_, let status) where (400..<500).contains(status) { return nil }
    }

    private func readAll(_ progress: (UInt64) -> Void) throws -> HashSpool {
        let spool = try HashSpool()
        let reader = try opened.reader(size: checkpoint.size, from: WalkPosition())
        for seq in 0..<checkpoint.size {
            spool.append(MerkleTree.leafHash(try Self.entry(reader, seq, size: checkpoint.size)))
            if seq % 4096 == 4095 {
                try Task.checkCancellation()
                progress(seq + 1)
            }
        }
        progress(checkpoint.size)
        try spool.finish()
        guard spool.root == checkpoint.root else {
            let reason = "the root over its first \(checkpoint.size) entries is \(spool.root), but its signed checkpoint says \(checkpoint.root)"
            throw AuditProblem(.root, reason: reason)
        }
        return spool
    }

    /// The next entry, whose number is `seq`; lent until the next call.
    private static func entry(_ reader: any LedgerReader, _ seq: UInt64, size: UInt64) throws -> UnsafeRawBufferPointer {
        switch try reader.next() {
        case .entry(let entry, _): return entry
        case .end:
            let reason = "it is missing, and so are all behind it: the signed checkpoint covers \(size) entries, here are only \(seq)"
            throw AuditProblem(.root, seq: seq, reason: reason)
        case .badFrame(let frame): throw AuditProblem(.frame, seq: seq, offset: frame.offset, reason: frame.reason)
        case .unsound(var problem):
            if problem.check != .header { problem.seq = seq }
            throw problem
        }
    }

    /// The hash of a complete node under the checkpoint's root.
    func node(_ level: UInt8, _ index: UInt64) throws -> SHA256Digest {
        if let spool { return try spool.node(level, index) }
        return try Self.blaming(source) {
            guard let hash = try tiles?.node(level, index) else {
                throw TileError.outsideTree("node \(index) of level \(level)", size: checkpoint.size)
            }
            return hash
        }
    }

    /// The root over the first `size` entries, at most as many as the checkpoint covers.
    func root(over size: UInt64) throws -> SHA256Digest {
        try MerkleTree.root(size: size) { try node($0, $1) }
    }

    // MARK: Entries

    /// An entry with its path to the root of the checkpoint.
    func proof(of seq: UInt64) throws -> LogProof {
        let entry = try entry(seq)
        let inclusion = try InclusionProof(index: seq, size: checkpoint.size) { try node($0, $1) }
        return LogProof(extra: entry, index: seq, path: inclusion.path, note: note)
    }

    /// An entry; it is the one that the tree has in this place.
    func entry(_ seq: UInt64) throws -> [UInt8] {
        try Self.blaming(source) {
            let place = WalkPosition(frontier: try MerkleFrontier(size: seq) { try node($0, $1) })
            // Of a log that gives bundles, the one that holds the entry is enough.
            let width = UInt64(Tile.fullWidth)
            let reader = try opened.reader(size: min(checkpoint.size, (seq / width + 1) * width), from: place)
            // In a journal only an auditor's own state tells where an entry lies.
            if case .folder = opened { for earlier in 0..<seq { _ = try Self.entry(reader, earlier, size: checkpoint.size) } }
            let entry = Array(try Self.entry(reader, seq, size: checkpoint.size))
            guard try MerkleTree.leafHash(entry) == node(0, seq) else {
                throw AuditProblem(.root, seq: seq, reason: "it is not the entry that its tree has in this place").naming(entry)
            }
            return entry
        }
    }

    // MARK: Keys

    /// The log's keys as its charter, entry 0, names them.
    func charterKeys() throws -> [NoteVerifier] {
        guard checkpoint.size > 0 else { throw AuditFailure.emptyLedger(source: source.description) }
        let charter = try entry(0)
        return try Self.blaming(source) {
            try LedgerProver.space(charter).logKeys.map { text in
                do { return try NoteVerifier(text) } catch {
                    throw AuditProblem(.checkpoint, reason: "the charter in entry 0 names a log key that cannot verify it: \(error)")
                }
            }
        }
    }

    /// The keys of the log that have signed the checkpoint.
    ///
    /// - Parameter isPinned: whether they were known from elsewhere, or are the log's own word.
    func signers(among keys: [NoteVerifier], isPinned: Bool) throws -> [NoteVerifier] {
        try Self.blaming(source) {
            do {
                let signers = try note.verify(with: keys)
                guard signers.contains(where: { $0.name.utf8.elementsEqual(checkpoint.origin.utf8) }) else {
                    throw AuditProblem(.checkpoint, reason: "it calls itself \"\(checkpoint.origin)\", but no key of that name has signed it")
                }
                return signers
            } catch let error as SignedNoteError {
                let advice = isPinned ? "" : "; if the log's keys were changed since its charter, pin them with --vkey or --policy"
                throw AuditProblem(.checkpoint, reason: error.description + advice)
            }
        }
    }

    /// What the policy says of the checkpoint.
    func judgement(_ policy: TrustPolicy) throws -> TrustJudgement {
        try Self.blaming(source) {
            do { return try policy.judge(note) } catch { throw AuditProblem(.checkpoint, reason: "\(error)") }
        }
    }
}
