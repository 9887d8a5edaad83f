import Encoding
import Exchange

/// Whose keys sign what, for the bill: the operators', the participants' and their staff's, as the signed statements make and
/// end them. Kept apart from the rules of exchange, like everything in ``BillingModel``.
struct BillingKeys {
    private struct Staff {
        var organisation: Identifier
        var delegation: Delegation
    }

    private var root: String?
    private var operators: [String: Set<OperatorDuty>] = [:]
    private var owners: [String: Identifier] = [:]
    private var staff: [String: Staff] = [:]
    /// The keys proposed to take the place of a participant's own.
    private var proposed: [Identifier: [String]] = [:]

    /// Whether a charter is new; a second one changes nothing.
    mutating func found(_ charter: SpaceCharter) -> Bool {
        guard root == nil else { return false }
        root = charter.operatorKey.keyIdentifier
        return true
    }

    /// A key stays with whoever registered it first.
    mutating func register(_ keys: [String], for participant: Identifier) {
        for key in keys where owners[key] == nil && staff[key] == nil { owners[key] = participant }
    }

    /// Whether operators alone signed, each with the duty for such a decision.
    func areOperators(_ keys: [String], for decision: ParticipantVerdict) -> Bool {
        let duty: OperatorDuty =
            switch decision {
            case .approve, .refuse, .assure: .approve
            case .suspend, .resume, .revoke: .suspend
            }
        return areOperators(keys, with: duty)
    }

    func areOperators(_ keys: [String], with duty: OperatorDuty) -> Bool {
        !keys.isEmpty && keys.allSatisfy { $0 == root || operators[$0]?.contains(duty) == true }
    }

    /// The participants for whom an entry's statement is signed, by keys that count at the entry's time.
    func signers(of entry: LedgerEntry) -> [Identifier] {
        entry.event.statement.keyIdentifiers.compactMap { key in
            if let owner = owners[key] { return owner }
            guard let staff = staff[key], staff.delegation.permissions.contains(entry.event.statement.kind),
                entry.time >= staff.delegation.notBefore, entry.time < staff.delegation.expiresAt
            else { return nil }
            return staff.organisation
        }
    }

    /// Whether what an entry's signer may do covers a role; a participant's own key may do whatever it is registered for.
    func signerMayAct(_ entry: LedgerEntry, as role: Role) -> Bool {
        entry.event.statement.keyIdentifiers.allSatisfy { staff[$0]?.delegation.roles.contains(role) ?? true }
    }

    /// Follows a change of keys. Answers whom it needed to be signed by, where that did not sign; then nothing has changed.
    mutating func follow(_ statement: IdentityStatement, _ entry: LedgerEntry) -> String? {
        let signed = entry.event.statement.keyIdentifiers
        func hasOwn(_ participant: Identifier) -> Bool { signed.contains { owners[$0] == participant } }
        switch statement {
        case .operatorAppointment(let appointment):
            guard let root, signed.contains(root) else { return "the root key" }
            operators = Dictionary(
                appointment.operators.map { ($0.key.keyIdentifier, $0.duties) }, uniquingKeysWith: { first, _ in first })
        case .keys(let change):
            guard hasOwn(change.participant) else { return "a key of \(change.participant)" }
            for key in change.remove where owners[key] == change.participant { owners[key] = nil }
            register(change.add.map(\.keyIdentifier), for: change.participant)
        case .recovery(let recovery):
            let keys = recovery.keys.map(\.keyIdentifier)
            guard areOperators(signed.filter { !keys.contains($0) }, with: .recovery) else { return "an operator" }
            proposed[recovery.participant] = keys
        case .recoveryObjection(let objection):
            guard hasOwn(objection.participant) else { return "a key of \(objection.participant)" }
            proposed[objection.participant] = nil
        case .recoveryCompletion(let completion):
            guard let keys = proposed.removeValue(forKey: completion.participant) else { return "keys that were proposed before" }
            owners = owners.filter { $0.value != completion.participant }
            staff = staff.filter { $0.value.organisation != completion.participant }
            register(keys, for: completion.participant)
        case .delegation(let delegation):
            guard hasOwn(delegation.participant) else { return "a key of \(delegation.participant)" }
            staff[delegation.key.keyIdentifier] = Staff(organisation: delegation.participant, delegation: delegation)
        case .delegationRevocation(let revocation):
            guard hasOwn(revocation.participant) else { return "a key of \(revocation.participant)" }
            staff[revocation.key] = nil
        case .review, .nodeKeys, .alarm: break
        }
        return nil
    }
}
