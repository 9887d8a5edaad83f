import Contracts
import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Signing
import Testing

@Suite("Digital-contract template")
struct TemplateTests {
    private static func template() throws -> String {
        let file = ContractSchemasTests.folder.appendingPathComponent("templates/data-query-contract.json")
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// What each placeholder is filled with; numbers take the place of the quotation marks too.
    private static func values(_ market: Market) throws -> [(name: String, json: JSONValue)] {
        let now = market.fixture.time
        return [
            ("space", .string(ExchangeFixture.prefix)), ("now", .string(now.description)), ("nonce", "0123456789abcdef"),
            ("buyer", .string(market.insurer.identifier.text)), ("provider", .string(market.airport.identifier.text)),
            ("product", .string(market.flights.text)), ("version", 1), ("price", .integer(Market.flightsPrice)),
            ("purpose", "risk-assessment"), ("from", .string(now.description)),
            ("until", .string(now.advanced(byMilliseconds: 86_400_000).description)), ("runs", 12), ("days", 7),
        ]
    }

    private static func fill(_ template: String, _ values: [(name: String, json: JSONValue)]) throws -> String {
        var text = template
        for (name, json) in values {
            let start = try #require(text.range(of: "\"<\(name):"), "no placeholder \(name)")
            let end = try #require(text[start.upperBound...].range(of: ">\""))
            text.replaceSubrange(start.lowerBound..<end.upperBound, with: json.serializedString())
        }
        return text
    }

    private static func sign(_ text: String, by key: SigningKey) throws -> SignedStatement {
        let jws = GeneralJWS.sign(payload: Array(text.utf8), type: StatementKind.contract.mediaType, key: key)
        return try SignedStatement(jws.json)
    }

    @Test("once filled in and signed by both parties, is a contract in force")
    func filled() throws {
        var market = try Market()
        let text = try Self.fill(try Self.template(), try Self.values(market))
        #expect(!text.contains("<"))
        let offer = try Self.sign(text, by: market.insurer.key)
        try market.fixture.submit(offer)
        try market.fixture.submit(try offer.signedAlso(by: market.airport.key))
        let contract = try #require(market.fixture.state.contracts[offer.identifier(.contract)])
        #expect(contract.isInForce(at: market.fixture.time))
        #expect(contract.terms.maximumRuns == 12)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("of a listing shows every member that any space takes, and can be listed")
    func listing() throws {
        let file = ContractSchemasTests.folder.appendingPathComponent("templates/product-listing.json")
        let document = try JSONValue.parse(Array(try Data(contentsOf: file)))
        var market = try Market()
        var members: [(String, JSONValue?)] = [("provider", .string(market.airport.identifier.text))]
        members += try #require(document.objectValue).members.map { ($0.name, $0.value) }
        let header = StatementHeader(
            kind: .productListing, space: ExchangeFixture.prefix, issuedAt: market.fixture.time, nonce: "0123456789abcdef")
        let jws = JWS.sign(
            payload: header.document(members).serialized(), type: StatementKind.productListing.mediaType, key: market.airport.key)
        #expect(try market.fixture.submit(try SignedStatement(.string(jws))).type == .productListed)
        let schema = try #require(ContractSchemas.statementSources.first { $0.0 == "product-listing" })
        let known = try #require(try JSONValue.parse(schema.1)["properties"]?.objectValue?.names)
        let shown = Set(members.map(\.0))
        let others: Set = ["kind", "space", "issuedAt", "nonce", "acceptUntil", "product", "extensions", "rights"]
        #expect(Set(known) == shown.union(others))
    }

    @Test("with any placeholder left in it is refused, with the place")
    func unfilled() throws {
        let market = try Market()
        let values = try Self.values(market)
        for left in values.indices {
            var some = values
            some.remove(at: left)
            let text = try Self.fill(try Self.template(), some)
            do {
                _ = try Self.sign(text, by: market.insurer.key)
                Issue.record("accepted without \(values[left].name)")
            } catch let error as StatementError {
                #expect(error.pointer?.isEmpty == false, "\(values[left].name): \(error)")
            }
        }
    }
}
