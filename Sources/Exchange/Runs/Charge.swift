import Encoding

/// What one run of one product costs, in minor units of the space's currency.
public struct Charge: Sendable, Hashable, Codable {
    public var contract: Identifier
    public var product: Identifier
    public var payer: Identifier
    public var payee: Identifier
    public var amount: Int64

    public var json: JSONValue {
        [
            "contract": .string(contract.text), "product": .string(product.text), "payer": .string(payer.text),
            "payee": .string(payee.text), "amount": .integer(amount),
        ]
    }
}

extension Charge {
    /// Reads a charge from the body of a completed run.
    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        contract = try cursor.member("contract").identifier(.contract)
        product = try cursor.member("product").identifier(.product)
        payer = try cursor.member("payer").identifier(.participant)
        payee = try cursor.member("payee").identifier(.participant)
        amount = try cursor.member("amount").integer(in: 0...Int64.max)
    }
}
