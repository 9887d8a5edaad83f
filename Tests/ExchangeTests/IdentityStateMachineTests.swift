import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// Every statement of identity, in every status, by everybody. The tables of `Sources/Exchange/Identity/README.md` stand here
/// a second time.
@Suite("State machines of identity")
struct IdentityStateMachineTests {
    typealias Actor = IdentityCast.Actor

    /// One row of the table: in which statuses a statement is accepted and what they become, and from whom.
    struct Row: Sendable {
        var name: String
        var next: [ParticipantStatus: ParticipantStatus]
        var actors: Set<Actor> = IdentityCast.operators
        var announced: @Sendable (IdentityCast) throws -> [SigningKey] = { _ in [] }
        var content: @Sendable (IdentityCast) throws -> StatementContent
    }

    private static func decision(
        _ verdict: ParticipantVerdict, _ next: [ParticipantStatus: ParticipantStatus]
    ) -> Row {
        Row(name: verdict.rawValue, next: next) { $0.fixture.decision($0.subject.identifier, verdict) }
    }

    static let rows: [Row] = [
        Row(name: "found complete", next: [.applied: .checked]) { $0.fixture.review($0.subject.identifier) },
        Row(name: "found incomplete", next: [.applied: .returned]) { $0.fixture.review($0.subject.identifier, .incomplete) },
        decision(.approve, [.applied: .active, .checked: .active]),
        decision(.refuse, [.applied: .refused, .checked: .refused]),
        decision(.suspend, [.active: .suspended]),
        decision(.resume, [.suspended: .active]),
        decision(.revoke, [.active: .revoked, .suspended: .revoked]),
        decision(.assure, [.active: .active, .suspended: .suspended]),
        Row(name: "add a key", next: [.active: .active], actors: [.owner], announced: { [$0.newKey] }) {
            $0.fixture.keyChange($0.subject, add: [$0.newKey])
        },
        Row(name: "remove the last key", next: [:]) { $0.fixture.keyChange($0.subject, remove: [$0.subject.key]) },
        Row(name: "replace the only key", next: [.active: .active], actors: [.owner], announced: { [$0.newKey] }) {
            $0.fixture.keyChange($0.subject, add: [$0.newKey], remove: [$0.subject.key])
        },
        Row(
            name: "propose a recovery", next: [.active: .active, .suspended: .suspended], announced: { [$0.newKey] }
        ) { $0.fixture.recovery($0.subject.identifier, [$0.newKey]) },
        Row(name: "object to no recovery", next: [:]) { $0.fixture.objection($0.subject.identifier) },
        Row(name: "complete no recovery", next: [:]) { $0.fixture.completion($0.subject.identifier) },
        Row(name: "delegate", next: [.active: .active], actors: [.owner], announced: { [$0.newKey] }) {
            .identity(.delegation($0.fixture.delegation($0.subject, $0.newKey, roles: [.buyer])))
        },
        Row(name: "renew a delegation", next: [.active: .active], actors: [.owner], announced: { [$0.staff] }) {
            .identity(.delegation($0.fixture.delegation($0.subject, $0.staff, roles: [.buyer])))
        },
        Row(name: "end a delegation", next: [.active: .active], actors: [.owner]) {
            $0.fixture.revocation($0.subject, $0.staff)
        },
    ]

