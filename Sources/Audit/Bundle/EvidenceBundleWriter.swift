import Signing
import TransparencyLog

/// Writes an evidence bundle: see ``EvidenceBundle`` and `README.md` beside this file. The bundle comes to its place when
/// it is finished; memory does not grow with the entries.
public final class EvidenceBundleWriter {
    /// What a bundle says beside its entries.
    public struct Heading: Sendable {
        /// The signed checkpoint as it was read, with its cosignatures.
        public var checkpoint: [UInt8]
        /// The policy by which its maker believed the checkpoint, for information.
        public var policy: [UInt8]?
        /// The log's keys as its maker knew them, for information.
        public var verifierKeys: [NoteVerifier]
        /// When it is made: POSIX seconds.
        public var time: UInt64
        /// What its maker has to say of it, for the text that stands first; one paragraph each.
        public var remarks: [String]

        public init(
            checkpoint: [UInt8], policy: [UInt8]? = nil, verifierKeys: [NoteVerifier] = [], time: UInt64, remarks: [String] = []
        ) {
            self.checkpoint = checkpoint
            self.policy = policy
            self.verifierKeys = verifierKeys
            self.time = time
            self.remarks = remarks
        }
    }

    private let archive: ArchiveWriter
    private let checkpoint: Checkpoint
    private let note: [UInt8]
    private var frontier = MerkleFrontier()
    private var pending: [[UInt8]] = []
    private var lastProved: UInt64?

    /// - Parameters:
    ///   - path: the file, best with the ending `.tar`. One that is there is replaced in the end.
    ///   - isPartial: whether single entries with proofs will be added, rather than the whole ledger.
    /// - Throws: ``AuditFailure`` if the file cannot be written or the checkpoint is none.
    public init(_ path: String, _ heading: Heading, isPartial: Bool) throws {
        note = heading.checkpoint
        do { checkpoint = try Checkpoint(text: SignedNote(note).text) } catch {
            throw AuditFailure.cannotWrite(path: path, reason: "the checkpoint is none: \(error)")
        }
        archive = try ArchiveWriter(path, time: heading.time)
        try archive.add(EvidenceBundle.readMe, Array(EvidenceReadMe.text(checkpoint, isPartial: isPartial, remarks: heading.remarks).utf8))
        try archive.add(EvidenceBundle.checkpoint, note)
        if let policy = heading.policy { try archive.add(EvidenceBundle.policy, policy) }
        if !heading.verifierKeys.isEmpty {
            let text = heading.verifierKeys.map { "\($0)\n" }.joined()
            try archive.add(EvidenceBundle.verifierKeys, Array(text.utf8))
        }
    }

    /// Adds the next entry of a whole ledger, from entry 0 on. Those behind the checkpoint are left out.
    public func append(_ entry: ArraySlice<UInt8>) throws {
        guard frontier.count < checkpoint.size else { return }
        frontier.append(entry.withUnsafeBytes { MerkleTree.leafHash($0) })
        pending.append(Array(entry))
        if pending.count == Tile.fullWidth || frontier.count == checkpoint.size { try writePending() }
    }

    private func writePending() throws {
        guard let tile = Tile(.entries, index: (frontier.count - 1) / UInt64(Tile.fullWidth), width: pending.count) else { return }
        do { try archive.add(tile.path, EntryBundle.encode(pending)) } catch let error as EntryBundleError {
            throw AuditFailure.cannotWrite(path: archive.path, reason: error.description)
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Adds a single entry with its proof by the bundle's checkpoint, in ascending order of their numbers. Throws
    /// ``AuditFailure/cannotWrite(path:reason:)`` for a proof that does not hold.
    public func add(_ entry: [UInt8], _ proof: LogProof) throws {
        func refuse(_ reason: String) -> AuditFailure { .cannotWrite(path: archive.path, reason: "entry \(proof.index): \(reason)") }
        guard lastProved.map({ $0 < proof.index }) ?? true else { throw refuse("it does not come behind entry \(lastProved ?? 0)") }
        guard proof.note.bytes == note else { throw refuse("its proof is by another checkpoint than the bundle's") }
        do { try proof.verifyInclusion(leafHash: MerkleTree.leafHash(entry), in: checkpoint) } catch { throw refuse("\(error)") }
        try archive.add(ProvedEntry.entryName(proof.index), entry)
        try archive.add(ProvedEntry.proofName(proof.index), proof.bytes)
        lastProved = proof.index
    }

    /// Where the file grows until it is finished; to be removed if the program is stopped.
    public static func temporaryPath(for path: String) -> String { ArchiveWriter.temporaryPath(for: path) }

    /// Completes the file. A whole ledger must have led to the checkpoint's root.
    ///
    /// - Parameters:
    ///   - time: when it counts as made after all: POSIX seconds.
    ///   - isSound: `false` for a ledger that its maker found unsound and hands on as it is.
    public func finish(time: UInt64? = nil, isSound: Bool = true) throws {
        if !isSound, !pending.isEmpty { try writePending() }
        if lastProved == nil, isSound {
            guard frontier.count == checkpoint.size, frontier.root == checkpoint.root else {
                throw AuditFailure.cannotWrite(
                    path: archive.path, reason: "the entries do not lead to the root that the checkpoint covers, so the bundle would prove nothing")
            }
        }
        try archive.finish(time: time)
    }
}
