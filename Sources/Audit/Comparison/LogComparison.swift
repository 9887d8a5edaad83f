import TransparencyLog

/// What a comparison of two logs, or of two copies of one, found.
public struct LogComparison: Sendable {
    public enum Verdict: String, Sendable {
        /// The same entries.
        case identical
        /// One is the beginning of the other.
        case prefix
        /// One log, two histories.
        case parted
        /// Not one log at all.
        case different
    }

    /// One side: a checkpoint, signed by the log.
    public struct Side: Sendable {
        /// As the caller named it.
        public var source: String
        public var note: SignedNote
        public var checkpoint: Checkpoint
        /// The log's keys that have signed it. Empty if that was not looked at, since the logs are different ones.
        public var signers: [NoteVerifier] = []
        /// What the policy says of it; `nil` without a policy.
        public var judgement: TrustJudgement?
    }

    /// Where two histories of one log part.
    public struct Parting: Sendable {
        /// The number of the first entry that differs.
        public var seq: UInt64
        /// That entry on either side, with its path to the root of that side's checkpoint. Both were verified.
        public var (a, b): (LogProof, LogProof)
        /// The first member in which the entries differ.
        public var difference: EntryDifference
    }

    public var verdict: Verdict
    public var (a, b): (Side, Side)
    /// For different logs: why they are.
    public var reason: String?
    /// `nil` unless the verdict is ``Verdict/parted``.
    public var parting: Parting?
    /// Whether the keys were known from elsewhere; otherwise they are the logs' own word.
    public var isPinned: Bool

    /// The keys that signed both checkpoints.
    public var commonKeys: [NoteVerifier] { a.signers.filter { b.signers.contains($0) } }
    /// By how many entries the longer side is ahead.
    public var lead: UInt64 {
        max(a.checkpoint.size, b.checkpoint.size) - min(a.checkpoint.size, b.checkpoint.size)
    }
}
