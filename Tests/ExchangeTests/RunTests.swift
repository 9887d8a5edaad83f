import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Runs and charges")
struct RunTests {
    @Test("each product is charged once a run, at the contract's price, to its provider")
    func charges() throws {
        var market = try Market()
        let event = try market.fixture.run(market.insurer, market.jointQuery, [market.contract])
        let lines = [(market.flights, market.airport, Market.flightsPrice), (market.weather, market.bureau, Market.weatherPrice)]
        let expected = lines.map { product, provider, price -> JSONValue in
            [
                "contract": .string(market.contract.text), "product": .string(product.text),
                "payer": .string(market.insurer.identifier.text), "payee": .string(provider.identifier.text),
                "amount": .integer(price),
            ]
        }
        #expect(event.body["charges"] == .array(expected))
        let contract = try #require(market.fixture.state.contracts[market.contract])
        #expect(contract.completedRuns == 1)
        #expect(contract.charged == [
            market.airport.identifier: Market.flightsPrice, market.bureau.identifier: Market.weatherPrice,
        ])
    }

    @Test("a product that a query reads under two names is charged once")
    func selfJoin() throws {
        var market = try Market()
        let query = try market.fixture.submitQuery(market.insurer, [market.flights, market.flights])
        try market.fixture.decide(query, .approve, by: market.airport)
        let event = try market.fixture.run(market.insurer, query, [market.contract])
        #expect(event.body["charges"]?.arrayValue?.count == 1)
        #expect(market.fixture.state.contracts[market.contract]?.charged[market.airport.identifier] == Market.flightsPrice)
    }

    @Test("a run over two contracts counts once in each, and its result is kept no longer than either allows")
    func twoContracts() throws {
        var market = try Market()
        let first = try market.fixture.contract(market.insurer, [market.airport], [market.flights])
        var terms = try market.fixture.terms(market.insurer, [market.weather])
        terms.resultRetentionDays = 7
        let offer = try market.fixture.sign(.contract(terms), by: market.insurer.key).signedAlso(by: market.bureau.key)
        try market.fixture.submit(offer)
        let second = offer.identifier(.contract)
        for order in [[first, second], [second, first]] {
            let request = try market.fixture.sign(market.fixture.request(market.jointQuery, order), by: market.insurer.key)
            let authorization = try market.fixture.state.authorizeRun(
                try market.fixture.command(request), at: market.fixture.time)
            #expect(authorization.resultRetentionDays == 7)
            #expect(authorization.charges.map(\.contract) == [first, second])
        }
        try market.fixture.run(market.insurer, market.jointQuery, [second, first])
        #expect(market.fixture.state.contracts[first]?.completedRuns == 1)
        #expect(market.fixture.state.contracts[second]?.completedRuns == 1)
        #expect(market.fixture.state.contracts[market.contract]?.completedRuns == 0)
    }

    @Test("a contract serves from its first moment to its last, and not a millisecond before or after")
    func validity() throws {
        var market = try Market()
        var terms = try market.fixture.terms(market.insurer, [market.flights])
        terms.validFrom = market.fixture.time.advanced(byMilliseconds: 60_000)
        terms.validUntil = terms.validFrom.advanced(byMilliseconds: 60_000)
        let offer = try market.fixture.sign(.contract(terms), by: market.insurer.key)
        try market.fixture.submit(try offer.signedAlso(by: market.airport.key))
        for (time, code) in [
            (terms.validFrom.advanced(byMilliseconds: -1), "contract-not-in-force"), (terms.validFrom, nil),
            (terms.validUntil, nil), (terms.validUntil.advanced(byMilliseconds: 1), "contract-not-in-force"),
        ] as [(Timestamp, String?)] {
            market.fixture.time = time
            let event = try market.fixture.run(market.insurer, market.flightsQuery, [offer.identifier(.contract)])
            #expect(event.body["code"]?.stringValue == code, "at \(time)")
        }
    }

    @Test("a later version at a higher price does not change what a contract costs")
    func laterVersion() throws {
        var market = try Market()
        let dearer = market.fixture.listing(market.airport, product: market.flights, version: 2, price: 9000)
        try market.fixture.submit(.productListing(dearer), by: market.airport.key)
        try market.fixture.run(market.insurer, market.flightsQuery, [market.contract])
        #expect(market.fixture.state.contracts[market.contract]?.charged[market.airport.identifier] == Market.flightsPrice)
        var submission = market.fixture.submission(market.insurer, [market.flights])
        submission.tables[0].version = 2
        #expect(
            try market.fixture.refusal(of: .querySubmission(submission), by: market.insurer.key, ExchangeFixture.accepted)
                == .contractMissing)
    }

    @Test("a refused run costs nothing")
    func refusedRun() throws {
        var market = try Market()
        let request = market.fixture.request(market.flightsQuery, [market.contract])
        let outcome = Facts.outcome(.refusedBySandbox(code: "time-limit", message: "it took more than ten seconds"))
        let event = try market.fixture.submit(request, by: market.insurer.key, outcome)
        #expect(event.body["by"] == "sandbox")
        #expect(market.fixture.state.contracts[market.contract]?.completedRuns == 0)
        #expect(market.fixture.state.contracts[market.contract]?.charged.isEmpty == true)
    }

    @Test("the same request never runs twice: known while fresh, too old afterwards")
    func replayedRequest() throws {
        var market = try Market()
        let start = market.fixture.time
        let outcome = Facts.outcome(.completed(try market.fixture.facts(for: market.flightsQuery)))
        // Issued as far ahead as a statement may be, so that it stays fresh as long as one can.
        let request = try market.fixture.sign(
            market.fixture.request(market.flightsQuery, [market.contract]), by: market.insurer.key,
            issuedAt: start.advanced(byMilliseconds: ExchangeState.maximumStatementLead))
        try market.fixture.submit(request, outcome)
        for milliseconds in stride(from: Int64(0), through: 5_400_000, by: 120_000) {
            market.fixture.time = max(market.fixture.time, start.advanced(byMilliseconds: milliseconds))
            let code = try market.fixture.refusal(of: request, outcome)
            #expect(code == .duplicate || code == .statementTooOld, "after \(milliseconds) ms: \(String(describing: code))")
            // Other entries make the state forget what is past.
            try market.fixture.run(market.insurer, market.flightsQuery, [market.contract])
        }
        #expect(market.fixture.state.contracts[market.contract]?.completedRuns == 47)
        #expect(market.fixture.state.recentRuns.count < 47)
        #expect(market.fixture.state.recordedAt(request) == nil)
    }

    @Test("a run that loses its ground while it runs is recorded as refused, and its result withheld")
    func lostGround() throws {
        let market = try Market()
        let losses: [@Sendable (inout Market) throws -> Void] = [
            { try $0.fixture.decide($0.airport.identifier, .suspend) },
            { try $0.fixture.decide($0.insurer.identifier, .suspend) },
            { try $0.fixture.decide($0.flightsQuery, .revoke, by: $0.airport) },
            {
                let end = ContractTermination(contract: $0.contract, reason: "")
                try $0.fixture.submit(.contractTermination(end), by: $0.airport.key)
            },
            {
                let end = ProductWithdrawal(product: $0.flights, reason: "")
                try $0.fixture.submit(.productWithdrawal(end), by: $0.airport.key)
            },
        ]
        let codes: [RefusalCode] = [.providerNotActive, .signerNotActive, .queryNotApproved, .contractNotInForce, .productNotListed]
        for (loss, code) in zip(losses, codes) {
            var market = market
            let facts = Facts.outcome(.completed(try market.fixture.facts(for: market.flightsQuery)))
            let request = try market.fixture.sign(
                market.fixture.request(market.flightsQuery, [market.contract]), by: market.insurer.key)
            _ = try market.fixture.state.authorizeRun(try market.fixture.command(request), at: market.fixture.time)
            try loss(&market)
            let event = try market.fixture.submit(request, facts)
            #expect(event.type == .runRefused)
            #expect(event.body["code"] == .string(code.rawValue))
            #expect(event.body["result"] == nil)
            #expect(try market.fixture.replayed() == market.fixture.state)
        }
    }

    @Test("of the last run that a contract allows only one is completed")
    func lastRun() throws {
        var market = try Market(maximumRuns: 1)
        let facts = Facts.outcome(.completed(try market.fixture.facts(for: market.flightsQuery)))
        let request = market.fixture.request(market.flightsQuery, [market.contract])
        let both = [
            try market.fixture.sign(request, by: market.insurer.key), try market.fixture.sign(request, by: market.insurer.key),
        ]
        // Both are allowed to begin; they end one after the other.
        for statement in both {
            _ = try market.fixture.state.authorizeRun(try market.fixture.command(statement), at: market.fixture.time)
        }
        #expect(try both.map { try market.fixture.submit($0, facts).type } == [.runCompleted, .runRefused])
    }

    @Test("what a run reports must be what was approved")
    func inconsistentFacts() throws {
        var market = try Market()
        let good = try market.fixture.facts(for: market.jointQuery)
        var wrong: [RunFacts] = []
        for change in [
            { $0.snapshots["table_0"] = $0.snapshots["table_1"] }, { $0.snapshots["table_1"] = nil },
            { $0.snapshots["table_2"] = $0.snapshots["table_1"] }, { $0.policy = $0.result }, { $0.rowCount = 1001 },
            { $0.rowCount = -1 }, { $0.suppressedGroups = -1 }, { $0.milliseconds = -1 }, { $0.result = "none" },
            { $0.result = $0.result.uppercased() }, { $0.engine = "" },
        ] as [(inout RunFacts) -> Void] {
            var facts = good
            change(&facts)
            wrong.append(facts)
        }
        let request = market.fixture.request(market.jointQuery, [market.contract])
        for facts in wrong {
            let code = try market.fixture.refusal(of: request, by: market.insurer.key, .outcome(.completed(facts)))
            #expect(code == .outcomeInconsistent, "\(facts)")
        }
        #expect(try market.fixture.refusal(of: request, by: market.insurer.key, .outcome(.completed(good))) == nil)
        #expect(try market.fixture.refusal(of: request, by: market.insurer.key, .outcome(.refusedByRules)) == .outcomeInconsistent)
    }

    @Test("parameters must be those of the query, each of its type")
    func parameters() throws {
        var market = try Market()
        let types = ParameterType.allCases.map { QueryParameter(name: $0.rawValue, type: $0) }
        let query = try market.fixture.submitQuery(market.insurer, [market.flights], parameters: types)
        try market.fixture.decide(query, .approve, by: market.airport)
        let good: JSONObject = [
            "integer": 1, "decimal": "1.5", "text": "UA", "date": "2013-01-01", "timestamp": "2013-01-01 05:00:00", "boolean": true,
        ]
        #expect(try market.fixture.run(market.insurer, query, [market.contract], good).type == .runCompleted)
        for name in good.names {
            var bad = good
            bad[name] = nil
            #expect(try market.fixture.run(market.insurer, query, [market.contract], bad).body["code"] == "parameters-wrong")
            bad[name] = good[name]?.stringValue == nil ? "1" : 1
            #expect(try market.fixture.run(market.insurer, query, [market.contract], bad).body["code"] == "parameters-wrong")
        }
        var more = good
        more["month"] = 1
        #expect(try market.fixture.run(market.insurer, query, [market.contract], more).body["code"] == "parameters-wrong")
    }

    @Test("nobody runs another's query, or under another's contract")
    func strangers() throws {
        var market = try Market()
        let rival = try market.fixture.register("Rival", [.buyer])
        let outcome = Facts.outcome(.completed(try market.fixture.facts(for: market.flightsQuery)))
        let request = market.fixture.request(market.flightsQuery, [market.contract])
        #expect(try market.fixture.submit(request, by: rival.key, outcome).body["code"] == "signer-not-named")
        #expect(try market.fixture.refusal(of: request, by: market.fixture.operatorKey, outcome) == .signerUnknown)
        _ = try market.fixture.contract(rival, [market.airport], [market.flights])
        let own = try market.fixture.submitQuery(rival, [market.flights])
        try market.fixture.decide(own, .approve, by: market.airport)
        #expect(try market.fixture.run(rival, own, [market.contract]).body["code"] == "contract-missing")
    }
}
