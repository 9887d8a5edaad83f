import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// A space with somebody in every standing, around one subject that is in a given status.
struct IdentityCast {
    enum Actor: CaseIterable {
        /// The key of the charter; an operator with every duty; one with a duty that no part of identity asks for.
        case root, deputy, clerk
        case owner
        /// A staff key of the subject, with every permission that there is.
        case staff
        case bystander, regulator, suspended, stranger
        /// A key that a recovery proposes.
        case newKey
    }

    var fixture: ExchangeFixture
    var subject: Party
    let staff: SigningKey
    let newKey: SigningKey
    private let keys: [Actor: SigningKey]

    static let operators: Set<Actor> = [.root, .deputy]

    /// - Parameter status: the subject's; `nil` for a subject that has never applied.
    init(_ status: ParticipantStatus?) throws {
        var fixture = try ExchangeFixture()
        let deputy = try fixture.appoint("deputy", Set(OperatorDuty.allCases))
        let clerk = try fixture.appoint("clerk", [.catalogue])
        let bystander = try fixture.register("Bystander", Role.allCases)
        let regulator = try fixture.register("Regulator", [.regulator])
        let suspended = try fixture.register("Suspended", Role.allCases)
        try fixture.decide(suspended.identifier, .suspend)
        (staff, newKey) = (try fixture.freshKey(), try fixture.freshKey())
        let nobody = Identifier(kind: .participant, prefix: ExchangeFixture.prefix, payload: [9])
        subject = try status == nil
            ? Party(name: "Nobody", key: try fixture.freshKey(), identifier: nobody) : fixture.apply("Subject", Role.allCases)
        keys = [
            .root: fixture.operatorKey, .deputy: deputy, .clerk: clerk, .owner: subject.key, .staff: staff,
            .bystander: bystander.key, .regulator: regulator.key, .suspended: suspended.key,
            .stranger: try SigningKey.numbered(250), .newKey: newKey,
        ]
        self.fixture = fixture
        try lead(to: status)
    }

    private mutating func lead(to status: ParticipantStatus?) throws {
        switch status {
        case nil, .applied: return
        case .checked: try fixture.submit(fixture.review(subject.identifier), by: fixture.operatorKey)
        case .returned: try fixture.submit(fixture.review(subject.identifier, .incomplete), by: fixture.operatorKey)
        case .refused: try fixture.decide(subject.identifier, .refuse)
        case .active, .suspended, .revoked:
            try fixture.decide(subject.identifier, .approve)
            try fixture.submit(.identity(.delegation(fixture.delegation(subject, staff))), by: [subject.key, staff])
            if status == .suspended { try fixture.decide(subject.identifier, .suspend) }
            if status == .revoked { try fixture.decide(subject.identifier, .revoke) }
        }
        #expect(fixture.state.participants[subject.identifier]?.status == status)
    }

    func key(_ actor: Actor) throws -> SigningKey {
        guard let key = keys[actor] else { throw FixtureError("\(actor) has no key") }
        return key
    }

    /// Tries a statement by each actor, each time from this very state, with the keys it announces signing as well. Every
    /// one who is not allowed must be refused, and that must change nothing.
    ///
    /// - Returns: the state after each accepted one.
    func attempt(
        _ name: String, allowed: Set<Actor>, announced: [SigningKey] = [], _ content: StatementContent
    ) throws -> [ExchangeState] {
        var accepted: [ExchangeState] = []
        for actor in Actor.allCases {
            var fixture = fixture
            let before = fixture.state
            let actorKey = try key(actor)
            let others = announced.filter { $0.keyIdentifier != actorKey.keyIdentifier }
            let statement = try fixture.sign(content, by: [actorKey] + others)
            do {
                try fixture.submit(statement)
                #expect(allowed.contains(actor), "\(name): accepted from \(actor)")
                #expect(try fixture.replayed() == fixture.state, "\(name) by \(actor): the replay differs")
                accepted.append(fixture.state)
            } catch is Refusal {
                #expect(!allowed.contains(actor), "\(name): refused from \(actor)")
                #expect(fixture.state == before)
            } catch StatementError.unknownKey {
                #expect(!allowed.contains(actor), "\(name): the key of \(actor) is not known")
                #expect(fixture.state == before)
            }
        }
        #expect(accepted.count == allowed.count, "\(name)")
        return accepted
    }
}
