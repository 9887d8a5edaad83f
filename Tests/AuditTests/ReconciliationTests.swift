import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@testable import Audit

@Suite struct ReconciliationTests {
    /// A market that has lived for so many random steps; whatever the rules refuse is not recorded, or recorded as refused.
    private static func market(seed: UInt64, steps: Int) throws -> Market {
        var market = try Market(seed: seed, maximumRuns: 25)
        var random = ExchangeTestKit.FixedGenerator(seed: seed &* 77)
        var contracts = [market.contract]
        for _ in 0..<steps {
            do { try step(&market, &contracts, &random) } catch is Refusal {}
        }
        return market
    }

    private static func step(
        _ market: inout Market, _ contracts: inout [Identifier], _ random: inout ExchangeTestKit.FixedGenerator
    ) throws {
        let providers = [market.airport, market.bureau]
        let provider = providers[Int.random(in: 0..<2, using: &random)]
        switch Int.random(in: 0..<14, using: &random) {
        case 0: try market.fixture.decide(market.insurer.identifier, .suspend)
        case 1, 2: try market.fixture.decide(market.insurer.identifier, .resume)
        case 3: try market.fixture.decide(provider.identifier, .suspend)
        case 4, 5: for provider in providers { _ = try? market.fixture.decide(provider.identifier, .resume) }
        case 6:
            contracts.append(
                try market.fixture.contract(market.insurer, providers, [market.flights, market.weather], maximumRuns: 9))
        case 7:
            let ended = ContractTermination(contract: contracts[Int.random(in: 0..<contracts.count, using: &random)], reason: "")
            if random.once(in: 3) { try market.fixture.submit(.contractTermination(ended), by: market.insurer.key) }
        case 8: market.fixture.time = market.fixture.time.advanced(byMilliseconds: 40_000_000)
        default: try run(&market, contracts, &random)
        }
    }

    private static func run(
        _ market: inout Market, _ contracts: [Identifier], _ random: inout ExchangeTestKit.FixedGenerator
    ) throws {
        let query = random.once(in: 2) ? market.flightsQuery : market.jointQuery
        let named = [contracts[Int.random(in: 0..<contracts.count, using: &random)]]
        do { try market.fixture.run(market.insurer, query, named) } catch is Refusal {
            try market.fixture.submit(
                market.fixture.request(query, named), by: market.insurer.key, .outcome(.refusedByRules))
        }
    }

    private static func reconcile(_ lines: [[UInt8]], _ reconciler: Reconciler = Reconciler()) throws -> Reconciliation {
        for line in lines { reconciler.take(try LedgerEntry(line)) }
        return reconciler.reconciliation
    }

    @Test(arguments: [1, 2, 3, 4]) func twoSetsOfBooksAgreeOnRandomHistories(_ seed: UInt64) throws {
        let market = try Self.market(seed: seed, steps: 150)
        let result = try Self.reconcile(market.fixture.lines)
        #expect(result.differences == [])
        let events = market.fixture.events
        var expected: Int64 = 0
        for event in events where event.type == .runCompleted {
            // The sum of the prices, however the rules came to it.
            let isJoint = event.body["query"]?.stringValue == market.jointQuery.text
            expected += isJoint ? Market.flightsPrice + Market.weatherPrice : Market.flightsPrice
        }
        #expect(result.total.recorded == expected)
        #expect(result.total.recomputed == expected)
        #expect(result.runsCompleted == UInt64(events.filter { $0.type == .runCompleted }.count))
        #expect(result.runsRefused == UInt64(events.filter { $0.type == .runRefused }.count))
        #expect(result.runsCompleted > 4)
        #expect(result.runsRefused > 4)
    }

    @Test(arguments: [5, 6, 7]) func oneWrongFenInARandomHistoryIsFoundInItsEntry(_ seed: UInt64) throws {
        let market = try Self.market(seed: seed, steps: 100)
        var random = ExchangeTestKit.FixedGenerator(seed: seed)
        let runs = market.fixture.events.indices.filter { market.fixture.events[$0].type == .runCompleted }
        let index = try #require(runs.randomElement(using: &random))
        var lines = market.fixture.lines
        lines[index] = lines[index].replacing("\"amount\":500", with: "\"amount\":501")
        let result = try Self.reconcile(lines)
        #expect(result.differences.map(\.seq) == [UInt64(index)])
        #expect(result.differences.map(\.rule) == [.charges])
        #expect(result.total.recorded - result.total.recomputed == 1)
    }

