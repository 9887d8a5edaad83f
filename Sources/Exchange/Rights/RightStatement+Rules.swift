import Encoding

// Rights: applied → noticed → granted | refused, or withdrawn; granted → divided | merged | cancelled, and expired by time.
// README.md here has the whole table.
extension ExchangeState {
    func decide(_ statement: RightStatement, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        switch statement {
        case .resourceRegistration(let content): try decide(content, command)
        case .application(let content): try decide(content, command, at: time)
        case .withdrawal(let content): try decide(content, command)
        case .check(let content): try decide(content, command, at: time)
        case .objection(let content): try decide(content, command, at: time)
        case .objectionDecision(let content): try decide(content, command, at: time)
        case .decision(let content): try decide(content, command, at: time)
        case .transfer(let content): try decide(content, command, at: time)
        case .split(let content): try decide(content, command, at: time)
        case .merge(let content): try decide(content, command, at: time)
        case .change(let content): try decide(content, command, at: time)
        case .renewal(let content): try decide(content, command, at: time)
        case .licence(let content): try decide(content, command, at: time)
        case .licenceEnd(let content): try decide(content, command, at: time)
        case .pledge(let content): try decide(content, command, at: time)
        case .pledgeRelease(let content): try decide(content, command, at: time)
        case .freeze(let content): try decide(content, command, at: time)
        case .unfreeze(let content): try decide(content, command, at: time)
        case .cancellation(let content): try decide(content, command, at: time)
        }
    }

    mutating func apply(_ statement: RightStatement, _ event: Event, _ mark: Mark, at time: Timestamp) {
        let header = event.statement.header
        rights.recent.forget(before: time)
        rights.recent.insert(
            mark.statement, seq: mark.seq,
            until: header.acceptUntil ?? header.issuedAt.advanced(byMilliseconds: Self.maximumStatementAge))
        switch statement {
        case .resourceRegistration(let content): apply(content, event, mark)
        case .application(let content): apply(content, event, mark, at: time)
        case .split(let content): apply(content, event, mark, at: time)
        case .merge(let content): apply(content, event, mark, at: time)
        default:
            for identifier in statement.rights {
                guard var right = rights.rights[identifier] else { continue }
                Self.apply(statement, event, mark, at: time, to: &right)
                right.changed = mark
                rights.rights[identifier] = right
                if !right.status.isPending, right.status != .granted { unlink(right) }
            }
        }
    }

    /// The entry that records this very statement, while it is fresh enough to be sent again. What several parties do to
    /// one right has no order among them, so each statement is remembered, and not only the last.
    func lastMark(_ statement: RightStatement, _ signed: SignedStatement) -> Mark? {
        rights.recent[signed.payloadHash].map {
            Mark(statement: signed.payloadHash, seq: $0, issuedAt: signed.header.issuedAt)
        }
    }
}

// What the rules of rights have in common.
extension ExchangeState {
    var rightsPolicy: RightsPolicy { space?.policy.rights ?? RightsPolicy() }

    func right(_ identifier: Identifier, pointer: String = "/right") throws(Refusal) -> Right {
        guard let right = rights.rights[identifier] else {
            throw Refusal(.notFound, "there is no right \(identifier); see the list of rights for its number", pointer: pointer)
        }
        return right
    }

    /// A right whose certificate stands: granted and not expired. It may be frozen, and pledged.
    func liveRight(_ identifier: Identifier, at time: Timestamp, pointer: String = "/right") throws(Refusal) -> Right {
        let right = try right(identifier, pointer: pointer)
        guard right.status == .granted else {
            throw Refusal(
                .wrongStatus, "the right \(identifier) is \(right.status.rawValue); this takes one that is granted\(hint(right))",
                pointer: pointer)
        }
        guard right.isLive(at: time) else {
            throw Refusal(
                .rightNotInForce, "the right \(identifier) expired at \(right.expiresAt?.description ?? "an unknown time"); apply for it anew",
                pointer: pointer)
        }
        return right
    }

    /// A right with which its holder may do something: it stands, so does what it derives from, and it is not frozen.
    func usableRight(_ identifier: Identifier, at time: Timestamp, pointer: String = "/right") throws(Refusal) -> Right {
        let right = try liveRight(identifier, at: time, pointer: pointer)
        try requireNotFrozen(right, pointer: pointer)
        guard basisStands(of: right, at: time) else {
            throw Refusal(
                .rightBasisMissing,
                "the right \(identifier) derives from \(right.basis?.text ?? "another"), which is not in force any more, and so neither is it",
                pointer: pointer)
        }
        return right
    }

    func requireNotFrozen(_ right: Right, pointer: String = "/right") throws(Refusal) {
        guard let freeze = right.freezes.first else { return }
        throw Refusal(
            .rightFrozen,
            "the right \(right.identifier) is frozen by \(freeze.regulator) (entry \(freeze.made.seq)); nothing can be done with it before that regulator lifts the freeze",
            pointer: pointer)
    }

    func requireNotPledged(_ right: Right, at time: Timestamp, pointer: String = "/right") throws(Refusal) {
        guard let pledge = right.pledge(at: time) else { return }
        throw Refusal(
            .rightPledged,
            "the right \(right.identifier) is pledged to \(pledge.pledgee) (entry \(pledge.made.seq)); have the pledgee release it first",
            pointer: pointer)
    }

    func requireNotLicensed(_ right: Right, at time: Timestamp, pointer: String = "/right") throws(Refusal) {
        guard let licence = right.licences(at: time).first else { return }
        throw Refusal(
            .rightLicensed,
            "the right \(right.identifier) is licensed to \(licence.licensee) until \(licence.until); have the licensee give the licence up, or wait until it ends",
            pointer: pointer)
    }

    func requireHolder(_ signer: Participant, of right: Right, pointer: String = "/right") throws(Refusal) {
        guard signer.identifier == right.holder else {
            throw Refusal(
                .signerNotNamed,
                "the right \(right.identifier) is held by \(right.holder), but the statement is signed by \(signer.identifier); only the holder can do this",
                pointer: pointer)
        }
    }

    /// Refuses unless the statement bears the signatures of exactly these participants, each active.
    func requireSigners(_ needed: [Identifier], _ command: Command, at time: Timestamp) throws(Refusal) {
        var found: Set<Identifier> = []
        for keyIdentifier in command.statement.keyIdentifiers {
            let signer = try activeParticipant(ofKey: keyIdentifier)
            guard needed.contains(signer.identifier) else {
                throw Refusal(.signerNotNamed, "\(signer.name) (\(signer.identifier)) signs, but is no party to this")
            }
            found.insert(signer.identifier)
        }
        if let missing = needed.first(where: { !found.contains($0) }) {
            throw Refusal(
                .signatureMissing,
                "the signature of \(missing) is missing; every party signs the same bytes before the statement is sent")
        }
    }

    private func hint(_ right: Right) -> String {
        switch right.status {
        case .applied, .noticed: "; wait for the decision on the application"
        case .divided, .merged: "; name the certificate that took its place"
        case .granted, .refused, .withdrawn, .cancelled: ""
        }
    }
}

extension Right {
    /// What every entry about a right says of it.
    var particulars: JSONObject {
        [
            "holder": .string(holder.text), "rightKind": .string(kind.rawValue), "over": .string(over.text),
            "share": .string(share.description),
        ]
    }

    func event(_ type: EventType, _ command: Command, actor: String, _ more: [(String, JSONValue?)] = []) -> Event {
        var body = particulars
        for (name, value) in more where value != nil { body[name] = value }
        return Event(type: type, subject: identifier.text, actor: actor, body: body, statement: command.statement)
    }
}
