import Encoding

public enum ProductVerdict: String, Sendable, CaseIterable, Codable { case approve, refuse }

/// The operator's word on the content of a version that waits for it.
public struct ProductReview: Sendable, Hashable {
    public var product: Identifier
    public var version: Int64
    public var verdict: ProductVerdict
    public var reason: String

    public init(product: Identifier, version: Int64, verdict: ProductVerdict, reason: String) {
        self.product = product
        self.version = version
        self.verdict = verdict
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        product = try cursor.member("product").identifier(.product)
        version = try cursor.member("version").integer(in: 1...1_000_000)
        verdict = try cursor.member("verdict").oneOf(ProductVerdict.self)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
        if verdict == .refuse, reason.isEmpty {
            throw try cursor.member("reason").mismatch("a refusal says why, so that the provider can put it right")
        }
    }

    var members: [(String, JSONValue?)] {
        [
            ("product", .string(product.text)), ("version", .integer(version)), ("verdict", .string(verdict.rawValue)),
            ("reason", .string(reason)),
        ]
    }
}
