import Encoding
import Exchange

/// Chooses the contracts that a run is charged to.
struct ContractChoice: Sendable, Hashable {
    let contracts: [Identifier]
    /// What the run will cost if it completes, in minor units; `nil` where a contract was named that is not among those
    /// that can be charged.
    let cost: Int64?

    /// A contract as `GET /api/v1/contracts` describes it, as far as the choice needs it.
    struct Candidate: Sendable, Hashable {
        let identifier: Identifier
        let prices: [TableProduct: Int64]
        let runsLeft: Int64

        init(_ cursor: JSONCursor) throws {
            identifier = try Identifier(try cursor.member("identifier").string(maximumCount: 128), kind: .contract)
            let terms = try cursor.member("terms")
            let maximum = try terms.member("maximumRuns").integer(in: 1...Int64.max)
            runsLeft = maximum - (try cursor.member("completedRuns").integer(in: 0...Int64.max))
            var prices: [TableProduct: Int64] = [:]
            for element in try terms.member("products").array() {
                let product = try Identifier(try element.member("product").string(maximumCount: 128), kind: .product)
                let version = try element.member("version").integer(in: 1...1_000_000)
                prices[TableProduct(product: product, version: version)] = try element.member("pricePerRun")
                    .integer(in: 0...Int64.max)
            }
            self.prices = prices
        }
    }

    struct TableProduct: Sendable, Hashable {
        let product: Identifier
        let version: Int64
    }

    private init(contracts: [Identifier], cost: Int64?) {
        self.contracts = contracts
        self.cost = cost
    }

    /// The fewest contracts found by taking, table by table, one chosen already or else the first that covers it.
    ///
    /// - Parameter candidates: the buyer's contracts in force.
    init(covering tables: [QueryTable], from candidates: [Candidate]) throws(ClientError) {
        var chosen: [Candidate] = []
        var prices: [TableProduct: Int64] = [:]
        for table in tables {
            let key = TableProduct(product: table.product, version: table.version)
            let usable = candidates.filter { $0.prices[key] != nil && $0.runsLeft > 0 }
            guard let contract = usable.first(where: chosen.contains) ?? usable.first else {
                let isExhausted = candidates.contains { $0.prices[key] != nil }
                throw .refused(
                    isExhausted
                        ? "every contract of yours that covers the table \(table.name) has used all its runs"
                        : "no contract of yours in force covers the table \(table.name) (\(table.product) version \(table.version))",
                    hint: "Offer one with: hexi contract offer --product \(table.product)@\(table.version) …")
            }
            if !chosen.contains(contract) { chosen.append(contract) }
            // A product read under two names is paid for once.
            prices[key] = prices[key] ?? contract.prices[key]
        }
        contracts = chosen.map(\.identifier)
        cost = Self.sum(prices.values)
    }

    /// Contracts that the user names.
    init(named contracts: [Identifier]) { self.init(contracts: contracts, cost: nil) }

    private static func sum(_ amounts: some Collection<Int64>) -> Int64? {
        var sum: Int64 = 0
        for amount in amounts {
            let (total, overflow) = sum.addingReportingOverflow(amount)
            if overflow { return nil }
            sum = total
        }
        return sum
    }
}
