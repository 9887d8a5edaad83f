import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// The airport's resource and its holding right, granted.
struct RightsScene {
    var fixture: ExchangeFixture
    let airport: Party
    let bureau: Party
    let insurer: Party
    let resource: Identifier
    let right: Identifier

    init(isExclusive: Bool = true) throws {
        let market = try Market()
        (fixture, airport, bureau, insurer) = (market.fixture, market.airport, market.bureau, market.insurer)
        resource = try fixture.registerResource(airport)
        right = try fixture.grantRight(over: resource, airport, isExclusive: isExclusive)
    }

    func right(_ identifier: Identifier) throws -> Right { try #require(fixture.state.rights.rights[identifier]) }

    mutating func refusal(_ content: StatementContent, _ parties: [Party]) throws -> RefusalCode? {
        try fixture.refusal(of: content, by: parties.map(\.key))
    }

    @discardableResult
    mutating func submit(_ content: StatementContent, _ parties: [Party]) throws -> Event {
        try fixture.submit(content, by: parties.map(\.key))
    }
}
