import Encoding

// How a right comes to be asked for.
extension ExchangeState {
    func decide(_ registration: ResourceRegistration, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        try requireSigner(signer, is: registration.holder, pointer: "/holder")
        try requireRegistrant(signer)
        if registration.grade == .core, !rightsPolicy.acceptsCoreResources {
            throw Refusal(
                .rightOverCoreData,
                "this space does not register resources of core grade; register it where core data is kept, or ask the operator whether the grade is right",
                pointer: "/grade")
        }
        for (index, identifier) in registration.externalIdentifiers.enumerated() {
            try checkFree(identifier, for: signer, pointer: "/externalIdentifiers/\(index)")
        }
        return Event(
            type: .resourceRegistered, subject: command.statement.identifier(.resource).text, actor: signer.identifier.text,
            body: [
                "holder": .string(registration.holder.text), "title": .languageMap(registration.title),
                "grade": .string(registration.grade.rawValue),
            ], statement: command.statement)
    }

    /// What another register's number names has one source of record: one resource, and products of its holder.
    private func checkFree(_ identifier: ExternalIdentifier, for holder: Participant, pointer: String) throws(Refusal) {
        if let resource = rights.externalIdentifiers[identifier.key].flatMap({ rights.resources[$0] }) {
            throw Refusal(
                .identifierTaken,
                "the identifier \(identifier) belongs to \(resource.identifier), registered by \(resource.holder); refer to that resource",
                pointer: pointer)
        }
        if let product = catalogue.product(identifier).flatMap({ products[$0] }), product.provider != holder.identifier {
            throw Refusal(
                .identifierTaken,
                "the identifier \(identifier) belongs to \(product.identifier), listed by \(product.provider); refer to that product",
                pointer: pointer)
        }
    }

    func decide(_ application: RightApplication, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        try requireSigner(signer, is: application.holder, pointer: "/holder")
        try requireRegistrant(signer)
        let depth = try checkBasis(application, of: signer, at: time)
        try checkSource(application, of: signer)
        _ = try end(of: application.term, from: time, at: time)
        let right = Right(application, command.statement, depth: depth, Mark(statement: "", seq: 0, issuedAt: time))
        try requireNoConflict(right, at: time)
        return right.event(
            .rightApplied, command, actor: signer.identifier.text,
            [
                ("title", .languageMap(application.title)), ("exclusive", .bool(application.isExclusive)),
                ("basis", application.basis.map { .string($0.text) }),
            ])
    }

    func decide(_ withdrawal: RightWithdrawal, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        let right = try right(withdrawal.right)
        try requireHolder(signer, of: right)
        guard right.status.isPending else {
            throw Refusal(
                .wrongStatus,
                "the application \(right.identifier) is \(right.status.rawValue); only one that is not decided yet can be withdrawn\(right.status == .granted ? " (a granted right is cancelled)" : "")",
                pointer: "/right")
        }
        return right.event(
            .rightWithdrawn, command, actor: signer.identifier.text, [("reason", .string(withdrawal.reason))])
    }

    private func requireRegistrant(_ signer: Participant) throws(Refusal) {
        guard signer.roles.contains(.provider) || signer.roles.contains(.processor) else {
            throw Refusal(
                .roleMissing,
                "\(signer.name) is registered neither as a provider nor as a processor; only those register resources and rights")
        }
        try requireAssurance(.registerRight, of: signer)
    }

    /// What the thing is that the right is over, and how the applicant came by it.
    private func checkSource(_ application: RightApplication, of signer: Participant) throws(Refusal) {
        let owner = try checkThing(application.over)
        switch application.ground {
        case .selfCollected where owner != signer.identifier:
            throw Refusal(
                .rightWithoutLawfulSource,
                "\(application.over) is \(owner)'s, so it cannot be self-collected by \(signer.name); name the ground by which it was got, with its evidence",
                pointer: "/ground")
        case .derived where application.basis == nil:
            throw Refusal(
                .rightWithoutLawfulSource, "a derived right names the right from which it derives as \"basis\"", pointer: "/basis")
        case .licensed, .purchased, .authorised:
            if application.basis == nil, application.evidence.isEmpty {
                throw Refusal(
                    .rightWithoutLawfulSource,
                    "no lawful source: a right that was \(application.ground.rawValue) rests on a registered right (\"basis\") or on evidence; give one of them",
                    pointer: "/evidence")
            }
        case .selfCollected, .derived: break
        }
    }

