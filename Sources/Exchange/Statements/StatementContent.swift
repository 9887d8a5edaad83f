import Encoding

/// What a statement says, decoded by its kind.
public enum StatementContent: Sendable, Hashable {
    case spaceCharter(SpaceCharter)
    case logKeys(LogKeys)
    case participantApplication(ParticipantApplication)
    case participantDecision(ParticipantDecision)
    case productListing(ProductListing)
    case productWithdrawal(ProductWithdrawal)
    case contract(ContractTerms)
    case contractTermination(ContractTermination)
    case querySubmission(QuerySubmission)
    case queryDecision(QueryDecision)
    case runRequest(RunRequest)

    init(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch) {
        self =
            switch kind {
            case .spaceCharter: .spaceCharter(try SpaceCharter(cursor))
            case .logKeys: .logKeys(try LogKeys(cursor))
            case .participantApplication: .participantApplication(try ParticipantApplication(cursor))
            case .participantDecision: .participantDecision(try ParticipantDecision(cursor))
            case .productListing: .productListing(try ProductListing(cursor))
            case .productWithdrawal: .productWithdrawal(try ProductWithdrawal(cursor))
            case .contract: .contract(try ContractTerms(cursor))
            case .contractTermination: .contractTermination(try ContractTermination(cursor))
            case .querySubmission: .querySubmission(try QuerySubmission(cursor))
            case .queryDecision: .queryDecision(try QueryDecision(cursor))
            case .runRequest: .runRequest(try RunRequest(cursor))
            }
    }

    public var kind: StatementKind {
        switch self {
        case .spaceCharter: .spaceCharter
        case .logKeys: .logKeys
        case .participantApplication: .participantApplication
        case .participantDecision: .participantDecision
        case .productListing: .productListing
        case .productWithdrawal: .productWithdrawal
        case .contract: .contract
        case .contractTermination: .contractTermination
        case .querySubmission: .querySubmission
        case .queryDecision: .queryDecision
        case .runRequest: .runRequest
        }
    }

    /// Whether the statement is a JWS in the general JSON form, which several keys can sign.
    var takesSeveralSignatures: Bool {
        switch self {
        case .contract: true
        case .participantApplication(let application): application.keys.count > 1
        default: false
        }
    }

    private var members: [(String, JSONValue?)] {
        switch self {
        case .spaceCharter(let content): content.members
        case .logKeys(let content): content.members
        case .participantApplication(let content): content.members
        case .participantDecision(let content): content.members
        case .productListing(let content): content.members
        case .productWithdrawal(let content): content.members
        case .contract(let content): content.members
        case .contractTermination(let content): content.members
        case .querySubmission(let content): content.members
        case .queryDecision(let content): content.members
        case .runRequest(let content): content.members
        }
    }

    /// The payload that a signer signs.
    public func payload(space: String, issuedAt: Timestamp, nonce: String) -> [UInt8] {
        StatementHeader(kind: kind, space: space, issuedAt: issuedAt, nonce: nonce).document(members).serialized()
    }
}
