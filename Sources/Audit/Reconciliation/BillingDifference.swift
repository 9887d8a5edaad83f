import Encoding
import Exchange

/// Where an entry and the bill recomputed from the ledger's own contents disagree.
public struct BillingDifference: Sendable, Hashable, CustomStringConvertible {
    /// What does not hold.
    public enum Rule: String, Sendable, CaseIterable {
        /// Who signed, and whether that participant was registered and active.
        case signer
        /// The query was approved by every provider of its tables, and neither refused nor revoked.
        case query
        /// The product and its version were listed, its snapshot was used, its provider was active.
        case product
        /// A contract that covers the table was signed by every party, in its time, and not ended.
        case contract
        /// The contract's number of runs.
        case runLimit = "run-limit"
        /// The contract's price is the one listed.
        case price
        /// The charges themselves.
        case charges
        /// One signed request is charged once, and soon after it was signed.
        case replay
        /// A run uses a task that its buyer had minted for just that run, once and in time.
        case task
        /// What runs in private mode spend of a product's budget.
        case budget
    }

    public var rule: Rule
    public var seq: UInt64
    public var subject: String
    /// What the entry says.
    public var says: String
    /// What it should say, by the entries before it.
    public var should: String
    /// The participants and contracts that it concerns.
    public var concerns: Set<Identifier>

    public var description: String {
        "entry \(seq) (\(subject)), \(rule.rawValue): it says \(says); by the entries before it, \(should)"
    }
}

/// A charge as it stands in an entry's body or as it is recomputed. Amounts are in minor units.
struct BilledCharge: Hashable, Comparable, CustomStringConvertible {
    var contract: String
    var product: String
    var payer: String
    var payee: String
    var amount: Int64

    var description: String { "\(amount) for \(product) by \(payer) to \(payee) under \(contract)" }

    private var order: [String] { [contract, product, payer, payee] }

    static func < (left: BilledCharge, right: BilledCharge) -> Bool {
        left.order == right.order ? left.amount < right.amount : left.order.lexicographicallyPrecedes(right.order)
    }

    /// The charges in a body, read member by member; `nil` where one of them is not of this form.
    static func recorded(in body: JSONObject) -> [BilledCharge]? {
        guard let member = body["charges"] else { return [] }
        guard let list = member.arrayValue else { return nil }
        var charges: [BilledCharge] = []
        for value in list {
            guard let contract = value["contract"]?.stringValue, let product = value["product"]?.stringValue,
                let payer = value["payer"]?.stringValue, let payee = value["payee"]?.stringValue,
                let amount = value["amount"]?.integerValue
            else { return nil }
            charges.append(BilledCharge(contract: contract, product: product, payer: payer, payee: payee, amount: amount))
        }
        return charges
    }

    static func inWords(_ charges: [BilledCharge]) -> String {
        charges.isEmpty ? "no charge" : charges.map(\.description).joined(separator: ", ")
    }
}