    /// Whose the resource or product is. State core data, and what has no lawful source, has no registered rights.
    private func checkThing(_ thing: Identifier) throws(Refusal) -> Identifier {
        if thing.kind == .product {
            guard let product = products[thing], product.status == .listed else {
                throw Refusal(.productNotListed, "no product \(thing) is listed; list it first", pointer: "/over")
            }
            guard (product.versionInForce?.strictness ?? GradeScheme.core) < GradeScheme.core else {
                throw Refusal(
                    .rightOverCoreData, "\(thing) is state core data; rights in it are not registered", pointer: "/over")
            }
            return product.provider
        }
        guard let resource = rights.resources[thing] else {
            throw Refusal(.notFound, "no resource \(thing) is registered; register it first", pointer: "/over")
        }
        guard resource.grade != .core else {
            throw Refusal(
                .rightOverCoreData, "\(thing) is state core data; rights in it are not registered", pointer: "/over")
        }
        guard resource.hasLawfulBasis else {
            throw Refusal(
                .rightWithoutLawfulSource,
                "the registration of \(thing) names no lawful basis of its source; register the resource with one", pointer: "/over")
        }
        return resource.holder
    }

    /// The right that an application derives from is in force, the applicant may exercise it, and it stands nearer to the
    /// data. Gives the depth of the new right.
    private func checkBasis(_ application: RightApplication, of signer: Participant, at time: Timestamp) throws(Refusal) -> Int64 {
        guard let identifier = application.basis else { return 0 }
        let basis = try usableBasis(identifier, of: signer.identifier, at: time)
        guard basis.over != application.over || basis.kind.distance < application.kind.distance else {
            throw Refusal(
                .rightBasisMissing,
                "a right of \(application.kind.rawValue) over a thing does not derive from one of \(basis.kind.rawValue) over the same thing; have that right transferred, split or licensed instead",
                pointer: "/basis")
        }
        guard basis.depth < Right.maximumDepth else {
            throw Refusal(
                .rightBasisMissing,
                "\(identifier) is itself derived over \(basis.depth) steps, and no more than \(Right.maximumDepth) are followed; name a basis nearer to the source",
                pointer: "/basis")
        }
        return basis.depth + 1
    }

    func usableBasis(_ identifier: Identifier, of participant: Identifier, at time: Timestamp) throws(Refusal) -> Right {
        guard let basis = rights.rights[identifier], rightInForce(identifier, of: participant, at: time) != nil else {
            throw Refusal(
                .rightBasisMissing,
                "\(identifier) is no right in force that \(participant) holds or has a licence of; name one that is, or get a licence of it first",
                pointer: "/basis")
        }
        return basis
    }

    /// When a term ends. Longer terms than the space grants are refused.
    ///
    /// - Parameters:
    ///   - start: from when months count.
    ///   - time: now, before which no term can end.
    func end(of term: RightTerm, from start: Timestamp, at time: Timestamp) throws(Refusal) -> Timestamp {
        let policy = rightsPolicy
        let offset = policy.calendar.utcOffsetMinutes
        let latest = start.advanced(byMonths: policy.maximumTermMonths, utcOffsetMinutes: offset)
        switch term {
        case .months(let months):
            guard months <= policy.maximumTermMonths else {
                throw Refusal(
                    .termsOutOfRange, "this space grants rights for at most \(policy.maximumTermMonths) months", pointer: "/termMonths")
            }
            return start.advanced(byMonths: months, utcOffsetMinutes: offset)
        case .until(let until):
            guard until > time, until > start, until <= latest else {
                throw Refusal(
                    .termsOutOfRange,
                    "the right can be until a time after \(max(start, time)) and not after \(latest) (\(policy.maximumTermMonths) months)",
                    pointer: "/until")
            }
            return until
        }
    }

    /// Nothing is registered twice, and nothing is registered while there is a dispute over it.
    ///
    /// Competing applications can wait side by side for the formal check; the first to pass it keeps the others out.
    func requireNoConflict(_ right: Right, at time: Timestamp) throws(Refusal) {
        for other in rights(over: right.over) where other.identifier != right.identifier {
            if !other.openObjections.isEmpty || (other.isFrozen && other.isLive(at: time)) {
                throw Refusal(
                    .rightUnderDispute,
                    "\(right.over) is under dispute: \(other.identifier) \(other.isFrozen ? "is frozen" : "has an objection that is not decided"); wait until that is settled",
                    pointer: "/over")
            }
            guard other.kind == right.kind, other.root != right.root else { continue }
            let isOwn = other.holder == right.holder
            let counts = other.isLive(at: time) ? basisStands(of: other, at: time) : other.status == .noticed || (isOwn && other.status == .applied)
            guard counts, isOwn || other.isExclusive || right.isExclusive else { continue }
            let advice =
                switch (isOwn, other.status) {
                case (true, _): "use that registration; it can be changed, renewed and split"
                case (false, .noticed): "object to that application while its notice lasts"
                case (false, _): "no share of it is left; have a part of it transferred or licensed"
                }
            throw Refusal(
                .rightAlreadyRegistered,
                "a right of \(right.kind.rawValue) over \(right.over) is \(other.status.rawValue) already, as \(other.identifier) of \(other.holder); \(advice)",
                pointer: "/over")
        }
    }
}
