import Exchange

/// A space in full swing: two providers with a product each, a buyer with a contract over both, an approved query on
/// each product and one on both.
public struct Market: Sendable {
    public var fixture: ExchangeFixture
    public let airport: Party
    public let bureau: Party
    public let insurer: Party
    public let flights: Identifier
    public let weather: Identifier
    public let contract: Identifier
    public let flightsQuery: Identifier
    public let jointQuery: Identifier

    public static let flightsPrice: Int64 = 500
    public static let weatherPrice: Int64 = 70

    public init(seed: UInt64 = 1, maximumRuns: Int64 = 100) throws {
        var fixture = try ExchangeFixture(seed: seed)
        airport = try fixture.register("Airport", [.provider])
        bureau = try fixture.register("气象局", [.provider])
        insurer = try fixture.register("Insurer", [.buyer])
        flights = try fixture.list(airport, price: Self.flightsPrice)
        weather = try fixture.list(bureau, price: Self.weatherPrice)
        contract = try fixture.contract(insurer, [airport, bureau], [flights, weather], maximumRuns: maximumRuns)
        flightsQuery = try fixture.submitQuery(insurer, [flights])
        try fixture.decide(flightsQuery, .approve, by: airport)
        jointQuery = try fixture.submitQuery(insurer, [flights, weather])
        try fixture.decide(jointQuery, .approve, by: airport)
        try fixture.decide(jointQuery, .approve, by: bureau)
        self.fixture = fixture
    }
}
