/// What is wrong with a ledger: the first thing found, by the order of the entries.
public struct AuditProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Which check failed.
    public enum Check: String, Sendable, CaseIterable {
        /// The first sixteen bytes of the journal.
        case header
        /// A frame's length or checksum, or the division of its payload into entries.
        case frame
        /// `prev` and `seq`.
        case chain
        /// The form of an entry or of the statement in it.
        case entry
        case signature
        /// The rules of exchange, by replay.
        case rules
        /// The form, the origin or the signature of the checkpoint.
        case checkpoint
        /// The number of entries or the tree's root against the checkpoint.
        case root
        /// The checkpoint covers fewer entries than one that an earlier audit came to trust.
        case shrunk
        /// The log has signed a history that is not the continuation of the one that an earlier audit came to trust.
        case forked
        /// The policy asks for more cosignatures by witnesses than the checkpoint bears. No sign of tampering.
        case quorum
        /// The form of an evidence bundle, or its manifest: it was changed since it was made.
        case bundle
    }

    public var check: Check
    /// The number of the first bad entry, where one can be named.
    public var seq: UInt64?
    /// Where in the journal, in bytes from its start: the entry's first byte, or the frame's.
    public var offset: UInt64?
    /// The entry's type and subject as they can be read; not to be trusted.
    public var type: String?
    public var subject: String?
    /// One sentence without its full stop: what is wrong, and where it helps what would be right.
    public var reason: String

    public init(
        _ check: Check, seq: UInt64? = nil, offset: UInt64? = nil, type: String? = nil, subject: String? = nil,
        reason: String
    ) {
        self.check = check
        self.seq = seq
        self.offset = offset
        self.type = type
        self.subject = subject
        self.reason = reason
    }

    /// `entry 7 (run.completed, 86.gs.qingyang/X…), at byte 5120 of the journal: …`
    public var description: String {
        var place = seq.map { "entry \($0)" } ?? Self.place(of: check)
        let names = [type, subject].compactMap { $0 }.joined(separator: ", ")
        if !names.isEmpty { place += " (\(names))" }
        if let offset { place += seq == nil ? ", at byte \(offset)" : ", at byte \(offset) of the journal" }
        return "\(place): \(reason)"
    }

    private static func place(of check: Check) -> String {
        switch check {
        case .checkpoint, .quorum: "the checkpoint"
        case .shrunk, .forked: "the log"
        case .bundle: "the evidence bundle"
        case .header, .frame: "the journal"
        default: "the ledger"
        }
    }

    /// The same problem with the type and subject that the entry's bytes show.
    func naming(_ entry: [UInt8]) -> AuditProblem {
        var problem = self
        let glimpse = EntryGlimpse(entry)
        problem.type = glimpse.type
        problem.subject = glimpse.subject
        return problem
    }
}
