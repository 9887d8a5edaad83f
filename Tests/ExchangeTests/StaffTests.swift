import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Staff keys")
struct StaffTests {
    private static func listing(_ market: Market) -> StatementContent { .productListing(market.fixture.listing(market.airport)) }

    @Test("sign for their organisation what they may, and are on record as its own word")
    func inItsName() throws {
        var market = try Market()
        let staff = try market.fixture.delegate(market.airport)
        let event = try market.fixture.submit(Self.listing(market), by: staff)
        #expect(event.actor == market.airport.identifier.text)
        #expect(event.statement.keyIdentifiers == [staff.keyIdentifier])
        #expect(market.fixture.state.holder(ofKey: staff.keyIdentifier) == market.airport.identifier)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("never sign what changes keys or delegations, whatever is delegated", arguments: StatementKind.allCases)
    func notDelegable(kind: StatementKind) throws {
        var market = try Market()
        let key = try market.fixture.freshKey()
        let delegation = market.fixture.delegation(market.airport, key, permissions: [kind])
        func sign() throws { _ = try market.fixture.sign(.identity(.delegation(delegation)), by: [market.airport.key, key]) }
        if kind.canBeDelegated { try sign() } else { #expect(throws: StatementError.self) { try sign() } }
        let kept: Set<StatementKind> = [
            .participantApplication, .participantKeys, .keyRecoveryObjection, .delegation, .delegationRevocation, .participantDecision,
            .alarmReport, .nodeKeys,
        ]
        #expect(!(kept.contains(kind) && kind.canBeDelegated))
    }

    @Test("count from the first moment to the last, and not a millisecond before or after")
    func term() throws {
        var market = try Market()
        let (staff, start) = (try market.fixture.freshKey(), market.fixture.time.advanced(byMilliseconds: 60_000))
        var delegation = market.fixture.delegation(market.airport, staff)
        delegation.notBefore = start
        delegation.expiresAt = start.advanced(byMilliseconds: 120_000)
        try market.fixture.submit(.identity(.delegation(delegation)), by: [market.airport.key, staff])
        for (offset, isInForce) in [(Int64(-1), false), (0, true), (119_999, true), (120_000, false)] {
            market.fixture.time = start.advanced(byMilliseconds: offset)
            let code = try market.fixture.refusal(of: Self.listing(market), by: staff)
            #expect(code == (isInForce ? nil : .delegationNotInForce), "at \(offset)")
        }
        let renewed = market.fixture.delegation(market.airport, staff)
        try market.fixture.submit(.identity(.delegation(renewed)), by: [market.airport.key, staff])
        #expect(try market.fixture.refusal(of: Self.listing(market), by: staff) == nil, "after it was renewed")
    }

    @Test("stop at once when revoked, for good, and when their organisation is suspended or revoked")
    func leavers() throws {
        var market = try Market()
        let staff = try market.fixture.delegate(market.airport)
        for verdict in [ParticipantVerdict.suspend, .revoke] {
            var stopped = market.fixture
            try stopped.decide(market.airport.identifier, verdict)
            #expect(try stopped.refusal(of: Self.listing(market), by: staff) == .signerNotActive)
        }
        try market.fixture.submit(market.fixture.revocation(market.airport, staff), by: market.airport.key)
        #expect(try market.fixture.refusal(of: Self.listing(market), by: staff) == .signerKeyRetired)
        let again = market.fixture.delegation(market.airport, staff)
        #expect(try market.fixture.refusal(of: .identity(.delegation(again)), by: [market.airport.key, staff]) == .keyRetired)
    }

    @Test("act in the roles that they were given only")
    func roles() throws {
        var market = try Market()
        let both = try market.fixture.register("Both", [.provider, .buyer])
        let staff = try market.fixture.delegate(both, roles: [.buyer])
        #expect(try market.fixture.refusal(of: .productListing(market.fixture.listing(both)), by: staff) == .roleMissing)
        #expect(try market.fixture.refusal(of: .productListing(market.fixture.listing(both)), by: both.key) == nil)
        let terms = StatementContent.contract(try market.fixture.terms(both, [market.flights]))
        #expect(try market.fixture.refusal(of: terms, by: staff) == nil)
    }

    @Test("are delegated for no longer than the policy says, and not into the past")
    func longest() throws {
        var market = try Market()
        try market.fixture.setPolicy { $0.identity.delegationMaximumDays = 30 }
        let key = try market.fixture.freshKey()
        var delegation = market.fixture.delegation(market.airport, key, days: 30)
        let signers = [market.airport.key, key]
        #expect(try market.fixture.refusal(of: .identity(.delegation(delegation)), by: signers) == nil)
        delegation.expiresAt = delegation.expiresAt.advanced(byMilliseconds: 1)
        #expect(try market.fixture.refusal(of: .identity(.delegation(delegation)), by: signers) == .delegationOutOfRange)
        delegation.notBefore = ExchangeFixture.start.advanced(byMilliseconds: -ExchangeFixture.day)
        delegation.expiresAt = market.fixture.time
        #expect(try market.fixture.refusal(of: .identity(.delegation(delegation)), by: signers) == .delegationOutOfRange)
    }

    @Test("are a thousand for one organisation at most, and one that is there can still be renewed")
    func bounds() throws {
        var market = try Market()
        let staff = try market.fixture.delegate(market.airport)
        let one = try #require(market.fixture.state.identity.staffKeys[staff.keyIdentifier])
        for number in 2...Delegation.maximumCount { market.fixture.state.identity.staffKeys["key \(number)"] = one }
        let fresh = try market.fixture.freshKey()
        for (key, expected) in [(fresh, RefusalCode.keysOutOfRange), (staff, nil)] {
            let delegation = market.fixture.delegation(market.airport, key)
            #expect(try market.fixture.refusal(of: .identity(.delegation(delegation)), by: [market.airport.key, key]) == expected)
        }
        let elsewhere = market.fixture.delegation(market.bureau, fresh)
        #expect(try market.fixture.refusal(of: .identity(.delegation(elsewhere)), by: [market.bureau.key, fresh]) == nil)
    }

    @Test("belong to one organisation: nobody delegates to a key that another has")
    func oneOrganisation() throws {
        var market = try Market()
        let staff = try market.fixture.delegate(market.airport)
        for key in [staff, market.insurer.key] {
            let foreign = market.fixture.delegation(market.bureau, key)
            #expect(try market.fixture.refusal(of: .identity(.delegation(foreign)), by: [market.bureau.key, key]) == .keyAlreadyRegistered)
        }
        let other = market.fixture.delegation(market.bureau, try market.fixture.freshKey())
        #expect(try market.fixture.refusal(of: .identity(.delegation(other)), by: [market.airport.key]) == .signerNotNamed)
    }

    @Test("query what their field set and row scope leave, as far as the columns of a product tell", arguments: [
        (nil, nil, nil), (["wind_speed"], nil, nil), (["elsewhere"], nil, .scopeExceeded), (nil, "origin", nil),
        (nil, "region", .scopeExceeded), (nil, "wind_speed", .scopeExceeded), (nil, "station", .scopeExceeded), (["origin"], "region", .scopeExceeded), (["origin", "elsewhere"], "origin", nil),
    ] as [([String]?, String?, RefusalCode?)])
    func scope(columns: [String]?, rowColumn: String?, expected: RefusalCode?) throws {
        var market = try Market()
        let staff = try market.fixture.delegate(
            market.insurer, fieldSet: columns.map { [market.flights: $0] },
            rowScope: rowColumn.map { [RowScope(product: nil, column: $0, values: ["XIY", "LHW"])] })
        let submission = StatementContent.querySubmission(market.fixture.submission(market.insurer, [market.flights]))
        #expect(try market.fixture.refusal(of: submission, by: staff, ExchangeFixture.accepted) == expected)
        let outcome: Facts = try expected == nil
            ? .outcome(.completed(market.fixture.facts(for: market.flightsQuery))) : .outcome(.refusedByRules)
        let event = try market.fixture.submit(
            market.fixture.request(market.flightsQuery, [market.contract]), by: staff, outcome)
        #expect(event.body["code"]?.stringValue == expected?.rawValue)
        let joint = StatementContent.querySubmission(
            market.fixture.submission(market.insurer, [market.flights, market.weather]))
        let code = try market.fixture.refusal(of: joint, by: staff, ExchangeFixture.accepted)
        #expect(code == (columns == nil ? expected : .scopeExceeded), "a field set leaves out the products that it does not name")
    }

    @Test("read of each product the columns and rows that the delegation says")
    func scopes() throws {
        let market = try Market()
        let rows = [
            RowScope(product: nil, column: "region", values: ["庆阳"]),
            RowScope(product: market.flights, column: "origin", values: ["IQN"]),
        ]
        let all = market.fixture.delegation(market.insurer, market.insurer.key)
        #expect(all.scope(for: market.flights).isWhole)
        let some = market.fixture.delegation(
            market.insurer, market.insurer.key, fieldSet: [market.flights: ["origin"]], rowScope: rows)
        let region = DelegationScope.RowFilter(column: "region", values: ["庆阳"])
        let origin = DelegationScope.RowFilter(column: "origin", values: ["IQN"])
        #expect(some.scope(for: market.flights) == DelegationScope(columns: ["origin"], rowFilters: [region, origin]))
        #expect(some.scope(for: market.weather) == DelegationScope(columns: [], rowFilters: [region]))
    }

    @Test("are told whose they are, and when they count, by their signer")
    func signers() throws {
        var market = try Market()
        let staff = try market.fixture.delegate(market.airport, roles: [.provider], days: 1)
        let now = market.fixture.time
        let signer = try market.fixture.state.signer(ofKey: staff.keyIdentifier, at: now)
        #expect(signer.participant.identifier == market.airport.identifier)
        #expect(signer.delegation?.key == staff.verificationKey)
        #expect(try market.fixture.state.signer(ofKey: market.airport.key.keyIdentifier, at: now).delegation == nil)
        let later = now.advanced(byMilliseconds: ExchangeFixture.day)
        #expect(throws: Refusal.self) { try market.fixture.state.signer(ofKey: staff.keyIdentifier, at: later) }
        #expect(throws: Refusal.self) {
            try market.fixture.state.signer(ofKey: market.fixture.operatorKey.keyIdentifier, at: now)
        }
    }
}
