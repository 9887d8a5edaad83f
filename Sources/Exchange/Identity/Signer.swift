import Encoding
import Signing

/// For whom a key signs.
public struct Signer: Sendable, Hashable {
    /// The participant, with those of its roles that this key may use.
    public var participant: Participant
    /// Where the key is one of the participant's staff: what it may do. `nil` for a key of the participant itself.
    public var delegation: Delegation?

    public init(participant: Participant, delegation: Delegation?) {
        self.participant = participant
        self.delegation = delegation
    }
}

extension ExchangeState {
    /// For whom a key signs at a time.
    ///
    /// - Throws: where nobody has the key, it is retired, its holder is not active, or its delegation is not in force.
    public func signer(ofKey identifier: String, at time: Timestamp) throws(Refusal) -> Signer {
        guard let staff = identity.staffKeys[identifier] else {
            return Signer(participant: try activeParticipant(ofKey: identifier), delegation: nil)
        }
        let participant = try activeParticipant(ofKey: identifier)
        let delegation = staff.delegation
        guard time >= delegation.notBefore else {
            throw Refusal(
                .delegationNotInForce,
                "the key of \(delegation.name) (\(participant.name)) counts only from \(delegation.notBefore) on")
        }
        guard time < delegation.expiresAt else {
            throw Refusal(
                .delegationNotInForce,
                "the key of \(delegation.name) (\(participant.name)) expired at \(delegation.expiresAt); \(participant.name) renews it with hexi staff renew")
        }
        return Signer(participant: participant, delegation: delegation)
    }

    /// Whose key it is or was, whatever its standing; `nil` for the operators' and the node's.
    public func holder(ofKey identifier: String) -> Identifier? {
        keys[identifier]?.participant ?? identity.staffKeys[identifier]?.delegation.participant
            ?? identity.retiredKeys[identifier]?.participant
    }

    /// Whether a key identifier has any meaning in the space: whatever is registered keeps it for good.
    public func isTaken(_ key: VerificationKey) -> Bool { verificationKey(key.keyIdentifier) != nil }

    /// Refuses a key that somebody has, or that was retired.
    func requireFree(_ key: VerificationKey, pointer: String) throws(Refusal) {
        guard isTaken(key) else { return }
        if identity.retiredKeys[key.keyIdentifier] != nil {
            throw Refusal(
                .keyRetired, "the key \(key) has been removed before; a removed key never comes back, make a new one",
                pointer: pointer)
        }
        throw Refusal(.keyAlreadyRegistered, "the key \(key) is registered already; use a key of your own", pointer: pointer)
    }

    /// What must hold of every key that signs, beyond what its kind of statement asks: that it is not retired, and, where it
    /// is a staff key, that its delegation is in force and covers the kind. Keys that the statement itself announces are left
    /// to its rule.
    func checkSigningKeys(_ statement: SignedStatement, at time: Timestamp) throws(Refusal) {
        let announced = statement.announcedKeyIdentifiers
        for identifier in statement.keyIdentifiers where !announced.contains(identifier) {
            try checkSigningKey(identifier, statement.kind, at: time)
        }
    }

    func checkSigningKey(_ identifier: String, _ kind: StatementKind, at time: Timestamp) throws(Refusal) {
        guard identity.staffKeys[identifier] == nil else {
            let signer = try signer(ofKey: identifier, at: time)
            guard let delegation = signer.delegation, delegation.permissions.contains(kind), kind.canBeDelegated else {
                throw Refusal(
                    .permissionMissing,
                    "the key of \(signer.delegation?.name ?? "staff") may not sign a \(kind.rawValue) for \(signer.participant.name)\(kind.canBeDelegated ? "; a new delegation of the key can allow it" : ": only a key of \(signer.participant.name) itself may")")
            }
            return
        }
        if identity.retiredKeys[identifier] != nil {
            throw Refusal(.signerKeyRetired, "the signing key \(identifier) has been removed and counts no longer; sign with a key that is registered now")
        }
    }

    // MARK: Who signed

