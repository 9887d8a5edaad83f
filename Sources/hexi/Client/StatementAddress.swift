import Exchange

/// Where a statement of identity, or about the space itself, is handed in.
enum StatementAddress {
    /// `nil` for kinds that have commands of their own.
    static func path(of content: StatementContent) -> String? {
        func of(_ participant: Identifier, _ name: String) -> String { "\(ParticipantCommands.path)/\(participant)/\(name)" }
        switch content {
        case .participantDecision(let decision): return of(decision.participant, "decisions")
        case .spacePolicy: return "/api/v1/space/policy"
        case .logKeys: return LogKeyRotation.path
        case .identity(let statement):
            switch statement {
            case .review(let review): return of(review.participant, "reviews")
            case .keys(let change): return of(change.participant, "keys")
            case .recovery(let recovery): return of(recovery.participant, "recovery")
            case .recoveryObjection(let end): return of(end.participant, "recovery/objection")
            case .recoveryCompletion(let end): return of(end.participant, "recovery/completion")
            case .delegation(let delegation): return of(delegation.participant, "delegations")
            case .delegationRevocation(let revocation): return of(revocation.participant, "delegations/revocations")
            case .operatorAppointment: return "/api/v1/space/operators"
            case .nodeKeys: return "/api/v1/space/node-keys"
            case .alarm: return nil
            }
        default: return nil
        }
    }
}
