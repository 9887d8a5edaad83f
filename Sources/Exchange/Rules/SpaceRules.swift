import Encoding
import Signing
import TransparencyLog

// The space: founded once; then its ledger's keys change, never all of them at a time.
extension ExchangeState {
    func decideFounding(_ charter: SpaceCharter, _ command: Command) throws(Refusal) -> Event {
        guard space == nil else { throw Refusal(.spaceAlreadyFounded, "the space has been founded already") }
        guard command.verified.keys == [charter.operatorKey] else {
            throw Refusal(.notTheOperator, "a space's charter is signed with the operator key that it names")
        }
        return Event(
            type: .spaceFounded, subject: command.statement.header.space, actor: Event.operatorActor,
            body: ["origin": .string(charter.origin)], statement: command.statement)
    }

    func decide(_ change: LogKeys, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command, for: .logKeys)
        guard let space else { throw Refusal(.spaceNotFounded, "the space has not been founded yet") }
        if let last = space.logKeyChanges.last?.mark, command.statement.header.issuedAt <= last.issuedAt {
            throw Refusal(.staleDecision, "a later change of the ledger's keys is recorded already", pointer: "/issuedAt")
        }
        for (index, key) in change.logKeys.enumerated() { try check(key, pointer: "/logKeys/\(index)", space) }
        let (before, after) = (space.logKeys, change.logKeys.map(\.description))
        let added = after.filter { !before.contains($0) }
        let dropped = before.filter { !after.contains($0) }
        guard !added.isEmpty || !dropped.isEmpty else {
            throw Refusal(.logKeysUnchanged, "these are the ledger's keys already", pointer: "/logKeys")
        }
        guard added.count < after.count else {
            throw Refusal(
                .logKeysDisjoint,
                "none of the ledger's present keys is among the new ones; add the new key first, and drop the old one with a later statement. In force now: \(before.joined(separator: ", "))",
                pointer: "/logKeys")
        }
        try checkHandover(change, from: before, space)
        return Event(
            type: .spaceLogKeysChanged, subject: space.prefix, actor: Event.operatorActor,
            body: [
                "added": .array(added.map { .string($0) }), "dropped": .array(dropped.map { .string($0) }),
                "reason": .string(change.reason),
            ], statement: command.statement)
    }

    func decide(_ policy: SpacePolicy, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command, for: .policy)
        guard let space else { throw Refusal(.spaceNotFounded, "the space has not been founded yet") }
        if let last = space.policySet, command.statement.header.issuedAt <= last.issuedAt {
            throw Refusal(.staleDecision, "a later policy is recorded already", pointer: "/issuedAt")
        }
        try requireWorkable(policy.identity, identity.operators, pointer: "/identity")
        return Event(
            type: .spacePolicySet, subject: space.prefix, actor: Event.operatorActor, body: [:], statement: command.statement)
    }

    private func check(_ key: NoteVerifier, pointer: String, _ space: Space) throws(Refusal) {
        guard key.name == space.origin else {
            throw Refusal(
                .logKeyForeign, "the key is named \"\(key.name)\"; a key of this ledger is named \"\(space.origin)\"",
                pointer: pointer)
        }
        // Who dropped a key may have had reason to fear that others hold it.
        guard !space.retiredLogKeys.contains(key.description) else {
            throw Refusal(
                .logKeyRetired, "the key \(key) has been dropped; a dropped key never comes back, make a new one",
                pointer: pointer)
        }
    }

    private func checkHandover(_ change: LogKeys, from before: [String], _ space: Space) throws(Refusal) {
        let after = change.logKeys.map(\.description)
        let expected = LogKeys.handoverText(origin: space.origin, from: before, to: after)
        guard change.handover.text == expected else {
            throw Refusal(
                .handoverWrong,
                "the handover does not say that the ledger's keys pass from those in force now to those in \"logKeys\"; it should say: \(expected.split(separator: "\n").joined(separator: " | "))",
                pointer: "/handover")
        }
        let signers: [NoteVerifier]
        do { signers = try change.handover.verify(with: change.logKeys) } catch {
            throw Refusal(.handoverWrong, "the handover's signatures do not hold: \(error)", pointer: "/handover")
        }
        if let missing = change.logKeys.first(where: { !signers.contains($0) }) {
            throw Refusal(.handoverWrong, "the handover lacks a signature by the key \(missing)", pointer: "/handover")
        }
        guard change.handover.signatures.count == change.logKeys.count else {
            throw Refusal(
                .handoverWrong, "the handover bears more signatures than one by each of the new keys", pointer: "/handover")
        }
    }
}
