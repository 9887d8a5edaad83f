import Encoding

// How an application is decided: formal check, public notice, objections, decision.
extension ExchangeState {
    func decide(_ check: RightCheck, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        try requireOperator(command, for: .rights)
        let right = try right(check.right)
        try requireStatus(.applied, of: right, to: "checked")
        guard check.verdict == .pass else {
            return refused(right, command, by: "check", check.ground, check.reason, at: time)
        }
        try requireNoConflict(right, at: time)
        let policy = rightsPolicy
        let until = policy.calendar.end(of: policy.noticeWorkingDays, after: time)
        return right.event(
            .rightNoticed, command, actor: Event.operatorActor,
            [("noticeUntil", .string(until.description)), ("reason", .string(check.reason))])
    }

    func decide(_ objection: RightObjection, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        let right = try right(objection.right)
        try requireStatus(.noticed, of: right, to: "objected to")
        guard signer.identifier != right.holder else {
            throw Refusal(
                .partiesWrong, "the applicant cannot object to its own application; withdraw it instead", pointer: "/right")
        }
        guard right.noticeUntil.map({ time < $0 }) ?? false || rightsPolicy.hearsLateObjections else {
            throw Refusal(
                .noticeOver,
                "the public notice of \(right.identifier) ended at \(right.noticeUntil?.description ?? "an unknown time"); a court or the regulator can still be turned to",
                pointer: "/right")
        }
        guard !right.objections.contains(where: { $0.objector == signer.identifier }) else {
            throw Refusal(
                .objectionRepeated, "\(signer.name) has objected to \(right.identifier) already; an application is objected to once by each",
                pointer: "/right")
        }
        guard right.objections.count < Right.maximumObjectionCount else {
            throw Refusal(
                .objectionRepeated, "\(right.identifier) has \(right.objections.count) objections, the most that are heard; tell the operator",
                pointer: "/right")
        }
        return right.event(
            .rightObjected, command, actor: signer.identifier.text,
            [("objector", .string(signer.identifier.text)), ("ground", .string(objection.ground.rawValue))])
    }

    func decide(_ decision: ObjectionDecision, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        try requireOperator(command, for: .rights)
        let right = try right(decision.right)
        try requireStatus(.noticed, of: right, to: "decided on")
        guard let objection = right.objections.first(where: { $0.objector == decision.objector }) else {
            throw Refusal(
                .notFound, "\(decision.objector) has not objected to \(right.identifier)", pointer: "/objector")
        }
        guard objection.verdict == nil else {
            throw Refusal(
                .wrongStatus, "the objection of \(decision.objector) has been dismissed already", pointer: "/objector")
        }
        switch decision.verdict {
        case .dismissed:
            return right.event(
                .rightObjectionDismissed, command, actor: Event.operatorActor,
                [("objector", .string(decision.objector.text)), ("reason", .string(decision.reason))])
        case .upheld:
            return refused(
                right, command, by: "objection", objection.ground.refusalGround, decision.reason,
                objector: decision.objector, at: time)
        }
    }

    func decide(_ decision: RightDecision, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        try requireOperator(command, for: .rights)
        let right = try right(decision.right)
        try requireStatus(.noticed, of: right, to: "decided on")
        guard let noticeUntil = right.noticeUntil, time >= noticeUntil else {
            throw Refusal(
                .noticeNotOver,
                "the public notice of \(right.identifier) lasts until \(right.noticeUntil?.description ?? "an unknown time"); decide after that",
                pointer: "/right")
        }
        if let open = right.openObjections.first {
            throw Refusal(
                .objectionOpen,
                "the objection of \(open.objector) (entry \(open.made.seq)) is not decided; uphold or dismiss it first", pointer: "/right")
        }
        if rightsPolicy.differentPeople, command.statement.keyIdentifiers.contains(where: { right.checkedBy.contains($0) }) {
            throw Refusal(.samePerson, "who passed the formal check cannot decide as well; have another operator sign")
        }
        guard decision.verdict == .grant else {
            return refused(right, command, by: "decision", decision.ground, decision.reason, at: time)
        }
        return try granted(right, decision, command, at: time)
    }

    private func granted(
        _ right: Right, _ decision: RightDecision, _ command: Command, at time: Timestamp
    ) throws(Refusal) -> Event {
        guard participants[right.holder]?.status == .active else {
            throw Refusal(.partiesWrong, "\(right.holder) is not active in this space; wait, or refuse the application")
        }
        try requireNoConflict(right, at: time)
        var expiresAt = try end(of: right.term, from: time, at: time)
        if let basis = right.basis {
            // A derived right cannot outlast what it derives from.
            let ends = try usableBasis(basis, of: right.holder, at: time).expiresAt
            expiresAt = min(expiresAt, ends ?? expiresAt)
        }
        return right.event(
            .rightGranted, command, actor: Event.operatorActor,
            [
                ("title", .languageMap(right.title)), ("exclusive", .bool(right.isExclusive)),
                ("grantedAt", .string(time.description)), ("expiresAt", .string(expiresAt.description)),
                ("retainUntil", .string(retention(from: time).description)), ("reason", .string(decision.reason)),
            ])
    }

    /// Until when the evidence of a decision is to be kept.
    func retention(from time: Timestamp) -> Timestamp {
        let policy = rightsPolicy
        return time.advanced(
            byMonths: policy.evidenceRetentionYears * 12, utcOffsetMinutes: policy.calendar.utcOffsetMinutes)
    }

    private func refused(
        _ right: Right, _ command: Command, by stage: String, _ ground: RightRefusalGround?, _ reason: String,
        objector: Identifier? = nil, at time: Timestamp
    ) -> Event {
        right.event(
            .rightRefused, command, actor: Event.operatorActor,
            [
                ("by", .string(stage)), ("ground", .string((ground ?? .other).rawValue)), ("reason", .string(reason)),
                ("objector", objector.map { .string($0.text) }),
                ("retainUntil", .string(retention(from: time).description)),
            ])
    }

    private func requireStatus(_ status: RightStatus, of right: Right, to verb: String) throws(Refusal) {
        guard right.status == status else {
            throw Refusal(
                .wrongStatus,
                "the application \(right.identifier) is \(right.status.rawValue); only one that is \(status.rawValue) can be \(verb)"
                    + (right.status == .applied && status == .noticed ? ", after its formal check (hexi right check)" : ""),
                pointer: "/right")
        }
    }
}

extension ObjectionGround {
    /// On what ground an application is refused when such an objection is upheld.
    var refusalGround: RightRefusalGround {
        switch self {
        case .betterRight: .underDispute
        case .noLawfulSource: .noLawfulSource
        case .alreadyRegistered: .alreadyRegistered
        case .wrongParticulars: .incompleteEvidence
        case .stateCoreData: .stateCoreData
        case .infringement, .other: .other
        }
    }
}
