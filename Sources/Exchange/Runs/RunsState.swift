import Encoding

/// What is counted for a buyer and a product together.
public struct BuyerOfProduct: Sendable, Hashable, Codable {
    public var buyer: Identifier
    public var product: Identifier

    public init(buyer: Identifier, product: Identifier) {
        self.buyer = buyer
        self.product = product
    }
}

/// The result of a completed run, which the node keeps.
public struct KeptResult: Sendable, Hashable, Codable {
    /// The entry that recorded the run.
    public var seq: UInt64
    public var buyer: Identifier
    /// From when on it is to be destroyed.
    public var keptUntil: Timestamp
}

/// What runs leave behind that later decisions rest on.
public struct RunsState: Sendable, Hashable, Codable {
    /// The open tasks, and those that were used, cancelled or have expired a short while ago.
    public internal(set) var tasks: [Identifier: RunTask] = [:]
    /// Whether a run needs a task: from the first task on that was minted in the space. A ledger that is older than tasks has
    /// runs without any, and stays as sound as it was.
    var requiresTasks = false
    /// The tasks of each buyer that have neither been used nor cancelled.
    var openTasks: [Identifier: Set<Identifier>] = [:]
    /// The results that are kept, by run.
    public internal(set) var results: [Identifier: KeptResult] = [:]
    /// The results that were destroyed a short while ago.
    var destroyed: [Identifier: Destruction] = [:]
    /// The runs that later ones are held against.
    var history: [HistoryKey: [EarlierRun]] = [:]
    /// What buyers have spent in private mode.
    public internal(set) var privacy: [BuyerOfProduct: PrivacyLedger] = [:]
    /// How often a buyer has asked about subjects of a product on the last day on which it did.
    var matches: [BuyerOfProduct: DayCount] = [:]
    public internal(set) var artefacts: [ArtefactKey: HeldArtefact] = [:]
    /// The consents in force, and those that ended or whose time was over a short while ago.
    public internal(set) var consents: [ConsentKey: Consent] = [:]
    /// Before this nothing is looked through for what can be forgotten.
    private var nextSweep = Timestamp(milliseconds: 0)

    struct Destruction: Sendable, Hashable, Codable {
        var mark: Mark
        var at: Timestamp
    }

    struct DayCount: Sendable, Hashable, Codable {
        var day: Int64
        var count: Int64
    }

    public init() {}

    /// For how long what is over is remembered: as long as a statement about it may still arrive.
    static let remembrance = ExchangeState.maximumRunAge + ExchangeState.maximumStatementLead

    /// Forgets what is over, once an hour, so that all is not looked through for each entry.
    mutating func forget(at time: Timestamp) {
        guard time >= nextSweep else { return }
        nextSweep = time.advanced(byMilliseconds: 3_600_000)
        let limit = time.advanced(byMilliseconds: -Self.remembrance)
        for (identifier, task) in tasks where (task.closedAt ?? task.expiresAt) < limit {
            tasks[identifier] = nil
            openTasks[task.buyer]?.remove(identifier)
            if openTasks[task.buyer]?.isEmpty == true { openTasks[task.buyer] = nil }
        }
        destroyed = destroyed.filter { $0.value.at >= limit }
        consents = consents.filter { max($0.value.validUntil, $0.value.changedAt) >= limit }
    }
}

extension Timestamp {
    /// Days since 1 January 1970, UTC.
    var day: Int64 { Int64(floorDividing: milliseconds, by: 86_400_000) }
}

extension Int64 {
    fileprivate init(floorDividing number: Int64, by divisor: Int64) {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        self = remainder < 0 ? quotient - 1 : quotient
    }
}
