import Encoding

/// What one buyer has spent of one product in private mode, day by day, so that every version's own period can be added up.
public struct PrivacyLedger: Sendable, Hashable, Codable {
    public struct Day: Sendable, Hashable, Codable {
        /// Since 1 January 1970, UTC.
        public var day: Int64
        public var account: PrivacyAccount
    }

    /// In order, the days of the longest period that a product can have.
    public private(set) var days: [Day] = []

    public init() {}

    static let longestPeriod: Int64 = 3660

    mutating func add(_ cost: PrivacyCost, on day: Int64) {
        days.removeAll { $0.day <= day - Self.longestPeriod }
        if days.last?.day != day { days.append(Day(day: day, account: PrivacyAccount())) }
        days[days.count - 1].account.add(cost)
    }

    /// What was spent in the period of a day, so far.
    ///
    /// - Parameter periodDays: how long a period is, 1 to 3660 days, counted from 1 January 1970: the same for every contract,
    ///   so that a new one begins no new period.
    public func account(on day: Int64, periodDays: Int64) -> PrivacyAccount {
        let start = Self.periodStart(of: day, periodDays: periodDays)
        var sum = PrivacyAccount()
        for spent in days where spent.day >= start { sum.add(spent.account) }
        return sum
    }

    /// The first day of the period of a day.
    public static func periodStart(of day: Int64, periodDays: Int64) -> Int64 { day - day % max(1, periodDays) }
}

extension PrivateTerms {
    /// The whole budget of a period.
    public var budget: PrivacyBudget? { PrivacyBudget(epsilon: epsilon, deltaExponent: deltaExponent) }
}

extension ExchangeState {
    /// What a buyer has spent of a product in the period of a time.
    public func privacySpent(of product: Identifier, by buyer: Identifier, _ terms: PrivateTerms, at time: Timestamp) -> PrivacyAccount {
        runs.privacy[BuyerOfProduct(buyer: buyer, product: product)]?.account(on: time.day, periodDays: terms.periodDays)
            ?? PrivacyAccount()
    }

    /// Refuses a run that costs more than what is left of some product's budget. When the outcome is recorded this is asked
    /// again, in the one order that the ledger has: of two runs that would fit one by one and not together, the later is refused.
    func requireBudget(
        _ cost: PrivacyCost, _ listings: [(table: QueryTable, listing: ProductData)], buyer: Identifier, at time: Timestamp
    ) throws(Refusal) {
        for (table, listing) in listings {
            guard let terms = listing.privacy, let budget = terms.budget else { continue }
            let spent = privacySpent(of: table.product, by: buyer, terms, at: time)
            guard spent.fits(cost, in: budget) else {
                let left = spent.remainingEpsilon(in: budget, mechanism: cost.mechanism)
                let start = PrivacyLedger.periodStart(of: time.day, periodDays: terms.periodDays)
                let next = Timestamp(milliseconds: (start + terms.periodDays) * 86_400_000)
                throw Refusal(
                    .budgetExhausted,
                    "the run costs ε \(cost.epsilon) thousandths of the product \(table.product) (table \(table.name)); \(left) are left until \(next)")
            }
        }
    }

    mutating func spend(_ cost: PrivacyCost, of products: Set<Identifier>, by buyer: Identifier, at time: Timestamp) {
        for product in products {
            runs.privacy[BuyerOfProduct(buyer: buyer, product: product), default: PrivacyLedger()].add(cost, on: time.day)
        }
    }
}

extension PrivacyCost {
    /// As a submission states it.
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        let epsilon = try cursor.member("epsilon").integer(in: 1...100_000)
        let mechanism = try cursor.optionalMember("mechanism")?.oneOf(PrivacyMechanism.self) ?? .laplace
        guard let cost = PrivacyCost(epsilon: epsilon, mechanism: mechanism) else { throw cursor.mismatch("is no cost") }
        self = cost
    }

    var json: JSONValue {
        var object: JSONObject = ["epsilon": .integer(epsilon)]
        if mechanism != .laplace { object["mechanism"] = .string(mechanism.rawValue) }
        return .object(object)
    }

    /// As an entry records it.
    var spentJSON: JSONValue {
        ["epsilon": .integer(epsilon), "mechanism": .string(mechanism.rawValue), "rho": .integer(rho)]
    }

    init(spent cursor: JSONCursor) throws(JSONMismatch) {
        try self.init(cursor)
        guard try cursor.member("rho").integer() == rho else {
            throw try cursor.member("rho").mismatch("must be \(rho) for this ε")
        }
    }
}
