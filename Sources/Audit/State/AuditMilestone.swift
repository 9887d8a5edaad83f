import Encoding
import Exchange

/// How far an audit has come: everything it needs to go on from there without the entries before.
struct AuditMilestone: Sendable, Hashable, Codable {
    var position: WalkPosition
    var state: ExchangeState
    var counts: AuditCounts
    var firstTime: Timestamp?

    /// How many entries it covers.
    var size: UInt64 { position.count }
}

/// What audits of one log have found out so far, kept in a file between them.
struct TrustedState: Sendable, Codable {
    /// A milestone at which the root was the one of a checkpoint that satisfied the auditor.
    struct Tied: Sendable, Codable {
        var milestone: AuditMilestone
        /// The signed checkpoint as it was read.
        var checkpoint: String
        /// On whose word it was accepted, for people who look into the file.
        var basis: TrustBasis
    }

    /// The log's name; a state is of use for no other.
    var origin: String
    var tied: Tied?
    /// An audit that was interrupted, or whose checkpoint had too few cosignatures: its entries follow the rules and each
    /// other, but no accepted checkpoint speaks for them yet.
    var unfinished: AuditMilestone?

    /// What a later checkpoint must be a continuation of.
    var trustedTree: TrustedTree? {
        tied.map { TrustedTree(frontier: $0.milestone.position.frontier, note: Array($0.checkpoint.utf8)) }
    }

    /// Where an audit up to so many entries can go on from.
    func start(size: UInt64) -> AuditMilestone? {
        [unfinished, tied?.milestone].compactMap { $0 }.filter { $0.size <= size }.max { $0.size < $1.size }
    }
}

/// What a checkpoint was accepted on.
struct TrustBasis: Sendable, Hashable, Codable {
    /// Keys known from elsewhere; if empty, those of the ledger's own charter were taken.
    var pinnedKeys: [String]
    /// The verifier keys whose signatures were verified.
    var signers: [String]
    /// The witnesses whose cosignatures were verified, where a policy names any.
    var witnesses: [String]
}
