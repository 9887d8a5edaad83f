import Encoding
import Signing

/// When, and by which entry, something last changed by a statement. It makes replays and retries recognisable.
public struct Mark: Sendable, Hashable, Codable {
    /// SHA-256 of the statement's payload, in hexadecimal.
    public var statement: String
    public var seq: UInt64
    public var issuedAt: Timestamp

    public init(statement: String, seq: UInt64, issuedAt: Timestamp) {
        self.statement = statement
        self.seq = seq
        self.issuedAt = issuedAt
    }
}

public struct Space: Sendable, Hashable, Codable {
    public var prefix: String
    public var name: [String: String]
    public var origin: String
    /// The verifier keys (C2SP signed-note) in force for the ledger's checkpoints.
    public var logKeys: [String]
    /// How the keys came to be these, from the charter's on.
    public var logKeyChanges: [LogKeyChange] = []
    public var currency: String
    public var operatorKey: VerificationKey
    /// The keys with which the node itself speaks: for credentials, quality reports and alarms.
    public var nodeKeys: [VerificationKey] = []
    public var foundedAt: Timestamp
    public var policy = SpacePolicy()
    /// By which statement the policy was set last; `nil` while it is a new space's.
    public var policySet: Mark?

    public var operatorKeyIdentifier: String { operatorKey.keyIdentifier }
    /// The operator's public key, 32 bytes.
    public var operatorKeyBytes: [UInt8] { operatorKey.bytes }
}

/// One change of the keys that sign the ledger's checkpoints; every key in force after it has signed its handover.
public struct LogKeyChange: Sendable, Hashable, Codable {
    public var mark: Mark
    /// The verifier keys in force until then; those after it are the next change's, or the space's own.
    public var before: [String]
}

extension Space {
    /// The keys that were in force and have been dropped; none of them comes back.
    public var retiredLogKeys: [String] {
        var retired: [String] = []
        for key in logKeyChanges.flatMap(\.before) where !logKeys.contains(key) && !retired.contains(key) { retired.append(key) }
        return retired
    }

    /// The verifier keys in force after the first so many entries, at least one.
    public func logKeys(atSize size: UInt64) -> [String] {
        logKeyChanges.first { $0.mark.seq >= size }?.before ?? logKeys
    }
}

public enum ParticipantStatus: String, Sendable, Codable, CaseIterable {
    case applied, checked, returned, active, refused, suspended, revoked
}

public struct Participant: Sendable, Hashable, Codable {
    public var identifier: Identifier
    public var name: String
    public var type: ParticipantType
    public var country: String
    public var creditCode: String?
    public var level: GovernmentLevel?
    public var roles: [Role]
    /// The keys of its own that count now, without those of its staff.
    public var keyIdentifiers: [String]
    public var status: ParticipantStatus
    /// 1 to 4.
    public var assurance: Int64 = Assurance.lowest
    public var created: Mark
    public var decided: Mark?
    /// The decision that registered it, from which its credential is valid.
    public var approved: Mark?
    public var reviewed: Mark?
    /// The operators' keys that signed the review.
    public var reviewers: [String] = []
    public var keysChanged: Mark?
}

public enum ContractStatus: String, Sendable, Codable, CaseIterable { case offered, active, ended }

public struct Contract: Sendable, Hashable, Codable {
    public var identifier: Identifier
    public var terms: ContractTerms
    public var signers: [Identifier]
    /// The entry that recorded each signer's signature, in the order of `signers`.
    public var signatureEntries: [UInt64]
    public var status: ContractStatus
    public var created: Mark
    public var changed: Mark
    public var completedRuns: Int64
    /// What the buyer owes under this contract so far, by provider, in minor units.
    public var charged: [Identifier: Int64]

    /// Whether it is signed by all, not ended, and within its time.
    public func isInForce(at time: Timestamp) -> Bool {
        status == .active && time >= terms.validFrom && time <= terms.validUntil
    }
}

