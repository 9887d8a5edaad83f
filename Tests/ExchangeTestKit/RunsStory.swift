import Encoding
import Exchange
import Signing

/// A ledger with every type of entry about tasks and what runs leave behind, and a completed run of every mode that protects people.
public struct RunsStory: Sendable {
    public var market: ProtectedMarket
    public var fixture: ExchangeFixture { market.fixture }
    /// The run of the program whose artefact was released, and of the one whose artefact was refused.
    public let released: Identifier
    public let refused: Identifier

    public init(seed: UInt64 = 5) throws {
        var market = try ProtectedMarket(seed: seed)
        try market.fixture.submit(market.fixture.consent(market.flights, market.insurer), by: market.airport.key)
        for mode in [QueryMode.aggregate, .private, .match] { try market.run(mode) }
        for query in try market.otherQueries(["other"]) { try market.fixture.runTask(market.insurer, query, [market.contract]) }
        released = try Identifier(try market.run(.metrics).subject)
        refused = try Identifier(try market.run(.metrics).subject)
        for provider in [market.airport, market.bureau] {
            try market.fixture.submit(market.fixture.artefactDecision(released, .release), by: provider.key)
        }
        try market.fixture.submit(market.fixture.artefactDecision(refused, .refuse), by: market.bureau.key)
        for canceller in [market.airport.key, market.fixture.operatorKey] {
            let task = try market.fixture.mint(market.insurer, market.query(.aggregate), [market.contract], isSealed: true)
            try market.fixture.submit(.run(.taskCancellation(TaskCancellation(task: task, reason: "new law"))), by: canceller)
        }
        try market.fixture.submit(market.fixture.consentEnd(market.flights, market.insurer), by: market.airport.key)
        try market.fixture.submit(
            .run(.destruction(ResultDestruction(run: released, ground: .request))), by: market.fixture.nodeKey)
        let open = try market.fixture.mint(market.insurer, market.query(.metrics), [market.contract])
        let failed = market.fixture.request(task: open, try market.query(.metrics), [market.contract])
        try market.fixture.submit(failed, by: market.insurer.key, .outcome(.refusedBySandbox(code: "time-limit", message: "")))
        self.market = market
    }
}
