import Encoding

// Participants: applied → checked → active, each with a way out (returned, refused); active ⇄ suspended; → revoked for good.
// The table is in Sources/Exchange/Identity/README.md.
extension ExchangeState {
    func decide(_ application: ParticipantApplication, _ command: Command) throws(Refusal) -> Event {
        let identifier = command.statement.identifier(.participant)
        guard command.statement.keyIdentifiers.sorted() == application.keys.map(\.keyIdentifier).sorted() else {
            throw Refusal(
                .signerNotNamed, "an application is signed with every key that it registers, and with no other",
                pointer: "/keys")
        }
        for (index, key) in application.keys.enumerated() { try requireFree(key, pointer: "/keys/\(index)") }
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

    func decide(_ review: ParticipantReview, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command, for: .check)
        let participant = try registered(review.participant)
        guard participant.status == .applied else {
            throw Refusal(
                .wrongStatus,
                "\(participant.name) is \(participant.status.rawValue); only an application that nobody has checked or decided can be checked",
                pointer: "/participant")
        }
        return Event(
            type: review.finding == .complete ? .participantChecked : .participantReturned,
            subject: participant.identifier.text, actor: Event.operatorActor, body: ["notes": .string(review.notes)],
            statement: command.statement)
    }

    func decide(_ decision: ParticipantDecision, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command, for: decision.decision.action)
        let participant = try registered(decision.participant)
        try requireLater(command, than: participant.decided, "a later decision on this participant")
        let (from, type) = decision.decision.transition
        guard from.contains(participant.status) else {
            let states = from.map(\.rawValue).joined(separator: " or ")
            throw Refusal(
                .wrongStatus,
                "\(participant.name) is \(participant.status.rawValue); only one that is \(states) can be \(type.pastTense)",
                pointer: "/decision")
        }
        if decision.decision == .approve { try checkStages(participant, command) }
        var body: JSONObject = ["reason": .string(decision.reason)]
        if let assurance = decision.assurance { body["assurance"] = .integer(assurance) }
        return Event(
            type: type, subject: participant.identifier.text, actor: Event.operatorActor, body: body,
            statement: command.statement)
    }

    /// Whether the review has come as far as the policy wants before an approval, and by other people.
    private func checkStages(_ participant: Participant, _ command: Command) throws(Refusal) {
        guard let review = space?.policy.identity.review, review.stages == 2 else { return }
        guard participant.status == .checked else {
            throw Refusal(
                .checkMissing, "in this space an application is checked before it is approved; record a participant-review first",
                pointer: "/decision")
        }
        let both = participant.reviewers.first { command.statement.keyIdentifiers.contains($0) }
        if review.differentPeople, both != nil {
            throw Refusal(
                .samePerson, "who checked the application cannot approve it as well; another operator must sign", pointer: "/decision")
        }
    }
}

extension ParticipantVerdict {
    /// What the operators do by it.
    var action: OperatorAction {
        switch self {
        case .approve, .refuse: .approve
        case .suspend, .resume: .suspend
        case .revoke: .revoke
        case .assure: .assure
        }
    }

    /// In which statuses it can be given, and the event that it leads to.
    var transition: (from: [ParticipantStatus], type: EventType) {
        switch self {
        case .approve: ([.applied, .checked], .participantApproved)
        case .refuse: ([.applied, .checked], .participantRefused)
        case .suspend: ([.active], .participantSuspended)
        case .resume: ([.suspended], .participantResumed)
        case .revoke: ([.active, .suspended], .participantRevoked)
        case .assure: ([.active, .suspended], .participantAssured)
        }
    }

    /// The status that it leads to; `nil` where it stays.
    var status: ParticipantStatus? {
        switch self {
        case .approve, .resume: .active
        case .refuse: .refused
        case .suspend: .suspended
        case .revoke: .revoked
        case .assure: nil
        }
    }
}

extension EventType {
    /// The second half of the type's name, for sentences: "approved".
    var pastTense: String { String(rawValue.drop { $0 != "." }.dropFirst()) }
}
