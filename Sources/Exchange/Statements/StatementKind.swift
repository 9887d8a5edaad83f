/// The kinds of signed statement. Each has a JSON Schema of the same name in `Contracts/schemas`.
public enum StatementKind: String, Sendable, CaseIterable, Codable {
    /// The operator founds the space; the first entry of every ledger.
    case spaceCharter = "space-charter"
    /// The operator changes the keys that sign the ledger's checkpoints.
    case logKeys = "log-keys"
    /// The operator sets the space's own rules.
    case spacePolicy = "space-policy"

    // Identity
    /// Somebody asks to be registered, signed with the key to be registered.
    case participantApplication = "participant-application"
    /// The operator approves, refuses, suspends or resumes a participant.
    case participantDecision = "participant-decision"

    // Catalogue
    /// A provider lists a product, or a new version of one.
    case productListing = "product-listing"
    /// A provider withdraws a product.
    case productWithdrawal = "product-withdrawal"

    // Rights

    // Contracts, queries and runs
    /// A digital contract: offered by its first signer, active when every party has signed.
    case contract = "contract"
    /// A party ends a contract.
    case contractTermination = "contract-termination"
    /// A buyer submits a query for approval.
    case querySubmission = "query-submission"
    /// A provider approves, refuses or revokes a query.
    case queryDecision = "query-decision"
    /// A buyer asks for one run of an approved query.
    case runRequest = "run-request"

    /// The `typ` header of the statement's JWS (RFC 7515 section 4.1.9), so that a signature made for one kind of
    /// statement can never stand for another.
    public var mediaType: String { "hexi-\(rawValue)+jws" }

    public init?(mediaType: String) {
        guard mediaType.hasPrefix("hexi-"), mediaType.hasSuffix("+jws"), mediaType.utf8.count > 9 else { return nil }
        self.init(rawValue: String(mediaType.dropFirst(5).dropLast(4)))
    }
}
