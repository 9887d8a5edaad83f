import Encoding
import Exchange
import Signing
import Synchronization

/// Who may sign requests now, for look-up from any thread.
///
/// It repeats what the state says of keys, participants, operators and staff, so that a request's signature can be checked
/// on a network thread, before its body is taken, and without waiting for the sequencer. Only the sequencer changes it.
final class KeyDirectory: Sendable {
    fileprivate enum Holder {
        case spaceOperator
        case participant(Identifier)
        case staff(Delegation)
        /// The node's own key, or one that counts no longer.
        case nobody(Refusal)
    }

    fileprivate struct Entry {
        var key: VerificationKey
        var holder: Holder
    }

    fileprivate struct Register {
        var keys: [String: Entry] = [:]
        var participants: [Identifier: Participant] = [:]
        /// The key identifiers that each participant has or had, its staff's among them.
        var keysOf: [Identifier: Set<String>] = [:]
        /// The operators' key identifiers.
        var operators: Set<String> = []
        /// Applications that the operator has not decided on.
        var waiting: Set<Identifier> = []
        /// In the order of their creation, which numbers them in the status lists.
        var order: [Identifier] = []
        var ordinals: [Identifier: Int] = [:]
        /// Goes up when a participant is new or another status holds.
        var version = 0
        var alarms = AlarmPolicy()
    }

    private let register = Mutex(Register())

    init(_ state: ExchangeState) { replace(with: state) }

    func replace(with state: ExchangeState) {
        var fresh = Register()
        // Never the number that a list was cached under before.
        fresh.version = register.withLock { $0.version } + 1
        fresh.addSpace(state)
        for participant in state.participants.values.sorted(by: { $0.created.seq < $1.created.seq }) {
            fresh.add(participant, state)
        }
        for staff in state.identity.staffKeys.values { fresh.add(staff.delegation) }
        for recovery in state.identity.recoveries.values { fresh.announce(recovery) }
        for (identifier, retired) in state.identity.retiredKeys { fresh.retire(identifier, retired) }
        let complete = fresh
        register.withLock { $0 = complete }
    }

    /// Follows an event that has just been applied to the state.
    func update(after event: Event, _ state: ExchangeState) {
        let identifier: Identifier
        switch event.statement.content {
        case .spaceCharter, .spacePolicy: return register.withLock { $0.addSpace(state) }
        case .participantApplication: identifier = event.statement.identifier(.participant)
        case .participantDecision(let decision): identifier = decision.participant
        case .identity(let statement):
            guard let participant = statement.changedParticipant else {
                return register.withLock { $0.addSpace(state) }
            }
            identifier = participant
        default: return
        }
        guard let participant = state.participants[identifier] else { return }
        register.withLock { register in
            register.add(participant, state)
            register.refreshStaff(of: participant, after: event, state)
            if let recovery = state.identity.recoveries[identifier] { register.announce(recovery) }
        }
    }

    // MARK: Looking up

    func key(_ identifier: String) -> VerificationKey? { register.withLock { $0.keys[identifier]?.key } }

    var waitingApplications: Int { register.withLock { $0.waiting.count } }

    var alarmPolicy: AlarmPolicy { register.withLock { $0.alarms } }

    /// Who holds a key, and for staff by which delegation. Throws where nobody does, or who does may not act at this time.
    func holder(of keyIdentifier: String, at time: Timestamp) throws(Refusal) -> (caller: Caller, delegation: Delegation?) {
        let (holder, participant) = register.withLock { register in
            let holder = register.keys[keyIdentifier]?.holder
            return (holder, holder?.participant.flatMap { register.participants[$0] })
        }
        switch holder {
        case nil: throw Refusal(.signerUnknown, "the signing key is not registered")
        case .spaceOperator: return (.spaceOperator, nil)
        case .nobody(let refusal): throw refusal
        case .participant, .staff:
            guard var participant else { throw Refusal(.signerUnknown, "the signing key is not registered") }
            guard participant.status == .active else { throw participant.inactivity }
            guard case .staff(let delegation) = holder else { return (.participant(participant), nil) }
            try delegation.requireInForce(at: time)
            participant.roles.removeAll { !delegation.roles.contains($0) }
            return (.participant(participant), delegation)
        }
    }

    func caller(_ keyIdentifier: String, at time: Timestamp = Clock.now()) throws(Refusal) -> Caller {
        try holder(of: keyIdentifier, at: time).caller
    }

    /// The participant whose own key this is, whatever its status; for what an applicant may do.
    func owner(of keyIdentifier: String) -> Participant? {
        register.withLock { register in
            guard case .participant(let identifier) = register.keys[keyIdentifier]?.holder else { return nil }
            return register.participants[identifier]
        }
    }

    /// The participant that a key belongs to, as its own or its staff's; `nil` for operators and strangers.
    func participant(of keyIdentifier: String) -> Identifier? {
        register.withLock { $0.keys[keyIdentifier]?.holder.participant }
    }

    /// What the status lists say, by the participants' numbers.
    struct StatusMarks: Sendable {
        var version: Int
        var suspended: [Int]
        var revoked: [Int]
        var count: Int
    }

    var statusVersion: Int { register.withLock { $0.version } }

