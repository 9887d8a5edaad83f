import Encoding
import Signing

// A participant's keys: changed by itself, or recovered by the operator: waiting → objected | completed.
extension ExchangeState {
    func decide(_ change: ParticipantKeys, _ command: Command) throws(Refusal) -> Event {
        let participant = try organisation(change.participant, signing: command)
        try requireLater(command, than: participant.keysChanged, "a later change of the participant's keys")
        for (index, key) in change.add.enumerated() {
            try requireFree(key, pointer: "/add/\(index)")
            try requireProof(of: key, command, pointer: "/add/\(index)")
        }
        for (index, identifier) in change.remove.enumerated() where !participant.keyIdentifiers.contains(identifier) {
            throw Refusal(
                .notFound, "the key \(identifier) is none of \(participant.name)'s; those are \(participant.keyIdentifiers.joined(separator: ", "))",
                pointer: "/remove/\(index)")
        }
        let count = participant.keyIdentifiers.count - change.remove.count + change.add.count
        guard (1...ParticipantKeys.maximumCount).contains(count) else {
            throw Refusal(
                .keysOutOfRange,
                count < 1
                    ? "at least one key must stay; add the new one with the same statement"
                    : "a participant has at most \(ParticipantKeys.maximumCount) keys, this would make \(count); remove one with the same statement",
                pointer: count < 1 ? "/remove" : "/add")
        }
        return Event(
            type: .participantKeysChanged, subject: participant.identifier.text, actor: participant.identifier.text,
            body: [
                "added": .array(change.add.map { .string($0.keyIdentifier) }),
                "removed": .array(change.remove.map { .string($0) }), "reason": .string(change.reason),
            ], statement: command.statement)
    }

    /// The active participant that a statement is about, once it has signed with keys of its own and nobody else has, the
    /// keys aside that the statement announces.
    func organisation(_ identifier: Identifier, signing command: Command) throws(Refusal) -> Participant {
        let participant = try registered(identifier)
        let signers = command.statement.establishedKeyIdentifiers
        for signer in signers {
            try requireSigner(try activeParticipant(ofKey: signer), is: identifier, pointer: "/participant")
        }
        guard !signers.isEmpty else {
            throw Refusal(
                .signerNotNamed, "a key that \(participant.name) has already must sign, beside those that the statement announces",
                pointer: "/participant")
        }
        return participant
    }

    func registered(_ identifier: Identifier) throws(Refusal) -> Participant {
        guard let participant = participants[identifier] else {
            throw Refusal(.notFound, "no participant \(identifier) has applied", pointer: "/participant")
        }
        return participant
    }

    // MARK: Recovery

    func decide(_ recovery: KeyRecovery, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        try requireOperator(command, for: .recovery)
        let participant = try registered(recovery.participant)
        guard participant.status == .active || participant.status == .suspended else {
            throw Refusal(
                .wrongStatus, "\(participant.name) is \(participant.status.rawValue); keys are recovered for who is active or suspended",
                pointer: "/participant")
        }
        let last = identity.recoveries[participant.identifier]
        if last?.status == .waiting {
            throw Refusal(
                .recoveryPending, "a recovery of \(participant.name)'s keys is waiting already; it is completed, or the participant objects",
                pointer: "/participant")
        }
        try requireLater(command, than: last?.proposed, "a later proposal")
        try requireLater(command, than: last?.ended, "a later word on a recovery")
        for (index, key) in recovery.keys.enumerated() {
            try requireFree(key, pointer: "/keys/\(index)")
            try requireProof(of: key, command, pointer: "/keys/\(index)")
        }
        return Event(
            type: .recoveryProposed, subject: participant.identifier.text, actor: Event.operatorActor,
            body: [
                "keys": .array(recovery.keys.map { .string($0.keyIdentifier) }),
                "waitsUntil": .string(recoveryEnd(from: time).description), "reason": .string(recovery.reason),
            ], statement: command.statement)
    }

    /// When a recovery proposed at a time can be completed.
    func recoveryEnd(from time: Timestamp) -> Timestamp {
        time.advanced(byMilliseconds: (space?.policy.identity.recoveryWaitingHours ?? 0) * 3_600_000)
    }

    /// An objection counts even from who is suspended: it only keeps things as they are.
    func decide(objection: KeyRecoveryEnd, _ command: Command) throws(Refusal) -> Event {
        let participant = try registered(objection.participant)
        let signer = command.statement.keyIdentifiers.first ?? ""
        guard participant.keyIdentifiers.contains(signer) else {
            throw Refusal(
                .signerNotNamed, "only a key that \(participant.name) has itself can object", pointer: "/participant")
        }
        _ = try waitingRecovery(of: participant, command)
        return Event(
            type: .recoveryObjected, subject: participant.identifier.text, actor: participant.identifier.text,
            body: ["reason": .string(objection.reason)], statement: command.statement)
    }

    func decide(completion: KeyRecoveryEnd, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let participant = try registered(completion.participant)
        let last = identity.recoveries[participant.identifier]
        let signers = command.statement.keyIdentifiers
        // One of the new keys can complete what the operator has proposed; nobody else but the operator.
        let isByNewKey = signers.count == 1 && last?.keys.contains { $0.keyIdentifier == signers[0] } == true
        if !isByNewKey { try requireOperator(command, for: .recovery) }
        let recovery = try waitingRecovery(of: participant, command)
        guard time >= recovery.waitsUntil else {
            throw Refusal(
                .recoveryWaiting, "the recovery waits for an objection until \(recovery.waitsUntil); complete it then",
                pointer: "/participant")
        }
        return Event(
            type: .participantRecovered, subject: participant.identifier.text,
            actor: isByNewKey ? participant.identifier.text : Event.operatorActor,
            body: [
                "added": .array(recovery.keys.map { .string($0.keyIdentifier) }),
                "removed": .array(participant.keyIdentifiers.map { .string($0) }),
                "endedDelegations": .integer(Int64(staffKeys(of: participant.identifier).count)),
                "reason": .string(completion.reason),
            ], statement: command.statement)
    }

    /// The recovery that waits for a participant, which the statement must come after.
    private func waitingRecovery(
        of participant: Participant, _ command: Command
    ) throws(Refusal) -> IdentityState.Recovery {
        guard let recovery = identity.recoveries[participant.identifier], recovery.status == .waiting else {
            throw Refusal(.notFound, "no recovery of \(participant.name)'s keys is waiting", pointer: "/participant")
        }
        try requireLater(command, than: recovery.proposed, "a proposal made after this was signed")
        return recovery
    }

    func staffKeys(of participant: Identifier) -> [String] {
        identity.staffKeys.filter { $0.value.delegation.participant == participant }.keys.sorted()
    }
}
