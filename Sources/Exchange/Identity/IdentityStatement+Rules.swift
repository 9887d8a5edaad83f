import Encoding
import Signing

extension ExchangeState {
    func decide(_ statement: IdentityStatement, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        switch statement {
        case .review(let content): try decide(content, command)
        case .keys(let content): try decide(content, command)
        case .recovery(let content): try decide(content, command, at: time)
        case .recoveryObjection(let content): try decide(objection: content, command)
        case .recoveryCompletion(let content): try decide(completion: content, command, at: time)
        case .delegation(let content): try decide(content, command, at: time)
        case .delegationRevocation(let content): try decide(content, command)
        case .operatorAppointment(let content): try decide(content, command)
        case .nodeKeys(let content): try decide(content, command)
        case .alarm(let content): try decide(content, command)
        }
    }

    mutating func apply(_ statement: IdentityStatement, _ event: Event, _ mark: Mark, at time: Timestamp) {
        switch statement {
        case .review(let content): apply(content, event, mark)
        case .keys(let content): apply(content, mark)
        case .recovery(let content):
            identity.recoveries[content.participant] = IdentityState.Recovery(
                keys: content.keys, proposed: mark, waitsUntil: recoveryEnd(from: time), status: .waiting, ended: nil)
        case .recoveryObjection(let content):
            identity.recoveries[content.participant]?.status = .objected
            identity.recoveries[content.participant]?.ended = mark
        case .recoveryCompletion(let content): complete(content, mark)
        case .delegation(let content):
            identity.staffKeys[content.key.keyIdentifier] = IdentityState.StaffKey(delegation: content, granted: mark)
        case .delegationRevocation(let content): retireStaff([content.key], mark)
        case .operatorAppointment(let content): apply(content, mark)
        case .nodeKeys(let content): apply(content, mark)
        case .alarm(let content): identity.alarms[content.subjectKey] = mark
        }
    }

    /// The last change by a statement of this kind to what the statement is about, by which a repetition is recognised.
    func lastMark(_ statement: IdentityStatement, _ signed: SignedStatement) -> Mark? {
        switch statement {
        case .review(let content): participants[content.participant]?.reviewed
        case .keys(let content): participants[content.participant]?.keysChanged
        case .recovery(let content): identity.recoveries[content.participant]?.proposed
        case .recoveryObjection(let content), .recoveryCompletion(let content):
            identity.recoveries[content.participant]?.ended
        case .delegation(let content): identity.staffKeys[content.key.keyIdentifier]?.granted
        case .delegationRevocation(let content): identity.retiredKeys[content.key]?.retired
        case .operatorAppointment: identity.operatorsAppointed
        case .nodeKeys: identity.nodeKeysChanged
        case .alarm(let content): identity.alarms[content.subjectKey]
        }
    }

    func decide(_ report: AlarmReport, _ command: Command) throws(Refusal) -> Event {
        guard let space, let signer = command.verified.keys.first, space.nodeKeys.contains(signer) else {
            throw Refusal(
                .notANodeKey, "an alarm is reported by the node, with one of the keys that the charter or the last node-keys statement names")
        }
        if let participant = report.participant { _ = try registered(participant) }
        try requireLater(command, than: identity.alarms[report.subjectKey], "a later report of this alarm")
        return Event(
            type: .alarmRaised, subject: report.participant?.text ?? space.prefix, actor: Event.nodeActor,
            body: [
                "alarm": .string(report.alarm.rawValue), "count": .integer(report.count),
                "threshold": .integer(report.threshold),
            ], statement: command.statement)
    }

    // MARK: What changes

    private mutating func apply(_ review: ParticipantReview, _ event: Event, _ mark: Mark) {
        participants[review.participant]?.reviewed = mark
        participants[review.participant]?.reviewers = event.statement.keyIdentifiers
        participants[review.participant]?.status = review.finding == .complete ? .checked : .returned
        if review.finding == .incomplete { freeCreditCode(of: review.participant) }
    }

    /// Whoever was refused, returned or revoked may apply again with the same credit code, but not with the same keys.
    mutating func freeCreditCode(of participant: Identifier) {
        guard let code = participants[participant]?.creditCode, creditCodes[code] == participant else { return }
        creditCodes[code] = nil
    }

    private mutating func apply(_ change: ParticipantKeys, _ mark: Mark) {
        let participant = change.participant
        retireKeys(change.remove, of: participant, mark)
        register(change.add, for: participant)
        participants[participant]?.keysChanged = mark
    }

    private mutating func complete(_ completion: KeyRecoveryEnd, _ mark: Mark) {
        let participant = completion.participant
        guard let recovery = identity.recoveries[participant] else { return }
        retireKeys(participants[participant]?.keyIdentifiers ?? [], of: participant, mark)
        retireStaff(staffKeys(of: participant), mark)
        register(recovery.keys, for: participant)
        identity.recoveries[participant]?.status = .completed
        identity.recoveries[participant]?.ended = mark
    }

    private mutating func register(_ added: [VerificationKey], for participant: Identifier) {
        for key in added { keys[key.keyIdentifier] = KeyOwner(participant: participant, key: key) }
        participants[participant]?.keyIdentifiers += added.map(\.keyIdentifier)
    }

    private mutating func retireKeys(_ identifiers: [String], of participant: Identifier, _ mark: Mark) {
        for identifier in identifiers {
            guard let owner = keys.removeValue(forKey: identifier) else { continue }
            identity.retiredKeys[identifier] = .init(key: owner.key, participant: participant, retired: mark)
        }
        participants[participant]?.keyIdentifiers.removeAll(where: identifiers.contains)
    }

    private mutating func retireStaff(_ identifiers: [String], _ mark: Mark) {
        for identifier in identifiers {
            guard let staff = identity.staffKeys.removeValue(forKey: identifier)?.delegation else { continue }
            identity.retiredKeys[identifier] = .init(key: staff.key, participant: staff.participant, retired: mark)
        }
    }

    private mutating func apply(_ appointment: OperatorAppointment, _ mark: Mark) {
        let kept = appointment.operators.map(\.key)
        for key in identity.operators.map(\.key) where !kept.contains(key) {
            identity.retiredKeys[key.keyIdentifier] = .init(key: key, participant: nil, retired: mark)
        }
        identity.operators = appointment.operators
        identity.operatorsAppointed = mark
    }

    private mutating func apply(_ change: NodeKeys, _ mark: Mark) {
        for key in space?.nodeKeys ?? [] where !change.nodeKeys.contains(key) {
            identity.retiredKeys[key.keyIdentifier] = .init(key: key, participant: nil, retired: mark)
        }
        space?.nodeKeys = change.nodeKeys
        identity.nodeKeysChanged = mark
    }
}
