import Encoding
import Exchange
import Signing

// Steps of identity: operators, keys, staff and alarms.
extension ExchangeFixture {
    public static let day: Int64 = 86_400_000
    /// The root key's, which is the fixture's operator key; its seed is 32 bytes of 1.
    public static let rootKeyIdentifier = (try? SigningKey.numbered(1))?.keyIdentifier ?? ""

    /// A statement signed by several, in the general form.
    public mutating func sign(
        _ content: StatementContent, by keys: [SigningKey], issuedAt: Timestamp? = nil
    ) throws -> SignedStatement {
        guard let first = keys.first else { throw FixtureError("nobody signs") }
        var statement = try sign(content, by: first, issuedAt: issuedAt)
        for key in keys.dropFirst() { statement = try statement.signedAlso(by: key) }
        return statement
    }

    @discardableResult
    public mutating func submit(_ content: StatementContent, by keys: [SigningKey]) throws -> Event {
        try submit(try sign(content, by: keys))
    }

    public mutating func refusal(of content: StatementContent, by keys: [SigningKey]) throws -> RefusalCode? {
        try refusal(of: try sign(content, by: keys))
    }

    public mutating func pass(milliseconds: Int64) { time = time.advanced(byMilliseconds: milliseconds) }

    // MARK: The space

    @discardableResult
    public mutating func setPolicy(_ change: (inout SpacePolicy) -> Void) throws -> Event {
        var policy = state.space?.policy ?? SpacePolicy()
        change(&policy)
        return try submit(.spacePolicy(policy), by: operatorKey)
    }

    /// Appoints one more operator, with a key of its own.
    public mutating func appoint(_ name: String, _ duties: Set<OperatorDuty>) throws -> SigningKey {
        let key = try freshKey()
        try submit(appointment([SpaceOperator(name: name, key: key.verificationKey, duties: duties)]), by: operatorKey)
        return key
    }

    /// An appointment of those that are operators already, and of others beside them.
    public func appointment(_ more: [SpaceOperator]) -> StatementContent {
        .identity(.operatorAppointment(OperatorAppointment(operators: state.identity.operators + more, reason: "")))
    }

    public func review(_ participant: Identifier, _ finding: ReviewFinding = .complete) -> StatementContent {
        .identity(.review(ParticipantReview(participant: participant, finding: finding, notes: "the licence is missing")))
    }

    // MARK: Keys

    public func keyChange(
        _ party: Party, add: [SigningKey] = [], remove: [SigningKey] = []
    ) -> StatementContent {
        .identity(
            .keys(
                ParticipantKeys(
                    participant: party.identifier, add: add.map(\.verificationKey),
                    remove: remove.map(\.keyIdentifier), reason: "rotation")))
    }

    public func recovery(_ participant: Identifier, _ keys: [SigningKey]) -> StatementContent {
        .identity(
            .recovery(KeyRecovery(participant: participant, keys: keys.map(\.verificationKey), reason: "seen in person")))
    }

    public func objection(_ participant: Identifier) -> StatementContent {
        .identity(.recoveryObjection(KeyRecoveryEnd(participant: participant, reason: "nobody asked")))
    }

    public func completion(_ participant: Identifier) -> StatementContent {
        .identity(.recoveryCompletion(KeyRecoveryEnd(participant: participant, reason: "")))
    }

    // MARK: Staff

    /// A delegation from now on; by default of every role of the organisation and of all that can be left to staff, for
    /// thirty days.
    public func delegation(
        _ party: Party, _ key: SigningKey, roles: [Role]? = nil, permissions: [StatementKind]? = nil,
        fieldSet: [Identifier: [String]]? = nil, rowScope: [RowScope]? = nil, days: Int64 = 30
    ) -> Delegation {
        Delegation(
            participant: party.identifier, name: "desk 4", key: key.verificationKey,
            roles: roles ?? state.participants[party.identifier]?.roles ?? [],
            permissions: permissions ?? StatementKind.allCases.filter(\.canBeDelegated), fieldSet: fieldSet,
            rowScope: rowScope, notBefore: time, expiresAt: time.advanced(byMilliseconds: days * Self.day))
    }

    /// Delegates to a fresh staff key.
    public mutating func delegate(
        _ party: Party, roles: [Role]? = nil, permissions: [StatementKind]? = nil,
        fieldSet: [Identifier: [String]]? = nil, rowScope: [RowScope]? = nil, days: Int64 = 30
    ) throws -> SigningKey {
        let key = try freshKey()
        let delegation = delegation(
            party, key, roles: roles, permissions: permissions, fieldSet: fieldSet, rowScope: rowScope, days: days)
        try submit(.identity(.delegation(delegation)), by: [party.key, key])
        return key
    }

    public func revocation(_ party: Party, _ key: SigningKey) -> StatementContent {
        .identity(
            .delegationRevocation(
                DelegationRevocation(participant: party.identifier, key: key.keyIdentifier, reason: "has left")))
    }

    // MARK: Alarms

    public func alarm(_ participant: Identifier?, rows: Int64 = 501) -> StatementContent {
        .identity(
            .alarm(
                AlarmReport(
                    alarm: .bulkRelease, participant: participant, count: rows, windowSeconds: 3600, threshold: 500,
                    from: time.advanced(byMilliseconds: -3_600_000), until: time)))
    }
}
