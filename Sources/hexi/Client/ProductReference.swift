import CommandLineInterface
import Encoding
import Exchange

/// A listed version of a product, with what a contract says of it.
struct ProductReference: Sendable, Hashable {
    let product: Identifier
    let version: Int64
    let provider: Identifier
    let title: String
    /// Minor units of the space's currency for each run of this version; `nil` where the node does not say.
    let pricePerRun: Int64?

    /// Looks a product up.
    ///
    /// - Parameters:
    ///   - text: `PRODUCT` for its latest version or `PRODUCT@VERSION`.
    ///   - name: the option it comes from, for errors.
    init(_ text: String, of name: String, _ client: NodeClient) async throws {
        let (product, version) = try Notation.product(text, of: name)
        let view = try await Self.view(of: product, client)
        do {
            let cursor = JSONCursor(view)
            let latest = try cursor.member("version").integer(in: 1...1_000_000)
            self.version = version ?? latest
            guard self.version <= latest else {
                throw ClientError.refused(
                    "the product \(product) has no version \(self.version); its latest is \(latest)", hint: "")
            }
            provider = try Identifier(try cursor.member("provider").string(maximumCount: 128), kind: .participant)
        } catch let error as ClientError {
            throw error
        } catch {
            throw ClientError.unexpectedAnswer(node: client.address.base, reason: "the product \(product): \(error)")
        }
        self.product = product
        title = view["title"].localised
        pricePerRun = Self.price(ofVersion: self.version, in: view)
    }

    /// The latest version's price is the view's own; an older one's stands in the list of versions.
    private static func price(ofVersion version: Int64, in view: JSONValue) -> Int64? {
        let isLatest = view["version"]?.integerValue == version
        let older = view.list("versions").first { $0["version"]?.integerValue == version }
        return (isLatest ? view : older)?["price"]?["perRun"]?.integerValue
    }

    static func view(of product: Identifier, _ client: NodeClient) async throws(ClientError) -> JSONValue {
        try await client.get(RequestTarget("\(ProductCommands.path)/\(product)"))
    }

    static func latestVersion(of product: Identifier, _ client: NodeClient) async throws(ClientError) -> Int64 {
        let view = try await view(of: product, client)
        // The version in force may be older than one that waits for its review.
        guard let version = view["versions"]?.integerValue ?? view["version"]?.integerValue, (1..<1_000_000).contains(version) else {
            throw .unexpectedAnswer(node: client.address.base, reason: "the product \(product) has no version")
        }
        return version
    }
}
