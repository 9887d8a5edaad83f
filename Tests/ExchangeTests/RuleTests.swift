import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Rules")
struct RuleTests {
    @Test("a statement is accepted up to ten minutes late and one minute early, not a millisecond more")
    func freshness() throws {
        var market = try Market()
        for (offset, code) in [
            (-600_000, nil), (-600_001, .statementTooOld), (60_000, nil), (60_001, .statementFromFuture),
        ] as [(Int64, RefusalCode?)] {
            let statement = try market.fixture.sign(
                market.fixture.decision(market.airport.identifier, .suspend), by: market.fixture.operatorKey,
                issuedAt: market.fixture.time.advanced(byMilliseconds: offset))
            // Every decision in the market is older than the window's beginning only if time has passed.
            var later = market.fixture
            later.time = later.time.advanced(byMilliseconds: 3_600_000)
            let fresh = try later.sign(
                later.decision(market.airport.identifier, .suspend), by: later.operatorKey,
                issuedAt: later.time.advanced(byMilliseconds: offset))
            #expect(try later.refusal(of: fresh) == code, "\(offset) ms")
            if offset > 0 { #expect(try market.fixture.refusal(of: statement) == code) }
        }
        let state = market.fixture.state
        for time in [Timestamp(milliseconds: .min), Timestamp(milliseconds: .max)] {
            #expect(throws: Refusal.self) {
                try state.checkFreshness(
                    StatementHeader(kind: .runRequest, space: "86", issuedAt: ExchangeFixture.start, nonce: ""), at: time)
            }
        }
    }

    @Test("an application is signed by the key that it registers, and by no other")
    func applicationSigner() throws {
        var market = try Market()
        let (own, second) = (try market.fixture.freshKey(), try market.fixture.freshKey())
        let one = StatementContent.participantApplication(market.fixture.application("One", [.buyer], [own.verificationKey]))
        // The airport's key is registered, so its signature verifies; still it proves nothing about the new key.
        #expect(try market.fixture.refusal(of: one, by: market.airport.key) == .signerNotNamed)
        #expect(try market.fixture.refusal(of: one, by: market.fixture.operatorKey) == .signerNotNamed)
        #expect(try market.fixture.refusal(of: one, by: second) == .signerUnknown)
        #expect(try market.fixture.refusal(of: one, by: own) == nil)
    }

