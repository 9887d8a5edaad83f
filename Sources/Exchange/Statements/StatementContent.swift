import Encoding

/// What a statement says, decoded by its kind.
public enum StatementContent: Sendable, Hashable {
    case spaceCharter(SpaceCharter)
    case logKeys(LogKeys)
    case spacePolicy(SpacePolicy)
    case identity(IdentityStatement)
    case catalogue(CatalogueStatement)
    case right(RightStatement)
    case run(RunStatement)
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
        switch kind {
        case .spaceCharter: self = .spaceCharter(try SpaceCharter(cursor))
        case .logKeys: self = .logKeys(try LogKeys(cursor))
        case .spacePolicy: self = .spacePolicy(try SpacePolicy(cursor))
        case .participantApplication: self = .participantApplication(try ParticipantApplication(cursor))
        case .participantDecision: self = .participantDecision(try ParticipantDecision(cursor))
        case .productListing: self = .productListing(try ProductListing(cursor))
        case .productWithdrawal: self = .productWithdrawal(try ProductWithdrawal(cursor))
        case .contract: self = .contract(try ContractTerms(cursor))
        case .contractTermination: self = .contractTermination(try ContractTermination(cursor))
        case .querySubmission: self = .querySubmission(try QuerySubmission(cursor))
        case .queryDecision: self = .queryDecision(try QueryDecision(cursor))
        case .runRequest: self = .runRequest(try RunRequest(cursor))
        default:
            if let statement = try IdentityStatement(kind, cursor) {
                self = .identity(statement)
            } else if let statement = try CatalogueStatement(kind, cursor) {
                self = .catalogue(statement)
            } else if let statement = try RightStatement(kind, cursor) {
                self = .right(statement)
            } else if let statement = try RunStatement(kind, cursor) {
                self = .run(statement)
            } else {
                throw try cursor.member("kind").mismatch("is no kind that this release can read")
            }
        }
    }

    public var kind: StatementKind {
        switch self {
        case .spaceCharter: .spaceCharter
        case .logKeys: .logKeys
        case .spacePolicy: .spacePolicy
        case .identity(let statement): statement.kind
        case .catalogue(let statement): statement.kind
        case .right(let statement): statement.kind
        case .run(let statement): statement.kind
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

    /// In which form the statement is a JWS.
    var signatureForm: SignatureForm {
        switch self {
        case .contract: .several
        case .participantApplication(let application): application.keys.count > 1 ? .several : .one
        case .spaceCharter: .one
        case .identity(let statement): statement.signatureForm
        case .catalogue(let statement): statement.signatureForm
        case .right(let statement): statement.signatureForm
        case .run(let statement): statement.signatureForm
        default: kind.author == .spaceOperator ? .either : .one
        }
    }

    /// The members of the kind itself, beside the header's, as they stand in the payload.
    public var members: [(String, JSONValue?)] {
        switch self {
        case .spaceCharter(let content): content.members
        case .logKeys(let content): content.members
        case .spacePolicy(let content): content.members
        case .identity(let statement): statement.members
        case .catalogue(let statement): statement.members
        case .right(let statement): statement.members
        case .run(let statement): statement.members
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
    public func payload(
        space: String, issuedAt: Timestamp, nonce: String, acceptUntil: Timestamp? = nil
    ) -> [UInt8] {
        StatementHeader(kind: kind, space: space, issuedAt: issuedAt, nonce: nonce, acceptUntil: acceptUntil)
            .document(members).serialized()
    }
}
