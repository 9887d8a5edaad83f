import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// Each way to be refused, by the steps that lead to it.
@Suite("Refusals")
struct RefusalTests {
    typealias Case = @Sendable (inout Market) throws -> RefusalCode?

    private static func withdraw(_ market: Market) -> StatementContent {
        .productWithdrawal(ProductWithdrawal(product: market.flights, reason: "old"))
    }

    static let admission: [RefusalCode: Case] = [
        .spaceNotFounded: { market in
            var empty = try ExchangeFixture(unfoundedWithSeed: 1)
            let application = empty.application("Early", [.buyer], [market.airport.key.verificationKey])
            return try empty.refusal(of: .participantApplication(application), by: market.airport.key)
        },
        .spaceAlreadyFounded: { try $0.fixture.refusal(of: .spaceCharter($0.fixture.charter), by: $0.fixture.operatorKey) },
        .wrongSpace: { market in
            let statement = try market.fixture.sign(withdraw(market), by: market.airport.key, space: "86.gs.other")
            return try market.fixture.refusal(of: statement)
        },
        .statementTooOld: { market in
            let issuedAt = market.fixture.time.advanced(byMilliseconds: -ExchangeState.maximumStatementAge - 1)
            return try market.fixture.refusal(of: try market.fixture.sign(withdraw(market), by: market.airport.key, issuedAt: issuedAt))
        },
        .validityTooLong: { market in
            let until = market.fixture.time.advanced(byMilliseconds: 31 * 86_400_000)
            return try market.fixture.refusal(
                of: try SignedStatement.sign(
                    withdraw(market), space: ExchangeFixture.prefix, issuedAt: market.fixture.time, nonce: "0123456789abcdef",
                    acceptUntil: until, key: market.airport.key))
        },
        .statementFromFuture: { market in
            let issuedAt = market.fixture.time.advanced(byMilliseconds: ExchangeState.maximumStatementLead + 1)
            return try market.fixture.refusal(of: try market.fixture.sign(withdraw(market), by: market.airport.key, issuedAt: issuedAt))
        },
        .notTheOperator: {
            try $0.fixture.refusal(of: $0.fixture.decision($0.bureau.identifier, .suspend), by: $0.airport.key)
        },
        .signerUnknown: { try $0.fixture.refusal(of: withdraw($0), by: $0.fixture.operatorKey) },
        .signerNotActive: { market in
            try market.fixture.decide(market.airport.identifier, .suspend)
            return try market.fixture.refusal(of: withdraw(market), by: market.airport.key)
        },
        .signerNotNamed: { try $0.fixture.refusal(of: withdraw($0), by: $0.bureau.key) },
        .roleMissing: { try $0.fixture.refusal(of: .productListing($0.fixture.listing($0.insurer)), by: $0.insurer.key) },
        .duplicate: { market in
            let statement = try market.fixture.sign(withdraw(market), by: market.airport.key)
            try market.fixture.submit(statement)
            return try market.fixture.refusal(of: statement)
        },
        .logKeyForeign: { market in
            let foreign = try market.fixture.logSigner(1, name: "hexi.test/elsewhere")
            let previous = market.fixture.state.space?.logKeys ?? []
            let change = try LogKeys(
                handingOver: ExchangeFixture.origin, from: previous, to: [market.fixture.logSigner(0), foreign], reason: "")
            return try market.fixture.refusal(of: .logKeys(change), by: market.fixture.operatorKey)
        },
        .logKeyRetired: { market in
            try market.fixture.setLogKeys([0, 1])
            try market.fixture.setLogKeys([1])
            return try market.fixture.refusal(of: market.fixture.logKeys([0, 1]), by: market.fixture.operatorKey)
        },
        .logKeysUnchanged: { try $0.fixture.refusal(of: $0.fixture.logKeys([0]), by: $0.fixture.operatorKey) },
        .logKeysDisjoint: { try $0.fixture.refusal(of: $0.fixture.logKeys([1, 2]), by: $0.fixture.operatorKey) },
        .handoverWrong: { market in
            let change = try LogKeys(
                handingOver: ExchangeFixture.origin, from: [], to: [market.fixture.logSigner(0), market.fixture.logSigner(1)],
                reason: "")
            return try market.fixture.refusal(of: .logKeys(change), by: market.fixture.operatorKey)
        },
        .keyAlreadyRegistered: { market in
            let content = market.fixture.application("Twin", [.buyer], [market.insurer.key.verificationKey])
            return try market.fixture.refusal(of: .participantApplication(content), by: market.insurer.key)
        },
        .creditCodeAlreadyRegistered: { market in
            for attempt in 0..<2 {
                let key = try market.fixture.freshKey()
                var content = market.fixture.application("Tencent", [.buyer], [key.verificationKey])
                content.creditCode = try UnifiedSocialCreditCode("9144030071526726XG")
                if attempt == 1 { return try market.fixture.refusal(of: .participantApplication(content), by: key) }
                try market.fixture.submit(.participantApplication(content), by: key)
            }
            return nil
        },
        .notFound: { market in
            let nobody = Identifier(kind: .participant, prefix: ExchangeFixture.prefix, payload: [1])
            return try market.fixture.refusal(of: market.fixture.decision(nobody, .approve), by: market.fixture.operatorKey)
        },
        .wrongStatus: {
            try $0.fixture.refusal(of: $0.fixture.decision($0.airport.identifier, .resume), by: $0.fixture.operatorKey)
        },
        .staleDecision: { market in
            let before = market.fixture.time
            try market.fixture.decide(market.airport.identifier, .suspend)
            let late = try market.fixture.sign(
                market.fixture.decision(market.airport.identifier, .resume), by: market.fixture.operatorKey, issuedAt: before)
            return try market.fixture.refusal(of: late)
        },
        .versionOutOfOrder: { market in
            let listing = market.fixture.listing(market.airport, product: market.flights, version: 3)
            return try market.fixture.refusal(of: .productListing(listing), by: market.airport.key)
        },
    ]

