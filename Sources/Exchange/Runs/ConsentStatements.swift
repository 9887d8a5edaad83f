import Encoding

/// A provider's word that a subject of one of its products has consented to a buyer's asking about it.
///
/// The subject is named by a token, a keyed hash that only the provider's node can make and resolve: a ledger is public and never
/// forgets, so nothing on it may name a person.
public struct SubjectConsent: Sendable, Hashable {
    public var product: Identifier
    public var buyer: Identifier
    /// 64 lower-case hexadecimal digits.
    public var token: String
    public var validFrom: Timestamp
    public var validUntil: Timestamp

    public init(product: Identifier, buyer: Identifier, token: String, validFrom: Timestamp, validUntil: Timestamp) {
        self.product = product
        self.buyer = buyer
        self.token = token
        self.validFrom = validFrom
        self.validUntil = validUntil
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        product = try cursor.member("product").identifier(.product)
        buyer = try cursor.member("buyer").identifier(.participant)
        token = try cursor.member("token").hexadecimalDigest()
        validFrom = try cursor.member("validFrom").timestamp()
        validUntil = try cursor.member("validUntil").timestamp()
        if validUntil <= validFrom { throw try cursor.member("validUntil").mismatch("must be later than validFrom") }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("product", .string(product.text)), ("buyer", .string(buyer.text)), ("token", .string(token)),
            ("validFrom", .string(validFrom.description)), ("validUntil", .string(validUntil.description)),
        ]
    }
}

/// A provider's word that such a consent has ended: at once and for good, until another is given.
public struct SubjectConsentEnd: Sendable, Hashable {
    public var product: Identifier
    public var buyer: Identifier
    public var token: String

    public init(product: Identifier, buyer: Identifier, token: String) {
        self.product = product
        self.buyer = buyer
        self.token = token
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        product = try cursor.member("product").identifier(.product)
        buyer = try cursor.member("buyer").identifier(.participant)
        token = try cursor.member("token").hexadecimalDigest()
    }

    public var members: [(String, JSONValue?)] {
        [("product", .string(product.text)), ("buyer", .string(buyer.text)), ("token", .string(token))]
    }
}
