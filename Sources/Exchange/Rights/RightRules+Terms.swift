import Encoding

// What can happen to a granted right in its holder's hands: change, renewal, cancellation.
extension ExchangeState {
    func decide(_ change: RightChange, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        let right = try usableRight(change.right, at: time)
        try requireHolder(signer, of: right)
        // The territory is part of what the pledgee relies on.
        if change.territory != nil { try requireNotPledged(right, at: time, pointer: "/territory") }
        var changed: [JSONValue] = []
        if change.title != nil { changed.append("title") }
        if change.territory != nil { changed.append("territory") }
        if !change.evidence.isEmpty { changed.append("evidence") }
        return right.event(
            .rightChanged, command, actor: signer.identifier.text,
            [("changed", .array(changed)), ("reason", .string(change.reason))])
    }

    /// A renewal keeps a right from being lost, so it is open while the right is pledged or frozen too.
    func decide(_ renewal: RightRenewal, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        let right = try liveRight(renewal.right, at: time)
        try requireHolder(signer, of: right)
        guard let end = right.expiresAt, basisStands(of: right, at: time) else {
            throw Refusal(
                .rightBasisMissing, "what \(right.identifier) derives from is not in force any more, so it cannot be renewed",
                pointer: "/right")
        }
        let opens = end.advanced(byMilliseconds: -rightsPolicy.renewalWindowDays * CalendarDay.milliseconds)
        guard time >= opens else {
            throw Refusal(
                .renewalTooEarly,
                "the right \(right.identifier) ends at \(end) and can be renewed from \(opens) on (\(rightsPolicy.renewalWindowDays) days before its end)",
                pointer: "/right")
        }
        var expiresAt = try self.end(of: renewal.term, from: end, at: time)
        if let basis = liveBasis(of: right, at: time)?.expiresAt { expiresAt = min(expiresAt, basis) }
        guard expiresAt > end else {
            throw Refusal(
                .termsOutOfRange,
                "\(right.identifier) cannot outlast the right from which it derives; have that one renewed first", pointer: "/right")
        }
        return right.event(
            .rightRenewed, command, actor: signer.identifier.text, [("expiresAt", .string(expiresAt.description))])
    }

    func decide(_ cancellation: RightCancellation, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let actor: String
        let right: Right
        if cancellation.ground == .holderRequest {
            let signer = try activeSigner(command)
            right = try liveRight(cancellation.right, at: time)
            try requireHolder(signer, of: right)
            try requireNotLicensed(right, at: time)
            actor = signer.identifier.text
        } else {
            try requireOperator(command, for: .rights)
            right = try liveRight(cancellation.right, at: time)
            actor = Event.operatorActor
        }
        try requireNotFrozen(right)
        try requireNotPledged(right, at: time)
        return right.event(
            .rightCancelled, command, actor: actor,
            [
                ("ground", .string(cancellation.ground.rawValue)), ("reason", .string(cancellation.reason)),
                ("retainUntil", .string(retention(from: time).description)),
            ])
    }

    /// The part of what a right derives from that ends last.
    private func liveBasis(of right: Right, at time: Timestamp) -> Right? {
        guard let basis = right.basis.flatMap({ rights.rights[$0] }) else { return nil }
        let parts = rights(over: basis.over).filter { $0.root == basis.root && $0.isLive(at: time) }
        return parts.max { ($0.expiresAt ?? time) < ($1.expiresAt ?? time) }
    }
}