    @Test func accountsAreKeptByContractProductPayerAndPayee() throws {
        var market = try Market()
        for _ in 0..<3 { try market.fixture.run(market.insurer, market.jointQuery, [market.contract]) }
        try market.fixture.run(market.insurer, market.flightsQuery, [market.contract])
        let result = try Self.reconcile(market.fixture.lines)
        #expect(result.runsCompleted == 4)
        #expect(result.accounts.count == 2)
        let payees = Dictionary(uniqueKeysWithValues: result.totals(by: \.payee).map { ($0.name, $0.amounts) })
        #expect(payees[market.airport.identifier.text]?.recorded == 2000)
        #expect(payees[market.bureau.identifier.text]?.recorded == 210)
        #expect(result.totals(by: \.payer).map(\.amounts.recorded) == [2210])
        #expect(result.totals(by: \.contract).map(\.amounts.uses) == [7])
    }

    @Test func filtersLimitWhatIsShownAndNotWhatIsChecked() throws {
        var market = try Market()
        for _ in 0..<4 { try market.fixture.run(market.insurer, market.jointQuery, [market.contract]) }
        let lines = market.fixture.lines
        let bureau = Reconciler(participant: market.bureau.identifier)
        let one = try Self.reconcile(lines, bureau)
        #expect(one.total.recorded == 280)
        #expect(one.runsCompleted == 4)
        // The first two runs only: each step of the fixture takes a second.
        let until = try LedgerEntry(lines[lines.count - 3]).time
        let early = try Self.reconcile(lines, Reconciler(period: AuditPeriod(to: until)))
        #expect(early.runsCompleted == 2)
        #expect(early.total.recorded == 1140)
        let other = Reconciler(contract: Identifier(kind: .contract, prefix: ExchangeFixture.prefix, payload: [1]))
        _ = try Self.reconcile(lines, other)
        #expect(other.conclude(AuditReport(source: "", isChainOnly: false)).isFilterKnown == false)
        #expect(other.reconciliation.accounts.isEmpty)
    }

    @Test func anAuditAndAReconciliationInOnePassAgree() async throws {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: 1000)
        for _ in 0..<40 { try space.run(parties) }
        let writer = JournalWriter(space)
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer))
        let reconciler = Reconciler()
        let report = try await Auditor(.folder(folder.path)).run(visitor: reconciler)
        let result = reconciler.reconciliation
        #expect(result.isReconciled)
        #expect(result.audit == report)
        #expect(result.total.recorded == report.counts.charges)
        #expect(result.currency == "CNY")
        #expect(result.names[parties.provider.text] == "Weather bureau")
        #expect(result.names[parties.product.text] == "天气")
    }

    @Test func whatIsWrittenAsCSVCannotBecomeAFormulaOrAnotherColumn() throws {
        var space = TestSpace()
        try space.found()
        let names = ["=1+1,\"x\"", "+cmd"]
        let provider = try space.apply(names[0], .provider, TestSpace.key(10))
        let buyer = try space.apply(names[1], .buyer, TestSpace.key(11))
        for participant in [provider, buyer] { try space.decide(participant, .approve) }
        let product = try space.list(provider, TestSpace.key(10))
        let offer = try space.sign(.contract(space.terms(buyer, provider, product)), TestSpace.key(11))
        let contract = try Identifier(space.record(offer.signedAlso(by: TestSpace.key(10))).subject)
        let query = try Identifier(
            space.record(space.sign(.querySubmission(space.submission(buyer, product)), TestSpace.key(11)), facts: TestSpace.accepted).subject)
        try space.record(
            space.sign(.queryDecision(QueryDecision(query: query, decision: .approve, reason: "")), TestSpace.key(10)))
        try space.run(Parties(provider: provider, buyer: buyer, product: product, contract: contract, query: query))
        let reconciler = Reconciler()
        for bytes in JournalWriter(space).entries { reconciler.take(try LedgerEntry(bytes)) }
        let lines = reconciler.conclude(AuditReport(source: "", isChainOnly: false)).csv.split(separator: "\r\n")
        #expect(lines.count == 2)
        #expect(
            lines.last.map(String.init)
                == "\(contract),\(product),天气,\(buyer),'+cmd,\(provider),\"'=1+1,\"\"x\"\"\",1,1250,1250,CNY")
    }

    @Test func aDayIsReadFromItsFirstToItsLastMillisecond() {
        #expect(AuditPeriod.time("2026-11-21", isEnd: false)?.description == "2026-11-21T00:00:00.000Z")
        #expect(AuditPeriod.time("2026-11-21", isEnd: true)?.description == "2026-11-21T23:59:59.999Z")
        #expect(AuditPeriod.time("2026-11-21T08:30:00.000Z", isEnd: true)?.description == "2026-11-21T08:30:00.000Z")
        for text in ["", "2026-13-01", "2026-02-30", "yesterday", "2026-11-21T08:30:00Z"] {
            #expect(AuditPeriod.time(text, isEnd: false) == nil)
        }
    }
}
