import Encoding

/// The kinds of ledger entry. Each has a JSON Schema for its body in `Contracts/schemas`.
public enum EventType: String, Sendable, CaseIterable, Codable {
    case spaceFounded = "space.founded"
    case spaceLogKeysChanged = "space.log-keys-changed"
    case spacePolicySet = "space.policy-set"

    // Identity
    case participantApplied = "participant.applied"
    case participantApproved = "participant.approved"
    case participantRefused = "participant.refused"
    case participantSuspended = "participant.suspended"
    case participantResumed = "participant.resumed"
    case participantChecked = "participant.checked"
    case participantReturned = "participant.returned"
    case participantRevoked = "participant.revoked"
    case participantAssured = "participant.assured"
    case participantKeysChanged = "participant.keys-changed"
    case recoveryProposed = "participant.recovery-proposed"
    case recoveryObjected = "participant.recovery-objected"
    case participantRecovered = "participant.recovered"
    case delegationGranted = "delegation.granted"
    case delegationRevoked = "delegation.revoked"
    case operatorsAppointed = "space.operators-appointed"
    case nodeKeysChanged = "space.node-keys-changed"
    case alarmRaised = "alarm.raised"

    // Catalogue
    case productListed = "product.listed"
    case productWithdrawn = "product.withdrawn"
    case productSubmitted = "product.submitted"
    case productReviewed = "product.reviewed"
    case productReviewRefused = "product.review-refused"
    case complianceDeclared = "product.compliance-declared"
    case complianceAccepted = "product.compliance-accepted"
    case complianceRejected = "product.compliance-rejected"
    case productAssessed = "product.assessed"

    // Rights
    case resourceRegistered = "resource.registered"
    case rightApplied = "right.applied"
    case rightWithdrawn = "right.withdrawn"
    case rightNoticed = "right.noticed"
    case rightObjected = "right.objected"
    case rightObjectionDismissed = "right.objection-dismissed"
    case rightRefused = "right.refused"
    case rightGranted = "right.granted"
    case rightTransferred = "right.transferred"
    case rightDivided = "right.divided"
    case rightMerged = "right.merged"
    case rightChanged = "right.changed"
    case rightRenewed = "right.renewed"
    case rightLicensed = "right.licensed"
    case rightLicenceEnded = "right.licence-ended"
    case rightPledged = "right.pledged"
    case rightPledgeReleased = "right.pledge-released"
    case rightFrozen = "right.frozen"
    case rightUnfrozen = "right.unfrozen"
    case rightCancelled = "right.cancelled"

    // Contracts, queries and runs
    case contractOffered = "contract.offered"
    case contractSigned = "contract.signed"
    case contractEnded = "contract.ended"
    case querySubmitted = "query.submitted"
    case queryApproved = "query.approved"
    case queryRefused = "query.refused"
    case queryRevoked = "query.revoked"
    case runCompleted = "run.completed"
    case runRefused = "run.refused"
    case taskMinted = "task.minted"
    case taskCancelled = "task.cancelled"
    case resultDestroyed = "run.result-destroyed"
    case artefactReleased = "artefact.released"
    case artefactRefused = "artefact.refused"
    case consentGiven = "consent.given"
    case consentEnded = "consent.ended"
}

/// Something that happened: what the ledger records, and all that the state is made from.
public struct Event: Sendable {
    public var type: EventType
    /// The identifier of what it happened to; the space's prefix for its founding.
    public var subject: String
    /// Who did it: a participant's identifier, `operator` or `node`.
    public var actor: String
    public var body: JSONObject
    public var statement: SignedStatement

    public init(type: EventType, subject: String, actor: String, body: JSONObject, statement: SignedStatement) {
        self.type = type
        self.subject = subject
        self.actor = actor
        self.body = body
        self.statement = statement
    }

    public static let operatorActor = "operator"
    public static let nodeActor = "node"
}
