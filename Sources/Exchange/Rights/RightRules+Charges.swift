import Encoding

// What others can have on a granted right: licences, a pledge, a regulator's freeze.
extension ExchangeState {
    func decide(_ licence: RightLicence, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let right = try usableRight(licence.right, at: time)
        guard licence.licensee != right.holder else {
            throw Refusal(.partiesWrong, "the holder needs no licence of its own right", pointer: "/licensee")
        }
        // A licence takes from the value of the right, so a pledgee has to agree.
        var parties = [right.holder, licence.licensee]
        if let pledgee = right.pledge(at: time)?.pledgee, !parties.contains(pledgee) { parties.append(pledgee) }
        try requireSigners(parties, command, at: time)
        guard licence.until > time, licence.until <= right.expiresAt ?? time else {
            throw Refusal(
                .termsOutOfRange, "a licence ends after now and not after the right itself, which ends at \(right.expiresAt ?? time)",
                pointer: "/until")
        }
        let inForce = right.licences(at: time)
        if let other = inForce.first(where: { $0.isExclusive || licence.isExclusive || $0.licensee == licence.licensee }) {
            let why = other.licensee == licence.licensee ? "a licence" : other.isExclusive ? "an exclusive licence" : "a licence, so none can be exclusive"
            throw Refusal(
                .rightLicensed,
                "\(other.licensee) has \(why) of \(right.identifier) until \(other.until); that has to end first", pointer: "/licensee")
        }
        guard inForce.count < Right.maximumLicenceCount else {
            throw Refusal(
                .rightLicensed, "the right has \(inForce.count) licences in force, the most that it can have; wait until one ends",
                pointer: "/right")
        }
        return right.event(
            .rightLicensed, command, actor: right.holder.text,
            [
                ("licensee", .string(licence.licensee.text)), ("exclusive", .bool(licence.isExclusive)),
                ("until", .string(licence.until.description)),
            ])
    }

    func decide(_ end: RightLicenceEnd, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let actor = try actor(command, ground: end.ground, orElse: end.licensee)
        let right = try liveRight(end.right, at: time)
        try requireNotFrozen(right)
        guard right.licences(at: time).contains(where: { $0.licensee == end.licensee }) else {
            throw Refusal(
                .notFound, "\(end.licensee) has no licence in force of \(right.identifier)", pointer: "/licensee")
        }
        return right.event(
            .rightLicenceEnded, command, actor: actor,
            [
                ("licensee", .string(end.licensee.text)), ("ground", end.ground.map { .string($0.rawValue) }),
                ("reason", .string(end.reason)),
            ])
    }

    func decide(_ pledge: RightPledge, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let right = try usableRight(pledge.right, at: time)
        try requireNotPledged(right, at: time)
        guard pledge.pledgee != right.holder else {
            throw Refusal(.partiesWrong, "a right is pledged to another than its holder", pointer: "/pledgee")
        }
        try requireSigners([right.holder, pledge.pledgee], command, at: time)
        if let until = pledge.until, until <= time {
            throw Refusal(.termsOutOfRange, "the pledge would end before it begins: until has passed", pointer: "/until")
        }
        return right.event(
            .rightPledged, command, actor: right.holder.text,
            [
                ("pledgee", .string(pledge.pledgee.text)), ("amount", pledge.amount.map { .integer($0) }),
                ("until", pledge.until.map { .string($0.description) }),
            ])
    }

    func decide(_ release: RightPledgeRelease, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let right = try liveRight(release.right, at: time)
        guard let pledge = right.pledge(at: time) else {
            throw Refusal(.wrongStatus, "the right \(right.identifier) is not pledged", pointer: "/right")
        }
        let actor = try actor(command, ground: release.ground, orElse: pledge.pledgee)
        try requireNotFrozen(right)
        return right.event(
            .rightPledgeReleased, command, actor: actor,
            [
                ("pledgee", .string(pledge.pledgee.text)), ("ground", release.ground.map { .string($0.rawValue) }),
                ("reason", .string(release.reason)),
            ])
    }

    func decide(_ freeze: RightFreeze, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        try requireRole(.regulator, of: signer)
        let right = try liveRight(freeze.right, at: time)
        guard !right.freezes.contains(where: { $0.regulator == signer.identifier }) else {
            throw Refusal(.rightFrozen, "\(signer.name) has frozen \(right.identifier) already", pointer: "/right")
        }
        return right.event(
            .rightFrozen, command, actor: signer.identifier.text,
            [("regulator", .string(signer.identifier.text)), ("reason", .string(freeze.reason))])
    }

    func decide(_ unfreeze: RightUnfreeze, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        try requireRole(.regulator, of: signer)
        let right = try liveRight(unfreeze.right, at: time)
        let regulator = unfreeze.regulator ?? signer.identifier
        guard right.freezes.contains(where: { $0.regulator == regulator }) else {
            throw Refusal(
                .wrongStatus,
                "\(regulator) has not frozen \(right.identifier)\(right.freezes.first.map { "; \($0.regulator) has" } ?? "")",
                pointer: "/right")
        }
        // Another regulator's freeze is its own to lift, unless there is nobody left to do so.
        if regulator != signer.identifier, let other = participants[regulator], other.status == .active,
            other.roles.contains(.regulator)
        {
            throw Refusal(
                .signerNotNamed, "\(other.name) froze the right and is active; only \(other.name) lifts its freeze",
                pointer: "/regulator")
        }
        return right.event(
            .rightUnfrozen, command, actor: signer.identifier.text,
            [("regulator", .string(regulator.text)), ("reason", .string(unfreeze.reason))])
    }

    /// Who ends somebody's charge on a right: that participant without a ground, or the operator on one.
    private func actor(
        _ command: Command, ground: CancellationGround?, orElse participant: Identifier
    ) throws(Refusal) -> String {
        guard let ground else {
            let signer = try activeSigner(command)
            guard signer.identifier == participant else {
                throw Refusal(
                    .signerNotNamed,
                    "only \(participant) can give this up; the operator can end it on a ground such as court-order",
                    pointer: "/right")
            }
            return participant.text
        }
        guard ground != .holderRequest else {
            throw Refusal(.partiesWrong, "the holder's wish is no ground to take something from another", pointer: "/ground")
        }
        try requireOperator(command, for: .rights)
        return Event.operatorActor
    }
}