    /// The one participant that signed, which must be active, with those of its roles that the key may use.
    ///
    /// The rules ask only once ``checkSigningKeys(_:at:)`` has passed.
    func activeSigner(_ command: Command) throws(Refusal) -> Participant {
        try activeParticipant(ofKey: command.statement.keyIdentifiers.first ?? "")
    }

    /// The participant for whom a key signs, which must be active, with those of its roles that the key may use.
    ///
    /// The rules ask only once ``checkSigningKeys(_:at:)`` has passed.
    func activeParticipant(ofKey identifier: String) throws(Refusal) -> Participant {
        let delegation = identity.staffKeys[identifier]?.delegation
        guard let owner = keys[identifier]?.participant ?? delegation?.participant, var participant = participants[owner] else {
            if identity.retiredKeys[identifier] != nil {
                throw Refusal(.signerKeyRetired, "the signing key \(identifier) has been removed and counts no longer; sign with a key that is registered now")
            }
            throw Refusal(.signerUnknown, "the signing key is not registered to a participant of this space")
        }
        guard participant.status == .active else {
            throw participant.inactivity
        }
        if let delegation { participant.roles = participant.roles.filter(delegation.roles.contains) }
        return participant
    }

    func requireRole(_ role: Role, of participant: Participant) throws(Refusal) {
        guard participant.roles.contains(role) else {
            let registered = participants[participant.identifier]?.roles ?? []
            throw Refusal(
                .roleMissing,
                registered.contains(role)
                    ? "the signing key may not act for \(participant.name) as a \(role.rawValue); a new delegation of the key can allow it"
                    : "\(participant.name) is not registered as a \(role.rawValue)")
        }
    }

    /// Refuses unless the signer is the participant that the document names.
    func requireSigner(_ signer: Participant, is named: Identifier, pointer: String) throws(Refusal) {
        guard signer.identifier == named else {
            throw Refusal(
                .signerNotNamed, "the statement names \(named), but is signed by \(signer.identifier)", pointer: pointer)
        }
    }
}

extension Participant {
    /// Why somebody who is not active may not act, and what can be done about it.
    public var inactivity: Refusal {
        let advice =
            switch status {
            case .active: ""
            case .applied, .checked: "; the operator has yet to decide on the application"
            case .suspended: "; only the operator can resume it"
            case .returned, .refused: "; apply anew, with new keys"
            case .revoked: "; that is for good"
            }
        return Refusal(.signerNotActive, "\(name) (\(identifier)) is \(status.rawValue), not active\(advice)")
    }
}

extension SignedStatement {
    /// The identifiers of the keys that the statement itself announces.
    var announcedKeyIdentifiers: Set<String> {
        switch content {
        case .participantApplication(let application): Set(application.keys.map(\.keyIdentifier))
        case .identity(let statement): Set(statement.announcedKeys.map(\.keyIdentifier))
        default: []
        }
    }

    /// The identifiers of its signing keys that it does not announce itself: of those who have something to say already.
    var establishedKeyIdentifiers: [String] {
        let announced = announcedKeyIdentifiers
        return announced.isEmpty ? keyIdentifiers : keyIdentifiers.filter { !announced.contains($0) }
    }
}

extension StatementContent {
    /// The keys that the statement makes known; later statements can be signed with them, as far as the rules allow.
    public var registeredKeys: [VerificationKey] {
        switch self {
        case .spaceCharter(let charter): [charter.operatorKey] + charter.nodeKeys
        case .participantApplication(let application): application.keys
        case .identity(.operatorAppointment(let appointment)): appointment.operators.map(\.key)
        case .identity(let statement): statement.announcedKeys
        default: []
        }
    }
}

extension ExchangeState {
    /// Every key that has or had a meaning in the space, which are those that ``verificationKey(_:)`` finds.
    public var knownKeys: [VerificationKey] {
        let ofSpace = space.map { [$0.operatorKey] + $0.nodeKeys } ?? []
        let waiting = identity.recoveries.values.filter { $0.status == .waiting }.flatMap(\.keys)
        return ofSpace + keys.values.map(\.key) + identity.operators.map(\.key) + waiting
            + identity.staffKeys.values.map(\.delegation.key) + identity.retiredKeys.values.map(\.key)
    }
}
