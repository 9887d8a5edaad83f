import Encoding
import Signing

// Operators: who of them may sign what, and when two are needed.
extension ExchangeState {
    /// Refuses unless operators signed who may do this, two of them where the space's policy wants two.
    ///
    /// Keys that the statement itself announces are not counted.
    func requireOperator(_ command: Command, for action: OperatorAction = .ordinary) throws(Refusal) {
        guard let space else { throw Refusal(.spaceNotFounded, "the space has not been founded yet") }
        let signers = command.statement.establishedKeyIdentifiers
        guard !signers.isEmpty else { throw Refusal(.notTheOperator, "only the space's operator may sign this") }
        for identifier in signers where identifier != space.operatorKeyIdentifier {
            guard let appointed = identity.operators.first(where: { $0.key.keyIdentifier == identifier }) else {
                throw Refusal(.notTheOperator, "only the space's operator may sign this")
            }
            if action == .appointment { continue }
            guard let duty = action.duty else {
                throw Refusal(.dutyMissing, "only the space's root key may sign this, not \(appointed.name)")
            }
            guard appointed.duties.contains(duty) else {
                throw Refusal(
                    .dutyMissing,
                    "\(appointed.name) has not the duty \(duty.rawValue); the root key can give it with operator-appointment")
            }
        }
        if action == .appointment, !signers.contains(space.operatorKeyIdentifier) {
            throw Refusal(.dutyMissing, "operators are appointed with the space's root key")
        }
        if space.policy.identity.dualControl.contains(action), signers.count < 2 {
            throw Refusal(
                .secondOperatorNeeded,
                "the space's policy wants two operators' signatures for \(action.rawValue); have a second one sign the same bytes")
        }
    }

    func decide(_ appointment: OperatorAppointment, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command, for: .appointment)
        guard let space else { throw Refusal(.spaceNotFounded, "the space has not been founded yet") }
        try requireLater(command, than: identity.operatorsAppointed, "a later appointment")
        let before = identity.operators.map(\.key)
        for (index, appointed) in appointment.operators.enumerated() where !before.contains(appointed.key) {
            try requireFree(appointed.key, pointer: "/operators/\(index)/key")
        }
        try requireWorkable(space.policy.identity, appointment.operators, pointer: "/operators")
        return Event(
            type: .operatorsAppointed, subject: space.prefix, actor: Event.operatorActor,
            body: Self.changeBody(from: before, to: appointment.operators.map(\.key), appointment.reason),
            statement: command.statement)
    }

    func decide(_ change: NodeKeys, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command, for: .nodeKeys)
        guard let space else { throw Refusal(.spaceNotFounded, "the space has not been founded yet") }
        try requireLater(command, than: identity.nodeKeysChanged, "a later change of the node's keys")
        for (index, key) in change.nodeKeys.enumerated() where !space.nodeKeys.contains(key) {
            try requireFree(key, pointer: "/nodeKeys/\(index)")
            try requireProof(of: key, command, pointer: "/nodeKeys/\(index)")
        }
        guard Set(change.nodeKeys) != Set(space.nodeKeys) else {
            throw Refusal(.keysUnchanged, "these are the node's keys already", pointer: "/nodeKeys")
        }
        return Event(
            type: .nodeKeysChanged, subject: space.prefix, actor: Event.operatorActor,
            body: Self.changeBody(from: space.nodeKeys, to: change.nodeKeys, change.reason), statement: command.statement)
    }

    /// Refuses a policy and a choice of operators under which nobody could do what two must do: the space would lock itself
    /// out, since the policy itself may need two.
    func requireWorkable(_ policy: IdentityPolicy, _ operators: [SpaceOperator], pointer: String) throws(Refusal) {
        for action in OperatorAction.allCases where policy.dualControl.contains(action) {
            let holders = operators.filter { appointed in
                action == .appointment || action.duty.map(appointed.duties.contains) == true
            }
            guard !holders.isEmpty else {
                let need = action.duty.map { "an operator with the duty \($0.rawValue)" } ?? "an operator beside the root key"
                throw Refusal(
                    .operatorsTooFew,
                    action == .ordinary
                        ? "what is ordinary is the root key's alone, so two cannot sign it; take it out of dualControl"
                        : "\(action.rawValue) is to take two operators' signatures, so \(need) must be appointed beside the root key and stay so",
                    pointer: pointer)
            }
        }
        guard policy.review.stages == 2, policy.review.differentPeople else { return }
        // The root key can check and can approve. Enough must be left to approve when as many as are needed have checked.
        let approvers = 1 + operators.filter { $0.duties.contains(.approve) }.count
        let checkersOnly = operators.filter { $0.duties.contains(.check) && !$0.duties.contains(.approve) }.count
        func needed(_ action: OperatorAction) -> Int { policy.dualControl.contains(action) ? 2 : 1 }
        guard approvers - max(0, needed(.check) - checkersOnly) >= needed(.approve) else {
            throw Refusal(
                .operatorsTooFew,
                "two people are to review an application, so operators with the duties check and approve must be appointed beside the root key and stay so",
                pointer: pointer)
        }
    }

    // MARK: What several rules ask

    /// Refuses a statement that is not later than the last on the same matter.
    func requireLater(_ command: Command, than mark: Mark?, _ what: String) throws(Refusal) {
        if let mark, command.statement.header.issuedAt <= mark.issuedAt {
            throw Refusal(.staleDecision, "\(what) is recorded already", pointer: "/issuedAt")
        }
    }

    /// Refuses unless a key that a statement announces has signed it.
    func requireProof(of key: VerificationKey, _ command: Command, pointer: String) throws(Refusal) {
        guard command.statement.keyIdentifiers.contains(key.keyIdentifier) else {
            throw Refusal(
                .keyProofMissing, "the key \(key) has not signed; each new key signs, which proves that it is held",
                pointer: pointer)
        }
    }

    /// The body of an event that changes a list of keys.
    static func changeBody(from before: [VerificationKey], to after: [VerificationKey], _ reason: String) -> JSONObject {
        func list(_ keys: [VerificationKey]) -> JSONValue { .array(keys.map { .string($0.keyIdentifier) }) }
        return [
            "added": list(after.filter { !before.contains($0) }), "dropped": list(before.filter { !after.contains($0) }),
            "reason": .string(reason),
        ]
    }
}
