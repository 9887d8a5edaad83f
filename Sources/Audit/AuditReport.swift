import Encoding
import Exchange
import Signing

/// Whose signatures the checkpoint bears, and what it commits to.
public struct CheckpointSummary: Sendable, Hashable {
    public var origin: String
    /// The number of entries.
    public var size: UInt64
    public var root: SHA256Digest
    /// The verifier keys whose signatures were verified.
    public var signers: [String]
    /// Whether a key known from elsewhere was among them; otherwise they are the ledger's own word.
    public var isPinned: Bool
    /// The names on signatures by keys that are not known here; these are not verified.
    public var unknownSigners: [String]
    /// Keys that the operator had dropped before, whose signatures were verified but count for nothing.
    public var retiredSigners: [String] = []
    /// Keys in force that have not signed, beside one that has.
    public var absentSigners: [String] = []
    /// The entries over whose handovers trust passed from a pinned key to one that signed; empty if a pinned key signed.
    public var handovers: [UInt64] = []
    /// The cosignatures by witnesses that the policy names; each was verified.
    public var cosignatures: [Cosignature] = []
    /// `nil` where no policy was given.
    public var quorum: Quorum?

    /// A witness has seen the checkpoint, and no other history before it.
    public struct Cosignature: Sendable, Hashable {
        /// The name within the policy.
        public var witness: String
        /// When, by the witness' clock: POSIX seconds.
        public var time: UInt64
    }

    public struct Quorum: Sendable, Hashable {
        /// The policy's name for it; `none` if it asks for no witness.
        public var name: String
        /// What is missing, in words; `nil` if it is reached.
        public var missing: String?
    }
}

/// Two checkpoints of one log of which the later is no continuation of the earlier. Both are signed notes, as they were read.
public struct CheckpointConflict: Sendable, Hashable {
    /// What an earlier audit came to trust.
    public var trusted: [UInt8]
    /// What the log shows now.
    public var shown: [UInt8]
}

/// What an audit found.
public struct AuditReport: Sendable, Hashable {
    public var source: String
    /// Whether only the chain, the tree and the checkpoint were checked.
    public var isChainOnly: Bool
    /// Whether there were only single entries with their proofs: that they are in the log is all that was checked.
    public var isPartial = false
    /// `nil` if it did not come to reading the charter.
    public var space: Space?
    /// `nil` if the checkpoint does not hold.
    public var checkpoint: CheckpointSummary?
    /// How many entries passed the checks that look at them one by one, from the first on.
    public var entries: UInt64 = 0
    /// How many of these an earlier audit had checked; `nil` if this one read everything.
    public var continuedFrom: UInt64?
    /// The tree's root over these entries; `nil` unless the ledger is sound.
    public var root: SHA256Digest?
    /// Of these, how many the checkpoint does not cover yet.
    public var entriesAfterCheckpoint: UInt64 = 0
    public var counts = AuditCounts()
    /// The times of the first and the last sound entry.
    public var firstTime: Timestamp?
    public var lastTime: Timestamp?
    /// What an auditor should know, though the ledger is sound so far. Whole sentences.
    public var warnings: [String] = []
    /// The first thing that is wrong; `nil` if the ledger is sound.
    public var problem: AuditProblem?
    /// Two signed checkpoints that cannot both be true, where that is what is wrong: evidence against the log.
    public var conflict: CheckpointConflict?

    init(source: String, isChainOnly: Bool) {
        self.source = source
        self.isChainOnly = isChainOnly
    }

    public var isSound: Bool { problem == nil }
}
