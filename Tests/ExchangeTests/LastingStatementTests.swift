import Encoding
import ExchangeTestKit
import Signing
import Testing

@testable import Exchange

/// Statements that travel as files: valid for days, recorded once.
@Suite("Lasting statements") struct LastingStatementTests {
    private static let day: Int64 = 86_400_000

    private static func listing(
        _ fixture: inout ExchangeFixture, _ provider: Party, days: Int64?, issuedAt: Timestamp? = nil
    ) throws -> SignedStatement {
        let issuedAt = issuedAt ?? fixture.time
        return try SignedStatement.sign(
            .productListing(fixture.listing(provider)), space: ExchangeFixture.prefix, issuedAt: issuedAt,
            nonce: fixture.freshNonce(), acceptUntil: days.map { issuedAt.advanced(byMilliseconds: $0 * day) }, key: provider.key)
    }

    @Test("are taken until their time, and not a millisecond longer")
    func window() throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Farm", [.provider])
        let statement = try Self.listing(&fixture, provider, days: 20)
        let start = fixture.time
        fixture.time = start.advanced(byMilliseconds: 20 * Self.day)
        #expect(try fixture.refusal(of: statement) == nil)
        fixture.time = start.advanced(byMilliseconds: 20 * Self.day + 1)
        #expect(try fixture.refusal(of: statement) == .statementTooOld)
        fixture.time = start.advanced(byMilliseconds: -ExchangeState.maximumStatementLead - 1)
        #expect(try fixture.refusal(of: statement) == .statementFromFuture)
    }

    @Test("may be valid for as long as the space's policy says")
    func policy() throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Farm", [.provider])
        #expect(try fixture.refusal(of: try Self.listing(&fixture, provider, days: 30)) == nil)
        #expect(try fixture.refusal(of: try Self.listing(&fixture, provider, days: 31)) == .validityTooLong)
        var policy = SpacePolicy()
        policy.offline.maximumDays = 0
        try fixture.submit(.spacePolicy(policy), by: fixture.operatorKey)
        #expect(try fixture.refusal(of: try Self.listing(&fixture, provider, days: 1)) == .validityTooLong)
        #expect(try fixture.refusal(of: try Self.listing(&fixture, provider, days: nil)) == nil)
    }

    @Test("are recorded once, whenever they come again, also after the state was stored")
    func replay() throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Farm", [.provider])
        let statement = try Self.listing(&fixture, provider, days: 25)
        try fixture.submit(statement)
        let identifier = statement.identifier(.product)
        // Later changes of the same thing must not make the first forgotten.
        try fixture.submit(.productListing(fixture.listing(provider, product: identifier, version: 2)), by: provider.key)
        try fixture.submit(.productListing(fixture.listing(provider, product: identifier, version: 3)), by: provider.key)
        for days in [Int64(0), 1, 24] {
            fixture.time = ExchangeFixture.start.advanced(byMilliseconds: days * Self.day + 60_000)
            _ = try fixture.register("Somebody \(days)", [.buyer])
            #expect(try fixture.refusal(of: statement) == .duplicate)
        }
        #expect(fixture.state.lastingStatements.count == 1)
        #expect(try fixture.replayed() == fixture.state)
        fixture.time = ExchangeFixture.start.advanced(byMilliseconds: 26 * Self.day)
        _ = try fixture.register("Somebody else", [.buyer])
        #expect(fixture.state.lastingStatements.count == 0)
        #expect(try fixture.refusal(of: statement) == .duplicate, "the product itself tells what made it")
    }

    @Test("name a time after their own")
    func order() throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Farm", [.provider])
        #expect(throws: StatementError.self) { try Self.listing(&fixture, provider, days: 0) }
        #expect(throws: StatementError.self) { try Self.listing(&fixture, provider, days: -1) }
    }
}
