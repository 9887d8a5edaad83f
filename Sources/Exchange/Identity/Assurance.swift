/// How surely the operator knows who a participant is, from 1 (documents seen) to 4 (the highest that the space knows). What
/// each level takes is the operator's to publish; what it unlocks is the policy's.
public enum Assurance {
    public static let levels: ClosedRange<Int64> = 1...4
    /// The level of who is approved without a word on it.
    public static let lowest: Int64 = 1
}

/// What a space's policy may reserve for participants of a higher assurance.
public enum AssuredAction: String, Sendable, CaseIterable, Codable {
    case listProduct = "list-product"
    case signContract = "sign-contract"
    case runQuery = "run-query"
    case registerRight = "register-right"
    case delegate = "delegate"

    /// For sentences: "to list a product".
    var phrase: String {
        switch self {
        case .listProduct: "list a product"
        case .signContract: "sign a contract"
        case .runQuery: "submit or run a query"
        case .registerRight: "register a right"
        case .delegate: "delegate to staff"
        }
    }
}

extension ExchangeState {
    /// Refuses what needs a surer identity than the participant's.
    func requireAssurance(_ action: AssuredAction, of participant: Participant) throws(Refusal) {
        let needed = space?.policy.identity.assurance[action] ?? Assurance.lowest
        guard participant.assurance >= needed else {
            throw Refusal(
                .assuranceTooLow,
                "to \(action.phrase) takes assurance level \(needed), and \(participant.name) has \(participant.assurance); ask the space's operator to raise it with the decision \"assure\"")
        }
    }
}