    static let dealing: [RefusalCode: Case] = [
        .productNotListed: { market in
            try market.fixture.submit(withdraw(market), by: market.airport.key)
            let terms = try market.fixture.terms(market.insurer, [market.flights])
            return try market.fixture.refusal(of: .contract(terms), by: market.insurer.key)
        },
        .priceDiffers: { market in
            var terms = try market.fixture.terms(market.insurer, [market.flights])
            terms.products[0].pricePerRun -= 1
            return try market.fixture.refusal(of: .contract(terms), by: market.insurer.key)
        },
        .partiesWrong: { market in
            var terms = try market.fixture.terms(market.insurer, [market.flights])
            terms.providers = [market.bureau.identifier]
            return try market.fixture.refusal(of: .contract(terms), by: market.insurer.key)
        },
        .termsOutOfRange: { market in
            var terms = try market.fixture.terms(market.insurer, [market.flights])
            terms.validFrom = ExchangeFixture.start
            terms.validUntil = market.fixture.time
            return try market.fixture.refusal(of: .contract(terms), by: market.insurer.key)
        },
        .modeNotOffered: { market in
            let product = try market.fixture.list(market.airport, modes: [.aggregate])
            _ = try market.fixture.contract(market.insurer, [market.airport], [product])
            let submission = market.fixture.submission(market.insurer, [product], mode: .rows)
            return try market.fixture.refusal(of: .querySubmission(submission), by: market.insurer.key, ExchangeFixture.accepted)
        },
        .contractMissing: { market in
            #expect(try refusedRun(&market, market.flightsQuery, []) == .contractMissing)
            let product = try market.fixture.list(market.airport)
            let submission = market.fixture.submission(market.insurer, [product])
            return try market.fixture.refusal(of: .querySubmission(submission), by: market.insurer.key, ExchangeFixture.accepted)
        },
        .contractNotInForce: { market in
            market.fixture.time = market.fixture.time.advanced(byMilliseconds: 31 * 86_400_000)
            return try refusedRun(&market, market.flightsQuery, [market.contract])
        },
        .contractUnused: { market in
            let second = try market.fixture.contract(market.insurer, [market.bureau], [market.weather])
            return try refusedRun(&market, market.flightsQuery, [market.contract, second])
        },
        .contractExhausted: { market in
            let short = try market.fixture.contract(market.insurer, [market.airport], [market.flights], maximumRuns: 1)
            try market.fixture.run(market.insurer, market.flightsQuery, [short])
            return try refusedRun(&market, market.flightsQuery, [short])
        },
        .queryNotApproved: { market in
            try market.fixture.decide(market.flightsQuery, .revoke, by: market.airport)
            return try refusedRun(&market, market.flightsQuery, [market.contract])
        },
        .parametersWrong: { try refusedRun(&$0, $0.flightsQuery, [$0.contract], ["month": 1]) },
        .providerNotActive: { market in
            try market.fixture.decide(market.airport.identifier, .suspend)
            return try refusedRun(&market, market.flightsQuery, [market.contract])
        },
        .outcomeInconsistent: { market in
            try market.fixture.refusal(of: market.fixture.request(market.flightsQuery, [market.contract]), by: market.insurer.key)
        },
    ]

    /// The code with which the rules refuse a run, which is recorded with that code.
    private static func refusedRun(
        _ market: inout Market, _ query: Identifier, _ contracts: [Identifier], _ parameters: JSONObject = [:]
    ) throws -> RefusalCode? {
        let request = market.fixture.request(query, contracts, parameters)
        let event = try market.fixture.submit(request, by: market.insurer.key, .outcome(.refusedByRules))
        #expect(event.type == .runRefused)
        #expect(event.body["by"] == "rules")
        return event.body["code"]?.stringValue.flatMap(RefusalCode.init)
    }

    /// Of every family; no code is told of twice.
    static let families = [admission, dealing, IdentityRefusals.cases, RightRefusals.cases, CatalogueRefusals.cases, RunRefusals.cases]

    @Test("can all be had, and each is told of once")
    func complete() {
        #expect(Set(Self.families.flatMap(\.keys)) == Set(RefusalCode.allCases))
        #expect(Self.families.map(\.count).reduce(0, +) == RefusalCode.allCases.count)
    }

    @Test("have the code of their reason", arguments: RefusalCode.allCases)
    func codes(code: RefusalCode) throws {
        var market = try Market()
        let body = try #require(Self.families.compactMap { $0[code] }.first)
        #expect(try body(&market) == code)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("change nothing")
    func changeNothing() throws {
        var market = try Market()
        let before = market.fixture.state
        #expect(throws: Refusal.self) { try market.fixture.submit(Self.withdraw(market), by: market.bureau.key) }
        #expect(market.fixture.state == before)
    }
}