    @Test("an application with several keys is signed with each, so that nobody registers another's key")
    func applicationKeys() throws {
        var market = try Market()
        let (own, second) = (try market.fixture.freshKey(), try market.fixture.freshKey())
        let both = market.fixture.application("Two", [.buyer], [own.verificationKey, second.verificationKey])
        let half = try market.fixture.sign(.participantApplication(both), by: own)
        #expect(try market.fixture.refusal(of: half) == .signerNotNamed)
        #expect(try market.fixture.refusal(of: try half.signedAlso(by: second).signedAlso(by: market.airport.key)) == .signerNotNamed)
        let event = try market.fixture.submit(try half.signedAlso(by: second))
        let identifier = try Identifier(event.subject)
        #expect(market.fixture.state.keys[second.keyIdentifier]?.participant == identifier)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("a refused applicant may apply again with its credit code, but not with its key")
    func applyAgain() throws {
        var fixture = try ExchangeFixture()
        let (first, second) = (try fixture.freshKey(), try fixture.freshKey())
        func application(_ key: SigningKey) throws -> StatementContent {
            var content = fixture.application("Bank", [.buyer], [key.verificationKey])
            content.creditCode = try UnifiedSocialCreditCode("9144030071526726XG")
            return .participantApplication(content)
        }
        let refused = try Identifier(try fixture.submit(try application(first), by: first).subject)
        #expect(try fixture.refusal(of: try application(second), by: second) == .creditCodeAlreadyRegistered)
        try fixture.decide(refused, .refuse)
        #expect(try fixture.refusal(of: try application(first), by: first) == .keyAlreadyRegistered)
        try fixture.submit(try application(second), by: second)
    }

    @Test("parties may sign a contract days apart, as long as it is still to run")
    func lateSignature() throws {
        var market = try Market()
        let offer = try market.fixture.sign(
            .contract(try market.fixture.terms(market.insurer, [market.flights])), by: market.insurer.key)
        let late = market.fixture.time.advanced(byMilliseconds: 3 * 86_400_000)
        var never = market.fixture
        never.time = late
        #expect(try never.refusal(of: offer) == .statementTooOld)
        try market.fixture.submit(offer)
        let signed = try offer.signedAlso(by: market.airport.key)
        market.fixture.time = late
        var expired = market.fixture
        expired.time = late.advanced(byMilliseconds: 30 * 86_400_000)
        #expect(try expired.refusal(of: signed) == .termsOutOfRange)
        let event = try market.fixture.submit(signed)
        #expect(event.type == .contractSigned)
        #expect(market.fixture.state.contracts[offer.identifier(.contract)]?.status == .active)
    }

    @Test("a contract that is sent again names the entry that holds its signatures, whatever came after")
    func contractReceipts() throws {
        var market = try Market()
        let offerEntry = market.fixture.state.size
        let offer = try market.fixture.sign(
            .contract(try market.fixture.terms(market.insurer, [market.flights])), by: market.insurer.key)
        try market.fixture.submit(offer)
        let signed = try offer.signedAlso(by: market.airport.key)
        try market.fixture.submit(signed)
        let termination = ContractTermination(contract: offer.identifier(.contract), reason: "done")
        try market.fixture.submit(.contractTermination(termination), by: market.insurer.key)
        for (statement, entry) in [(offer, offerEntry), (signed, offerEntry + 1)] {
            #expect(market.fixture.state.recordedAt(statement) == entry)
            #expect(throws: Refusal.self) { try market.fixture.submit(statement) }
        }
        // Somebody who is no party repeats nothing.
        let strange = try market.fixture.sign(
            .contract(try market.fixture.terms(market.insurer, [market.flights])), by: market.fixture.operatorKey)
        #expect(try market.fixture.refusal(of: strange) == .signerUnknown)
        let byOperator = try offer.signedAlso(by: market.fixture.operatorKey)
        #expect(try market.fixture.refusal(of: byOperator) == .wrongStatus)
        #expect(try market.fixture.refusal(of: try offer.signedAlso(by: market.bureau.key)) == .wrongStatus)
    }

    @Test("what a retry repeats is told by its entry, at any age")
    func retries() throws {
        var market = try Market()
        let lines = market.fixture.lines
        market.fixture.time = market.fixture.time.advanced(byMilliseconds: 86_400_000)
        for (index, line) in lines.enumerated() where index > 0 {
            let entry = try LedgerEntry(line)
            do {
                _ = try market.fixture.state.decide(
                    try market.fixture.command(entry.event.statement), at: market.fixture.time)
                Issue.record("entry \(index) is accepted twice")
            } catch let refusal as Refusal {
                #expect(refusal.code == .duplicate, "\(entry.event.type) \(refusal)")
                #expect(refusal.recordedAt == UInt64(index))
            }
        }
    }

    @Test("two providers may sign the very same words on a query; each counts")
    func sameWords() throws {
        var market = try Market()
        let query = try market.fixture.submitQuery(market.insurer, [market.flights, market.weather])
        let approval = QueryVerdict.approve.statement(query)
        let (issuedAt, nonce) = (market.fixture.time, market.fixture.freshNonce())
        for provider in [market.airport, market.bureau] {
            try market.fixture.submit(
                try SignedStatement.sign(
                    approval, space: ExchangeFixture.prefix, issuedAt: issuedAt, nonce: nonce, key: provider.key))
        }
        #expect(market.fixture.state.queries[query]?.status == .approved)
    }

    @Test("a joint query is approved when the last of its providers approves, and revoked by any")
    func jointQuery() throws {
        var market = try Market()
        let query = try market.fixture.submitQuery(market.insurer, [market.weather, market.flights, market.weather])
        #expect(market.fixture.state.queries[query]?.decisions.count == 2)
        let first = try market.fixture.decide(query, .approve, by: market.bureau)
        #expect(first.body["complete"] == false)
        #expect(market.fixture.state.queries[query]?.status == .submitted)
        #expect(try market.fixture.refusal(of: QueryVerdict.approve.statement(query), by: market.bureau.key) == .wrongStatus)
        #expect(try market.fixture.decide(query, .approve, by: market.airport).body["complete"] == true)
        #expect(market.fixture.state.queries[query]?.status == .approved)
        try market.fixture.decide(query, .revoke, by: market.bureau)
        #expect(market.fixture.state.queries[query]?.status == .revoked)
    }

    @Test("a query whose text fails the machine check is recorded as refused, with the place")
    func machineCheck() throws {
        var market = try Market()
        let fault = QueryFault(code: "function-not-allowed", message: "no files", piece: "read_csv", line: 1, column: 15)
        let submission = market.fixture.submission(market.insurer, [market.flights])
        let event = try market.fixture.submit(.querySubmission(submission), by: market.insurer.key, .check(.refused(fault)))
        #expect(event.type == .queryRefused)
        #expect(event.actor == Event.nodeActor)
        #expect(event.body["piece"] == "read_csv")
        let query = try Identifier(event.subject)
        #expect(try market.fixture.refusal(of: QueryVerdict.approve.statement(query), by: market.airport.key) == .signerNotNamed)
    }

    @Test("facts of no proper form are not recorded")
    func malformedFacts() throws {
        var market = try Market()
        let submission = StatementContent.querySubmission(market.fixture.submission(market.insurer, [market.flights]))
        for facts in [
            Facts.none, .outcome(.refusedByRules), .check(.accepted(policy: "abc", engine: "DuckDB")),
            .check(.accepted(policy: ExchangeFixture.policy, engine: "")),
            .check(.accepted(policy: ExchangeFixture.policy, engine: String(repeating: "x", count: 101))),
            .check(.refused(QueryFault(code: "", message: "", piece: "", line: 0, column: 0))),
        ] {
            #expect(try market.fixture.refusal(of: submission, by: market.insurer.key, facts) == .outcomeInconsistent)
        }
    }
}
