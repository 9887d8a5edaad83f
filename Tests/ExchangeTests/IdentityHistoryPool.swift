import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// Statements of identity signed once, from which random histories draw. They are valid for weeks, as those that travel in
/// files are, so that a history can take them long after they were signed.
struct IdentityHistoryPool: Sendable {
    /// A participant with all the keys that it may come to have.
    struct Member: Sendable {
        let party: Party
        /// The first is the one it registered with.
        let own: [SigningKey]
        let staff: [SigningKey]
        let recovered: [SigningKey]

        var all: [SigningKey] { own + staff + recovered }
    }

    static let hour: Int64 = 3_600_000
    static let recoveryHours: Int64 = 12

    private(set) var base: ExchangeFixture
    private(set) var members: [Member] = []
    private(set) var groups: [[VerifiedStatement]] = []
    let nodeKeys: [SigningKey]
    private let deputy: SigningKey
    private let clerk: SigningKey
    private var known: [String: VerificationKey] = [:]
    private var draws: [VerifiedStatement] = []
    private var generator = FixedGenerator(seed: 11)

    init() throws {
        base = try ExchangeFixture(seed: 5)
        nodeKeys = [base.nodeKey, try base.freshKey()]
        deputy = try base.appoint("deputy", Set(OperatorDuty.allCases))
        clerk = try base.appoint("clerk", [.suspend])
        try base.setPolicy {
            $0.identity.recoveryWaitingHours = Self.recoveryHours
            $0.identity.dualControl = [.revoke]
        }
        for (name, role) in [("Airport", Role.provider), ("Insurer", .buyer), ("Bureau", .provider)] {
            let party = try base.register(name, [role])
            let keys = try (0..<6).map { _ in try base.freshKey() }
            members.append(
                Member(party: party, own: [party.key] + keys[0..<2], staff: Array(keys[2..<4]), recovered: Array(keys[4..<6])))
        }
        let product = try base.list(members[0].party)
        let everyone = members.flatMap(\.all) + nodeKeys + [deputy, clerk, base.operatorKey]
        for key in everyone { known[key.keyIdentifier] = key.verificationKey }
        for member in members {
            try addKeys(member)
            try addStaff(member)
            try addRecoveries(member)
            try addDecisions(member)
            try addUses(member, product)
        }
        try addOffices()
    }

    /// Signs a statement some time within the next days.
    private mutating func draw(_ content: StatementContent, by keys: [SigningKey]) throws {
        let issuedAt = base.time.advanced(byMilliseconds: Int64.random(in: 0...96, using: &generator) * Self.hour)
        guard let first = keys.first else { return }
        var statement = try SignedStatement.sign(
            content, space: ExchangeFixture.prefix, issuedAt: issuedAt, nonce: base.freshNonce(),
            acceptUntil: issuedAt.advanced(byMilliseconds: 20 * 24 * Self.hour), key: first)
        for key in keys.dropFirst() { statement = try statement.signedAlso(by: key) }
        draws.append(try statement.verified { known[$0] })
    }

    /// Ends a group; a history chooses the group first, and those put in several times more often.
    private mutating func close(times: Int = 1) {
        for _ in 0..<times { groups.append(draws) }
        draws = []
    }

    private mutating func addKeys(_ member: Member) throws {
        for signer in member.own + member.staff + member.recovered {
            for other in member.own where other.keyIdentifier != signer.keyIdentifier {
                try draw(base.keyChange(member.party, add: [other]), by: [signer, other])
                try draw(base.keyChange(member.party, remove: [other]), by: [signer])
                try draw(base.keyChange(member.party, add: [other], remove: [signer]), by: [signer, other])
            }
        }
        close()
    }

    private mutating func addStaff(_ member: Member) throws {
        for _ in 0..<3 {
            for staff in member.staff {
                for signer in member.own + member.recovered {
                    var delegation = base.delegation(member.party, staff, days: 1)
                    let start = Int64.random(in: 0...96, using: &generator) * Self.hour
                    delegation.notBefore = base.time.advanced(byMilliseconds: start)
                    delegation.expiresAt = delegation.notBefore.advanced(byMilliseconds: 30 * Self.hour)
                    if generator.once(in: 4) { delegation.permissions = [.contractTermination] }
                    try draw(.identity(.delegation(delegation)), by: [signer, staff])
                }
            }
        }
        close(times: 2)
        for staff in member.staff {
            for signer in member.all where signer.keyIdentifier != staff.keyIdentifier {
                try draw(base.revocation(member.party, staff), by: [signer])
            }
        }
        close()
    }

    private mutating func addRecoveries(_ member: Member) throws {
        for _ in 0..<4 {
            for key in member.recovered {
                try draw(base.recovery(member.party.identifier, [key]), by: [base.operatorKey, key])
                try draw(base.recovery(member.party.identifier, [key]), by: [deputy, key])
                try draw(base.completion(member.party.identifier), by: [key])
                try draw(base.completion(member.party.identifier), by: [base.operatorKey])
            }
            for key in member.all where generator.once(in: 2) {
                try draw(base.objection(member.party.identifier), by: [key])
            }
        }
        close(times: 2)
    }

    private mutating func addDecisions(_ member: Member) throws {
        for round in 0..<12 {
            for signer in [base.operatorKey, deputy, clerk] {
                let verdict: ParticipantVerdict = round % 6 == 5 ? .assure : round % 2 == 0 ? .suspend : .resume
                try draw(base.decision(member.party.identifier, verdict), by: [signer])
            }
        }
        try draw(base.decision(member.party.identifier, .revoke), by: [clerk, base.operatorKey])
        try draw(base.decision(member.party.identifier, .revoke), by: [base.operatorKey])
        close()
    }

    /// What everybody who holds any of the keys may try at any time.
    private mutating func addUses(_ member: Member, _ product: Identifier) throws {
        for _ in 0..<4 {
            for key in member.all {
                let isBuyer = base.state.participants[member.party.identifier]?.roles == [.buyer]
                let content: StatementContent = isBuyer
                    ? .contract(try base.terms(member.party, [product])) : .productListing(base.listing(member.party))
                try draw(content, by: [key])
            }
        }
        close(times: 6)
    }

    private mutating func addOffices() throws {
        for operators in [[clerk], [deputy, clerk], []] {
            let appointed = operators.map { key in
                SpaceOperator(
                    name: "operator", key: key.verificationKey,
                    duties: key.keyIdentifier == clerk.keyIdentifier ? [.suspend] : Set(OperatorDuty.allCases))
            }
            let content = StatementContent.identity(
                .operatorAppointment(OperatorAppointment(operators: appointed, reason: "")))
            for signer in [base.operatorKey, deputy] { try draw(content, by: [signer]) }
        }
        for keys in [[nodeKeys[1]], nodeKeys, [nodeKeys[0]]] {
            let content = StatementContent.identity(.nodeKeys(NodeKeys(nodeKeys: keys.map(\.verificationKey), reason: "")))
            for signer in [base.operatorKey, deputy, clerk] { try draw(content, by: [signer] + keys) }
        }
        for key in nodeKeys + [deputy] {
            for member in members { try draw(base.alarm(member.party.identifier), by: [key]) }
        }
        close(times: 2)
    }

    func next(_ generator: inout FixedGenerator) -> VerifiedStatement {
        let group = groups[Int.random(in: 0..<groups.count, using: &generator)]
        return group[Int.random(in: 0..<group.count, using: &generator)]
    }
}
