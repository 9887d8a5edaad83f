import Encoding
import Exchange
import ExchangeTestKit
import Testing

/// Who may speak with which key, told from the accepted events alone and without the rules' own state.
struct IdentityHistoryModel {
    private struct Staff {
        var organisation: Identifier
        var delegation: Delegation
    }

    private var own: [Identifier: Set<String>]
    private var staff: [String: Staff] = [:]
    private var retired: Set<String> = []
    private var standing: [Identifier: ParticipantStatus]
    private var operators: Set<String>
    private var nodeKeys: Set<String>
    private var proposed: [Identifier: (keys: Set<String>, at: Timestamp)] = [:]
    private(set) var types: [EventType: Int] = [:]
    /// How often a key of each sort was heard.
    private(set) var voices: [String: Int] = [:]

    init(_ pool: IdentityHistoryPool) {
        let state = pool.base.state
        own = state.participants.mapValues { Set($0.keyIdentifiers) }
        standing = state.participants.mapValues(\.status)
        operators = Set(state.identity.operators.map(\.key.keyIdentifier) + [pool.base.operatorKey.keyIdentifier])
        nodeKeys = Set(state.space?.nodeKeys.map(\.keyIdentifier) ?? [])
    }

    mutating func observe(_ event: Event, at time: Timestamp) {
        types[event.type, default: 0] += 1
        let content = event.statement.content
        let announced: Set<String> =
            switch content {
            case .identity(.keys(let change)): Set(change.add.map(\.keyIdentifier))
            case .identity(.recovery(let recovery)): Set(recovery.keys.map(\.keyIdentifier))
            case .identity(.delegation(let delegation)): [delegation.key.keyIdentifier]
            case .identity(.nodeKeys(let change)): Set(change.nodeKeys.map(\.keyIdentifier))
            default: []
            }
        for key in event.statement.keyIdentifiers where !announced.contains(key) { hear(key, event, at: time) }
        #expect(announced.isDisjoint(with: retired), "a key has come back")
        follow(content, at: time)
        for (participant, keys) in own {
            #expect(!keys.isEmpty || standing[participant] == .revoked, "\(participant) has no key left")
            #expect(keys.isDisjoint(with: retired))
        }
        #expect(retired.isDisjoint(with: staff.keys) && retired.isDisjoint(with: operators) && retired.isDisjoint(with: nodeKeys))
    }

    /// Whether a key that signed an accepted statement counted at that time.
    private mutating func hear(_ key: String, _ event: Event, at time: Timestamp) {
        #expect(!retired.contains(key), "\(event.type) is accepted from a removed key")
        let kind = event.statement.kind
        if let owner = own.first(where: { $0.value.contains(key) })?.key {
            voices["own", default: 0] += 1
            let isObjection = kind == .keyRecoveryObjection && standing[owner] == .suspended
            #expect(standing[owner] == .active || isObjection, "\(event.type) is accepted from somebody \(standing[owner]?.rawValue ?? "")")
            #expect(event.actor == owner.text)
        } else if let found = staff[key] {
            voices["staff", default: 0] += 1
            #expect(standing[found.organisation] == .active)
            #expect(found.delegation.notBefore <= time && time < found.delegation.expiresAt, "an expired staff key is heard")
            #expect(found.delegation.permissions.contains(kind) && event.actor == found.organisation.text)
            #expect([.productListing, .contract].contains(kind), "staff has signed a \(kind)")
        } else if operators.contains(key) {
            voices["operator", default: 0] += 1
            #expect(event.actor == Event.operatorActor)
        } else if nodeKeys.contains(key) {
            voices["node", default: 0] += 1
            #expect(kind == .alarmReport && event.actor == Event.nodeActor)
        } else {
            voices["recovery", default: 0] += 1
            #expect(kind == .keyRecoveryCompletion && proposed.values.contains { $0.keys.contains(key) }, "a stranger is heard")
        }
    }

    private mutating func follow(_ content: StatementContent, at time: Timestamp) {
        switch content {
        case .participantDecision(let decision):
            switch decision.decision {
            case .suspend: standing[decision.participant] = .suspended
            case .resume: standing[decision.participant] = .active
            case .revoke:
                standing[decision.participant] = .revoked
                proposed[decision.participant] = nil
            case .approve, .refuse, .assure: break
            }
        case .identity(.keys(let change)):
            own[change.participant]?.subtract(change.remove)
            own[change.participant]?.formUnion(change.add.map(\.keyIdentifier))
            retired.formUnion(change.remove)
        case .identity(.recovery(let recovery)):
            #expect(proposed[recovery.participant] == nil, "two recoveries wait at once")
            proposed[recovery.participant] = (Set(recovery.keys.map(\.keyIdentifier)), time)
        case .identity(.recoveryObjection(let objection)): proposed[objection.participant] = nil
        case .identity(.recoveryCompletion(let completion)): recover(completion.participant, at: time)
        case .identity(.delegation(let delegation)):
            staff[delegation.key.keyIdentifier] = Staff(organisation: delegation.participant, delegation: delegation)
        case .identity(.delegationRevocation(let revocation)):
            staff[revocation.key] = nil
            retired.insert(revocation.key)
        case .identity(.operatorAppointment(let appointment)):
            let kept = Set(appointment.operators.map(\.key.keyIdentifier))
            let root = ExchangeFixture.rootKeyIdentifier
            retired.formUnion(operators.subtracting(kept).subtracting([root]))
            operators = kept.union([root])
        case .identity(.nodeKeys(let change)):
            let kept = Set(change.nodeKeys.map(\.keyIdentifier))
            retired.formUnion(nodeKeys.subtracting(kept))
            nodeKeys = kept
        default: break
        }
    }

    private mutating func recover(_ participant: Identifier, at time: Timestamp) {
        guard let waiting = proposed.removeValue(forKey: participant) else {
            Issue.record("a recovery is completed that nobody proposed")
            return
        }
        let end = waiting.at.advanced(byMilliseconds: IdentityHistoryPool.recoveryHours * IdentityHistoryPool.hour)
        #expect(time >= end, "a recovery is completed before its time")
        retired.formUnion(own[participant] ?? [])
        for (key, found) in staff where found.organisation == participant {
            staff[key] = nil
            retired.insert(key)
        }
        own[participant] = waiting.keys
    }

    /// Compares what the events add up to with what the state says.
    func check(_ state: ExchangeState) {
        #expect(state.participants.mapValues { Set($0.keyIdentifiers) } == own)
        #expect(state.participants.mapValues(\.status) == standing)
        #expect(Set(state.identity.staffKeys.keys) == Set(staff.keys))
        #expect(Set(state.identity.retiredKeys.keys) == retired)
        #expect(Set(state.keys.keys) == own.values.reduce(into: []) { $0.formUnion($1) })
        for (participant, keys) in own {
            for key in keys { #expect(state.keys[key]?.participant == participant) }
        }
        let waiting = state.identity.recoveries.filter { $0.value.status == .waiting }
        #expect(Set(waiting.keys) == Set(proposed.keys))
        let known = state.knownKeys.map(\.keyIdentifier)
        #expect(Set(known).count == known.count, "a key has two meanings")
    }
}
