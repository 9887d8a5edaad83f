import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Participants' keys")
struct KeyTests {
    @Test("rotate: the old key lets in the new, which then lets the old one go")
    func rotation() throws {
        var market = try Market()
        let (airport, fresh) = (market.airport, try market.fixture.freshKey())
        try market.fixture.submit(market.fixture.keyChange(airport, add: [fresh]), by: [airport.key, fresh])
        try market.fixture.submit(.productListing(market.fixture.listing(airport)), by: fresh)
        try market.fixture.submit(market.fixture.keyChange(airport, remove: [airport.key]), by: fresh)
        #expect(market.fixture.state.participants[airport.identifier]?.keyIdentifiers == [fresh.keyIdentifier])
        #expect(try market.fixture.refusal(of: .productListing(market.fixture.listing(airport)), by: airport.key) == .signerKeyRetired)
        // The entries that the removed key signed stay sound.
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("a contract signed with a key that has been removed since can still be signed by the others")
    func contractsAcrossRotations() throws {
        var market = try Market()
        let (insurer, fresh) = (market.insurer, try market.fixture.freshKey())
        let staff = try market.fixture.delegate(insurer, days: 1)
        for key in [insurer.key, staff] {
            let terms = try market.fixture.terms(insurer, [market.flights])
            let offer = try market.fixture.sign(.contract(terms), by: key)
            try market.fixture.submit(offer)
            var later = market.fixture
            later.time = later.time.advanced(byMilliseconds: 2 * ExchangeFixture.day)
            try later.submit(later.keyChange(insurer, add: [fresh], remove: [insurer.key]), by: [insurer.key, fresh])
            try later.submit(try offer.signedAlso(by: market.airport.key))
            #expect(later.state.contracts[offer.identifier(.contract)]?.status == .active)
            #expect(try later.replayed() == later.state)
            let second = try later.sign(.contract(try later.terms(insurer, [market.flights])), by: key)
            #expect(try later.refusal(of: second) == (key.keyIdentifier == staff.keyIdentifier ? .delegationNotInForce : .signerKeyRetired))
        }
    }

    @Test("a query put forward and run by a staff key is charged to the organisation")
    func runs() throws {
        var market = try Market()
        let staff = try market.fixture.delegate(market.insurer)
        let outcome = Facts.outcome(.completed(try market.fixture.facts(for: market.flightsQuery)))
        let event = try market.fixture.submit(market.fixture.request(market.flightsQuery, [market.contract]), by: staff, outcome)
        #expect(event.type == .runCompleted)
        #expect(event.body["charges"]?[0]?["payer"]?.stringValue == market.insurer.identifier.text)
    }

    @Test("at most eight, and each new one must sign")
    func bounds() throws {
        var market = try Market()
        let (bureau, fresh) = (market.bureau, try (0..<8).map { _ in try market.fixture.freshKey() })
        let seven = Array(fresh.dropLast())
        #expect(try market.fixture.refusal(of: market.fixture.keyChange(bureau, add: fresh), by: [bureau.key] + fresh) == .keysOutOfRange)
        #expect(try market.fixture.refusal(of: market.fixture.keyChange(bureau, add: seven), by: [bureau.key] + seven.dropLast()) == .keyProofMissing)
        #expect(try market.fixture.refusal(of: market.fixture.keyChange(bureau, add: seven), by: seven) == .signerNotNamed)
        try market.fixture.submit(market.fixture.keyChange(bureau, add: seven), by: [bureau.key] + seven)
        #expect(market.fixture.state.participants[bureau.identifier]?.keyIdentifiers.count == 8)
        let strange = try market.fixture.refusal(
            of: market.fixture.keyChange(bureau, remove: [market.airport.key]), by: bureau.key)
        #expect(strange == .notFound, "another's key")
    }

    @Test("a key that waits in a recovery is nobody else's meanwhile")
    func waitingKeys() throws {
        var market = try Market()
        let key = try market.fixture.freshKey()
        try market.fixture.submit(
            market.fixture.recovery(market.airport.identifier, [key]), by: [market.fixture.operatorKey, key])
        let application = market.fixture.application("Quick", [.buyer], [key.verificationKey])
        #expect(try market.fixture.refusal(of: .participantApplication(application), by: key) == .keyAlreadyRegistered)
        #expect(try market.fixture.refusal(of: .productListing(market.fixture.listing(market.airport)), by: key) == .signerUnknown)
    }

    @Test("a word on a recovery counts for that one only, and never for the next")
    func oldWords() throws {
        var market = try Market()
        try market.fixture.setPolicy { $0.identity.recoveryWaitingHours = 0 }
        let (airport, root) = (market.airport.identifier, market.fixture.operatorKey)
        let keys = try (0..<3).map { _ in try market.fixture.freshKey() }
        let first = try market.fixture.sign(market.fixture.recovery(airport, [keys[0]]), by: [root, keys[0]])
        try market.fixture.submit(first)
        let early = try market.fixture.sign(market.fixture.completion(airport), by: root)
        let objection = try market.fixture.sign(market.fixture.objection(airport), by: market.airport.key)
        try market.fixture.submit(objection)
        #expect(try market.fixture.refusal(of: early) == .notFound)
        #expect(try market.fixture.refusal(of: first) == .duplicate)
        try market.fixture.submit(market.fixture.recovery(airport, [keys[1]]), by: [root, keys[1]])
        #expect(try market.fixture.refusal(of: early) == .staleDecision, "signed before the second proposal")
        #expect(try market.fixture.refusal(of: objection) == .staleDecision)
        try market.fixture.submit(market.fixture.completion(airport), by: keys[1])
        #expect(market.fixture.state.participants[airport]?.keyIdentifiers == [keys[1].keyIdentifier])
    }

    @Test("assurance unlocks what the policy reserves", arguments: AssuredAction.allCases.filter { $0 != .registerRight })
    func assurance(action: AssuredAction) throws {
        var market = try Market()
        try market.fixture.setPolicy { $0.identity.assurance[action] = 3 }
        let contents: (StatementContent, Party, [SigningKey], Facts)
        let key = try market.fixture.freshKey()
        switch action {
        case .listProduct: contents = (.productListing(market.fixture.listing(market.airport)), market.airport, [], .none)
        case .signContract:
            contents = (.contract(try market.fixture.terms(market.insurer, [market.flights])), market.insurer, [], .none)
        case .runQuery:
            let submission = market.fixture.submission(market.insurer, [market.flights])
            contents = (.querySubmission(submission), market.insurer, [], ExchangeFixture.accepted)
        default: contents = (.identity(.delegation(market.fixture.delegation(market.airport, key))), market.airport, [key], .none)
        }
        let (content, party, announced, facts) = contents
        for level in Int64(1)...4 {
            let decision = ParticipantDecision(participant: party.identifier, decision: .assure, reason: "", assurance: level)
            try market.fixture.submit(.participantDecision(decision), by: market.fixture.operatorKey)
            let statement = try market.fixture.sign(content, by: [party.key] + announced)
            #expect(try market.fixture.refusal(of: statement, facts) == (level < 3 ? .assuranceTooLow : nil), "level \(level)")
        }
        #expect(try market.fixture.replayed() == market.fixture.state)
    }
}