    @Test("of a participant: what the table allows, and nothing else", arguments: [nil] + ParticipantStatus.allCases)
    func participants(status: ParticipantStatus?) throws {
        let cast = try IdentityCast(status)
        for row in Self.rows {
            let next = status.flatMap { row.next[$0] }
            // A key that is announced signs for itself only, so the actor who has no more than that is refused.
            let states = try cast.attempt(
                "\(row.name) when \(status?.rawValue ?? "nobody")", allowed: next == nil ? [] : row.actors,
                announced: try row.announced(cast), try row.content(cast))
            for state in states { #expect(state.participants[cast.subject.identifier]?.status == next, "\(row.name)") }
        }
    }

    enum Situation: CaseIterable { case none, waiting, over, objected, completed }

    private static func cast(_ situation: Situation, _ status: ParticipantStatus) throws -> IdentityCast {
        var cast = try IdentityCast(status)
        let subject = cast.subject
        if situation == .none { return cast }
        try cast.fixture.submit(
            cast.fixture.recovery(subject.identifier, [cast.newKey]), by: [cast.fixture.operatorKey, cast.newKey])
        let hours = cast.fixture.state.space?.policy.identity.recoveryWaitingHours ?? 0
        if situation == .objected { try cast.fixture.submit(cast.fixture.objection(subject.identifier), by: subject.key) }
        // To the very millisecond of the end, and not one before it.
        let end = cast.fixture.state.identity.recoveries[subject.identifier]?.waitsUntil ?? cast.fixture.time
        #expect(end == cast.fixture.time.advanced(byMilliseconds: hours * 3_600_000 - (situation == .objected ? 2000 : 1000)))
        if situation == .waiting { cast.fixture.time = end.advanced(byMilliseconds: -1) }
        if situation == .over || situation == .completed { cast.fixture.time = end }
        if situation == .completed { try cast.fixture.submit(cast.fixture.completion(subject.identifier), by: cast.newKey) }
        return cast
    }

    @Test("of a recovery of keys", arguments: Situation.allCases, [ParticipantStatus.active, .suspended])
    func recovery(situation: Situation, status: ParticipantStatus) throws {
        var cast = try Self.cast(situation, status)
        let (subject, fresh) = (cast.subject, try cast.fixture.freshKey())
        let isWaiting = situation == .waiting || situation == .over
        for state in try cast.attempt(
            "objection, \(situation)", allowed: isWaiting ? [.owner] : [], cast.fixture.objection(subject.identifier))
        {
            #expect(state.identity.recoveries[subject.identifier]?.status == .objected)
            #expect(state.participants[subject.identifier]?.keyIdentifiers == [subject.key.keyIdentifier])
        }
        for state in try cast.attempt(
            "completion, \(situation)", allowed: situation == .over ? [.root, .deputy, .newKey] : [],
            cast.fixture.completion(subject.identifier))
        {
            #expect(state.participants[subject.identifier]?.keyIdentifiers == [cast.newKey.keyIdentifier])
            #expect(state.participants[subject.identifier]?.status == status)
            #expect(state.identity.staffKeys.isEmpty)
            #expect(Set(state.identity.retiredKeys.keys) == [subject.key.keyIdentifier, cast.staff.keyIdentifier])
        }
        _ = try cast.attempt(
            "proposal, \(situation)", allowed: isWaiting ? [] : IdentityCast.operators, announced: [fresh],
            cast.fixture.recovery(subject.identifier, [fresh]))
    }

    @Test("of applying anew: a credit code is free again once the application or registration is over")
    func applyingAnew() throws {
        for status in ParticipantStatus.allCases {
            var fixture = try ExchangeFixture()
            var outcome: RefusalCode?
            for attempt in 0..<2 {
                let key = try fixture.freshKey()
                var application = fixture.application("Twice", [.buyer], [key.verificationKey])
                application.creditCode = try UnifiedSocialCreditCode("9144030071526726XG")
                if attempt == 1 {
                    outcome = try fixture.refusal(of: .participantApplication(application), by: key)
                    continue
                }
                let applied = try Identifier(try fixture.submit(.participantApplication(application), by: key).subject)
                if status == .checked { try fixture.submit(fixture.review(applied), by: fixture.operatorKey) }
                if status == .returned { try fixture.submit(fixture.review(applied, .incomplete), by: fixture.operatorKey) }
                if status == .refused { try fixture.decide(applied, .refuse) }
                if [.active, .suspended, .revoked].contains(status) { try fixture.decide(applied, .approve) }
                if status == .suspended { try fixture.decide(applied, .suspend) }
                if status == .revoked { try fixture.decide(applied, .revoke) }
            }
            let isOver = [.returned, .refused, .revoked].contains(status)
            #expect(outcome == (isOver ? nil : .creditCodeAlreadyRegistered), "\(status)")
        }
    }
}
