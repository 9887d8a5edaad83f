import Encoding

/// One run, as usage reports need it.
public struct RunRecord: Sendable, Hashable {
    public var identifier: String
    /// Number of the ledger entry.
    public var seq: UInt64
    public var time: Timestamp
    public var buyer: String
    /// The providers whose products the run used, or would have used.
    public var providers: [String]
    public var query: String
    public var contracts: [String]
    /// For example `completed` or `refused`.
    public var outcome: String
    /// Why it was refused or failed.
    public var reason: String?
    /// Rows of the result.
    public var rows: Int64?
    public var charges: [RunCharge]
    /// SHA-256 of the result, in hexadecimal, and until when it may be kept.
    public var result: String?
    public var resultExpires: Timestamp?

    public init(
        identifier: String, seq: UInt64, time: Timestamp, buyer: String, providers: [String], query: String,
        contracts: [String], outcome: String, reason: String? = nil, rows: Int64? = nil, charges: [RunCharge] = [],
        result: String? = nil, resultExpires: Timestamp? = nil
    ) {
        self.identifier = identifier
        self.seq = seq
        self.time = time
        self.buyer = buyer
        self.providers = providers
        self.query = query
        self.contracts = contracts
        self.outcome = outcome
        self.reason = reason
        self.rows = rows
        self.charges = charges
        self.result = result
        self.resultExpires = resultExpires
    }
}

/// Money that one run moves.
public struct RunCharge: Sendable, Hashable {
    public var payer: String
    public var payee: String
    public var contract: String
    /// In the currency's minor unit (fen).
    public var amount: Int64

    public init(payer: String, payee: String, contract: String, amount: Int64) {
        self.payer = payer
        self.payee = payee
        self.contract = contract
        self.amount = amount
    }
}

/// Which runs to list. Every condition that is given must hold.
public struct RunFilter: Sendable, Hashable {
    /// Buyer, provider, payer or payee.
    public var party: String?
    public var contract: String?
    public var query: String?
    /// One run by its identifier.
    public var identifier: String?
    /// At or after this time.
    public var from: Timestamp?
    /// Before this time.
    public var to: Timestamp?
    /// How many runs a page may have, 1 to 200.
    public var limit: Int
    public var cursor: String?

    public init(
        party: String? = nil, contract: String? = nil, query: String? = nil, identifier: String? = nil,
        from: Timestamp? = nil, to: Timestamp? = nil, limit: Int = 50, cursor: String? = nil
    ) {
        self.party = party
        self.contract = contract
        self.query = query
        self.identifier = identifier
        self.from = from
        self.to = to
        self.limit = limit
        self.cursor = cursor
    }
}

/// Runs, the latest first.
public struct RunPage: Sendable, Hashable {
    public var runs: [RunRecord]
    public var nextCursor: String?
}

/// What one party paid and earned in a stretch of time.
public struct UsageReport: Sendable, Hashable {
    /// The sum towards, or from, one counterparty under one contract.
    public struct Line: Sendable, Hashable {
        /// `true` where the party paid, `false` where it earned.
        public var isPayer: Bool
        public var counterparty: String
        public var contract: String
        /// Runs with a charge on this line.
        public var runs: Int
        /// In the currency's minor unit (fen).
        public var amount: Int64
    }

    public var party: String
    /// Payments first, each group by counterparty and contract.
    public var lines: [Line]
    /// How many runs the party took part in, by outcome, sorted by outcome.
    public var runs: [Outcome]

    public struct Outcome: Sendable, Hashable {
        public var outcome: String
        public var count: Int
    }
}
