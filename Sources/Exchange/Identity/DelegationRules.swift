import Encoding
import Signing

// Staff keys: delegated → renewed by a further delegation → revoked; between notBefore and expiresAt they count.
extension ExchangeState {
    func decide(_ delegation: Delegation, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let participant = try organisation(delegation.participant, signing: command)
        try requireAssurance(.delegate, of: participant)
        let identifier = delegation.key.keyIdentifier
        if let earlier = identity.staffKeys[identifier] {
            guard earlier.delegation.participant == participant.identifier else {
                throw Refusal(.keyAlreadyRegistered, "the key \(identifier) is registered already; use a key of your own", pointer: "/key")
            }
            try requireLater(command, than: earlier.granted, "a later delegation of this key")
        } else {
            try requireFree(delegation.key, pointer: "/key")
            guard staffKeys(of: participant.identifier).count < Delegation.maximumCount else {
                throw Refusal(
                    .keysOutOfRange,
                    "\(participant.name) has \(Delegation.maximumCount) staff keys; end the delegations of those who have left, or of keys that have expired",
                    pointer: "/key")
            }
        }
        try requireProof(of: delegation.key, command, pointer: "/key")
        for (index, role) in delegation.roles.enumerated() where !participant.roles.contains(role) {
            throw Refusal(
                .delegationOutOfRange, "\(participant.name) is not registered as a \(role.rawValue), so its staff cannot be either",
                pointer: "/roles/\(index)")
        }
        try checkTerm(of: delegation, at: time)
        return Event(
            type: .delegationGranted, subject: participant.identifier.text, actor: participant.identifier.text,
            body: [
                "key": .string(identifier), "notBefore": .string(delegation.notBefore.description),
                "expiresAt": .string(delegation.expiresAt.description),
            ], statement: command.statement)
    }

    private func checkTerm(of delegation: Delegation, at time: Timestamp) throws(Refusal) {
        let days = space?.policy.identity.delegationMaximumDays ?? 0
        let latest = delegation.notBefore.advanced(byMilliseconds: days * 86_400_000)
        guard delegation.expiresAt <= latest else {
            throw Refusal(
                .delegationOutOfRange, "in this space a delegation runs for at most \(days) days, here until \(latest); renew it before it ends",
                pointer: "/expiresAt")
        }
        guard delegation.expiresAt > time else {
            throw Refusal(.delegationOutOfRange, "the delegation would end before it begins: expiresAt has passed", pointer: "/expiresAt")
        }
    }

    func decide(_ revocation: DelegationRevocation, _ command: Command) throws(Refusal) -> Event {
        let participant = try organisation(revocation.participant, signing: command)
        guard identity.staffKeys[revocation.key]?.delegation.participant == participant.identifier else {
            throw Refusal(.notFound, "the key \(revocation.key) is no staff key of \(participant.name)", pointer: "/key")
        }
        return Event(
            type: .delegationRevoked, subject: participant.identifier.text, actor: participant.identifier.text,
            body: ["key": .string(revocation.key), "reason": .string(revocation.reason)], statement: command.statement)
    }

    /// Refuses a query over what the signing key may not read at all, as far as its tables and their columns tell. Which
    /// columns the query reads, and which rows, is for the node to see to, with ``Delegation/scope(for:)``.
    func checkScope(ofKey identifier: String, _ submission: QuerySubmission) throws(Refusal) {
        guard let delegation = identity.staffKeys[identifier]?.delegation else { return }
        for (index, table) in submission.tables.enumerated() {
            let scope = delegation.scope(for: table.product)
            guard !scope.isWhole else { continue }
            let columns = Set((products[table.product]?.version(table.version)?.data?.columns ?? []).map(\.name))
            let pointer = "/tables/\(index)"
            if let allowed = scope.columns, allowed.isDisjoint(with: columns) {
                throw Refusal(
                    .scopeExceeded,
                    "the key of \(delegation.name) may read no column of the table \(table.name) (\(table.product)); a new delegation of the key can name some in its fieldSet",
                    pointer: pointer)
            }
            // A scope that the organisation chooses is a filter like any other: nobody picks out people by it.
            let barred = products[table.product]?.version(table.version)?.data?.columns.first { column in
                !column.role.canFilter && scope.rowFilters.contains { $0.column == column.name }
            }
            if let barred {
                throw Refusal(
                    .scopeExceeded,
                    "the key of \(delegation.name) is limited by the column \"\(barred.name)\" of the table \(table.name) (\(table.product)), whose role \(barred.role.rawValue) lets nobody choose rows by it; a new delegation can limit the row scope by another column",
                    pointer: pointer)
            }
            // A filter that cannot be applied must not fall away.
            if let filter = scope.rowFilters.first(where: { !columns.contains($0.column) }) {
                throw Refusal(
                    .scopeExceeded,
                    "the key of \(delegation.name) is limited by the column \"\(filter.column)\", which the table \(table.name) (\(table.product)) does not have; a new delegation can limit the row scope to the products that have it",
                    pointer: pointer)
            }
        }
    }
}
