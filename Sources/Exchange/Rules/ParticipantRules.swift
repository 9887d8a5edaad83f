import Encoding

// Participants: applied → active | refused; active ⇄ suspended.
extension ExchangeState {
    func decide(_ application: ParticipantApplication, _ command: Command) throws(Refusal) -> Event {
        let identifier = command.statement.identifier(.participant)
        guard command.statement.keyIdentifiers.sorted() == application.keys.map(\.keyIdentifier).sorted() else {
            throw Refusal(
                .signerNotNamed, "an application is signed with every key that it registers, and with no other",
                pointer: "/keys")
        }
        for (index, key) in application.keys.enumerated() {
            let keyIdentifier = key.keyIdentifier
            if keys[keyIdentifier] != nil || space?.operatorKeyIdentifier == keyIdentifier {
                throw Refusal(
                    .keyAlreadyRegistered, "the key \(keyIdentifier) is registered already; use a key of your own",
                    pointer: "/keys/\(index)")
            }
        }
        if let code = application.creditCode?.text, let holder = creditCodes[code] {
            throw Refusal(
                .creditCodeAlreadyRegistered, "the unified social credit code \(code) is registered already, as \(holder)",
                pointer: "/creditCode")
        }
        return Event(
            type: .participantApplied, subject: identifier.text, actor: identifier.text,
            body: [
                "name": .string(application.name), "roles": .array(application.roles.map { .string($0.rawValue) }),
            ], statement: command.statement)
    }

    func decide(_ decision: ParticipantDecision, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command)
        guard let participant = participants[decision.participant] else {
            throw Refusal(.notFound, "no participant \(decision.participant) has applied", pointer: "/participant")
        }
        if let last = participant.decided, command.statement.header.issuedAt <= last.issuedAt {
            throw Refusal(.staleDecision, "a later decision on this participant is recorded already", pointer: "/issuedAt")
        }
        let (from, type): (ParticipantStatus, EventType) =
            switch decision.decision {
            case .approve: (.applied, .participantApproved)
            case .refuse: (.applied, .participantRefused)
            case .suspend: (.active, .participantSuspended)
            case .resume: (.suspended, .participantResumed)
            }
        guard participant.status == from else {
            throw Refusal(
                .wrongStatus,
                "\(participant.name) is \(participant.status.rawValue); only one that is \(from.rawValue) can be \(type.pastTense)",
                pointer: "/decision")
        }
        return Event(
            type: type, subject: participant.identifier.text, actor: Event.operatorActor,
            body: ["reason": .string(decision.reason)], statement: command.statement)
    }
}

extension EventType {
    /// The second half of the type's name, for sentences: "approved".
    var pastTense: String { String(rawValue.drop { $0 != "." }.dropFirst()) }
}