    func statusMarks() -> StatusMarks {
        register.withLock { register in
            var marks = StatusMarks(version: register.version, suspended: [], revoked: [], count: register.order.count)
            for (number, identifier) in register.order.enumerated() {
                switch register.participants[identifier]?.status {
                case .suspended: marks.suspended.append(number)
                case .revoked: marks.revoked.append(number)
                default: break
                }
            }
            return marks
        }
    }

    /// The number of a participant in the status lists.
    func ordinal(of participant: Identifier) -> Int? { register.withLock { $0.ordinals[participant] } }
}

// MARK: Keeping the register

extension KeyDirectory.Holder {
    fileprivate var participant: Identifier? {
        switch self {
        case .participant(let identifier): identifier
        case .staff(let delegation): delegation.participant
        case .spaceOperator, .nobody: nil
        }
    }
}

extension KeyDirectory.Register {
    /// The operators' and the node's keys, and the policy.
    fileprivate mutating func addSpace(_ state: ExchangeState) {
        guard let space = state.space else { return }
        alarms = space.policy.identity.alarms
        for identifier in operators { keys[identifier]?.holder = .nobody(Self.dismissed) }
        let appointed = state.identity.operators.map(\.key) + [space.operatorKey]
        for key in appointed { keys[key.keyIdentifier] = .init(key: key, holder: .spaceOperator) }
        operators = Set(appointed.map(\.keyIdentifier))
        for key in space.nodeKeys {
            keys[key.keyIdentifier] = .init(
                key: key,
                holder: .nobody(Refusal(.signerNotActive, "the key is the node's own, with which nobody sends requests")))
        }
    }

    private static let dismissed = Refusal(.signerKeyRetired, "the key was an operator's, who is one no longer")

    fileprivate mutating func add(_ participant: Participant, _ state: ExchangeState) {
        let before = participants.updateValue(participant, forKey: participant.identifier)
        if before == nil {
            ordinals[participant.identifier] = order.count
            order.append(participant.identifier)
        }
        if before?.status != participant.status { version += 1 }
        for identifier in participant.keyIdentifiers {
            guard let owner = state.keys[identifier], owner.participant == participant.identifier else { continue }
            keys[identifier] = .init(key: owner.key, holder: .participant(participant.identifier))
            keysOf[participant.identifier, default: []].insert(identifier)
        }
        switch participant.status {
        case .applied, .checked: waiting.insert(participant.identifier)
        default: waiting.remove(participant.identifier)
        }
    }

    fileprivate mutating func add(_ delegation: Delegation) {
        let identifier = delegation.key.keyIdentifier
        keys[identifier] = .init(key: delegation.key, holder: .staff(delegation))
        keysOf[delegation.participant, default: []].insert(identifier)
    }

    /// The keys of a recovery that waits: its completion can be signed with them, and nothing else.
    fileprivate mutating func announce(_ recovery: IdentityState.Recovery) {
        guard recovery.status == .waiting else { return }
        for key in recovery.keys where keys[key.keyIdentifier] == nil {
            keys[key.keyIdentifier] = .init(
                key: key,
                holder: .nobody(Refusal(.signerNotActive, "the key counts once the recovery of keys that proposes it is completed")))
        }
    }

    fileprivate mutating func retire(_ identifier: String, _ retired: IdentityState.RetiredKey) {
        keys[identifier] = .init(
            key: retired.key,
            holder: .nobody(
                Refusal(
                    .signerKeyRetired,
                    "the key \(identifier) has been taken back, and never counts again; sign with another key")))
    }

    /// The staff of a participant whose keys may have changed, and the keys that are gone.
    fileprivate mutating func refreshStaff(of participant: Participant, after event: Event, _ state: ExchangeState) {
        if case .identity(.delegation(let delegation)) = event.statement.content {
            keysOf[participant.identifier, default: []].insert(delegation.key.keyIdentifier)
        }
        for identifier in keysOf[participant.identifier] ?? [] {
            if let staff = state.identity.staffKeys[identifier], staff.delegation.participant == participant.identifier {
                add(staff.delegation)
            } else if let retired = state.identity.retiredKeys[identifier] {
                retire(identifier, retired)
            } else if !participant.keyIdentifiers.contains(identifier), case .staff = keys[identifier]?.holder {
                keys[identifier] = nil
            }
        }
    }
}

extension IdentityStatement {
    /// Whose keys, staff or status the statement may change; `nil` for the space's own.
    var changedParticipant: Identifier? {
        switch self {
        case .review(let review): review.participant
        case .keys(let change): change.participant
        case .recovery(let recovery): recovery.participant
        case .recoveryObjection(let end), .recoveryCompletion(let end): end.participant
        case .delegation(let delegation): delegation.participant
        case .delegationRevocation(let revocation): revocation.participant
        case .operatorAppointment, .nodeKeys, .alarm: nil
        }
    }
}

extension Delegation {
    /// Refuses outside the delegation's time: a leaver whom nobody revoked stops when it runs out.
    func requireInForce(at time: Timestamp) throws(Refusal) {
        if time < notBefore {
            throw Refusal(.delegationNotInForce, "the delegation of \"\(name)\" begins at \(notBefore) only")
        }
        if time >= expiresAt {
            throw Refusal(
                .delegationNotInForce,
                "the delegation of \"\(name)\" expired at \(expiresAt); the organisation renews it with \"hexi staff renew\"")
        }
    }
}
