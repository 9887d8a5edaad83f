import Encoding
import Signing

/// The closed list of purposes that a contract can limit use to.
public enum Purpose: String, Sendable, CaseIterable, Codable {
    case conservation, research, news
    case publicCulture = "public-culture"
    case publicService = "public-service"
    case riskAssessment = "risk-assessment"
    case commercialDevelopment = "commercial-development"
    case personalStudy = "personal-study"
}

/// One product that a contract covers, at the price listed when it was offered.
public struct ContractProduct: Sendable, Hashable, Codable {
    public var product: Identifier
    public var version: Int64
    public var pricePerRun: Int64

    public init(product: Identifier, version: Int64, pricePerRun: Int64) {
        self.product = product
        self.version = version
        self.pricePerRun = pricePerRun
    }
}

/// The terms of a digital contract, the same bytes for every signer.
public struct ContractTerms: Sendable, Hashable, Codable {
    public var buyer: Identifier
    public var providers: [Identifier]
    public var products: [ContractProduct]
    public var purpose: Purpose
    public var validFrom: Timestamp
    public var validUntil: Timestamp
    public var maximumRuns: Int64
    /// Days that results are kept for the buyer before they are destroyed.
    public var resultRetentionDays: Int64

    public init(
        buyer: Identifier, providers: [Identifier], products: [ContractProduct], purpose: Purpose, validFrom: Timestamp,
        validUntil: Timestamp, maximumRuns: Int64, resultRetentionDays: Int64
    ) {
        self.buyer = buyer
        self.providers = providers
        self.products = products
        self.purpose = purpose
        self.validFrom = validFrom
        self.validUntil = validUntil
        self.maximumRuns = maximumRuns
        self.resultRetentionDays = resultRetentionDays
    }

    public var parties: [Identifier] { [buyer] + providers }

    /// With the buyer, no more parties than one JWS takes signatures.
    static let maximumProviderCount = GeneralJWS.maximumSignatureCount - 1

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        buyer = try cursor.member("buyer").identifier(.participant)
        var providers: [Identifier] = []
        for element in try cursor.member("providers").array(minimumCount: 1, maximumCount: Self.maximumProviderCount) {
            let provider = try element.identifier(.participant)
            if provider == buyer || providers.contains(provider) { throw element.mismatch("names a party twice") }
            providers.append(provider)
        }
        self.providers = providers
        var products: [ContractProduct] = []
        for element in try cursor.member("products").array(minimumCount: 1, maximumCount: 32) {
            let product = ContractProduct(
                product: try element.member("product").identifier(.product),
                version: try element.member("version").integer(in: 1...1_000_000),
                pricePerRun: try element.member("pricePerRun").integer(in: 0...1_000_000_000_000))
            if products.contains(where: { $0.product == product.product && $0.version == product.version }) {
                throw element.mismatch("names a product's version twice")
            }
            products.append(product)
        }
        self.products = products
        purpose = try cursor.member("purpose").oneOf(Purpose.self)
        validFrom = try cursor.member("validFrom").timestamp()
        validUntil = try cursor.member("validUntil").timestamp()
        if validUntil <= validFrom { throw try cursor.member("validUntil").mismatch("must be later than validFrom") }
        maximumRuns = try cursor.member("maximumRuns").integer(in: 1...1_000_000_000)
        resultRetentionDays = try cursor.member("resultRetentionDays").integer(in: 0...3650)
    }

    public var members: [(String, JSONValue?)] {
        let productValues = products.map { product -> JSONValue in
            [
                "product": .string(product.product.text), "version": .integer(product.version),
                "pricePerRun": .integer(product.pricePerRun),
            ]
        }
        return [
            ("buyer", .string(buyer.text)), ("providers", .array(providers.map { .string($0.text) })),
            ("products", .array(productValues)), ("purpose", .string(purpose.rawValue)),
            ("validFrom", .string(validFrom.description)), ("validUntil", .string(validUntil.description)),
            ("maximumRuns", .integer(maximumRuns)), ("resultRetentionDays", .integer(resultRetentionDays)),
        ]
    }
}

public struct ContractTermination: Sendable, Hashable {
    public var contract: Identifier
    public var reason: String

    public init(contract: Identifier, reason: String) {
        self.contract = contract
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        contract = try cursor.member("contract").identifier(.contract)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [("contract", .string(contract.text)), ("reason", .string(reason))]
    }
}