public enum QueryStatus: String, Sendable, Codable, CaseIterable { case submitted, approved, refused, revoked }

public struct Query: Sendable, Hashable, Codable {
    public var identifier: Identifier
    public var submission: QuerySubmission
    public var status: QueryStatus
    /// SHA-256 of the rewritten syntax tree that the check accepted; empty for a query it refused.
    public var policy: String
    /// Each provider whose word is needed, with its last decision.
    public var decisions: [Identifier: ProviderDecision]
    public var created: Mark

    public struct ProviderDecision: Sendable, Hashable, Codable {
        public var verdict: QueryVerdict?
        public var mark: Mark?
    }
}

/// Everything that the rules need to decide, and no more: history is the ledger's and the index's.
///
/// It is a function of the ledger's entries alone.
public struct ExchangeState: Sendable, Hashable, Codable {
    public var space: Space?
    /// The number of entries applied, which is the next entry's number.
    public var size: UInt64 = 0
    /// The time of the last entry; entries never go back in time.
    public var time = Timestamp(milliseconds: 0)
    public var participants: [Identifier: Participant] = [:]
    public var keys: [String: KeyOwner] = [:]
    public var creditCodes: [String: Identifier] = [:]
    public var identity = IdentityState()
    public var products: [Identifier: Product] = [:]
    public var catalogue = CatalogueState()
    public var rights = RightsState()
    public var contracts: [Identifier: Contract] = [:]
    public var queries: [Identifier: Query] = [:]
    public var runs = RunsState()
    /// Runs of the last minutes, so that a run request cannot be replayed while it is fresh.
    public var recentRuns = RecentRuns()
    /// Statements that may be recorded for longer than those minutes, so that none is recorded twice.
    public var lastingStatements = LastingStatements()

    public struct KeyOwner: Sendable, Hashable, Codable {
        public var participant: Identifier
        /// Kept whole, since to check a point of the curve anew takes as long as to verify a signature.
        public var key: VerificationKey
        /// The public key, 32 bytes.
        public var bytes: [UInt8] { key.bytes }
    }

    public init() {}

    /// The key of an identifier, of whoever it is or was: whether it still counts is for the rules to say.
    public func verificationKey(_ identifier: String) -> VerificationKey? {
        if let owner = keys[identifier] { return owner.key }
        if let space, space.operatorKeyIdentifier == identifier { return space.operatorKey }
        return identity.verificationKey(identifier) ?? space?.nodeKeys.first { $0.keyIdentifier == identifier }
    }
}

/// The runs whose requests are still fresh enough to be replayed, by identifier, forgotten in order of time.
public struct RecentRuns: Sendable, Hashable, Codable {
    public struct Item: Sendable, Hashable, Codable {
        public var run: Identifier
        public var seq: UInt64
        public var time: Timestamp
    }

    private var queue: [Item] = []
    private var head = 0
    private var sequence: [Identifier: UInt64] = [:]

    /// The entry that recorded the run, if it is recent.
    public subscript(run: Identifier) -> UInt64? { sequence[run] }
    public var count: Int { sequence.count }

    mutating func insert(_ run: Identifier, seq: UInt64, time: Timestamp) {
        queue.append(Item(run: run, seq: seq, time: time))
        sequence[run] = seq
    }

    mutating func forget(before time: Timestamp) {
        while head < queue.count, queue[head].time < time {
            sequence[queue[head].run] = nil
            head += 1
        }
        // Moving the rest only when half is spent makes the cost of forgetting constant for each run.
        if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
    }

    // Equal contents are equal whatever has been forgotten before them.
    public static func == (left: RecentRuns, right: RecentRuns) -> Bool {
        left.queue[left.head...] == right.queue[right.head...]
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(sequence.count) }

    public init() {}

    public init(from decoder: any Decoder) throws {
        queue = try decoder.singleValueContainer().decode([Item].self)
        for item in queue { sequence[item.run] = item.seq }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Array(queue[head...]))
    }
}
