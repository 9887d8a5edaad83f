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
    /// The operator approves, refuses, suspends, resumes, assures or revokes a participant.
    case participantDecision = "participant-decision"
    /// An operator has looked through an application.
    case participantReview = "participant-review"
    /// A participant adds keys and removes keys.
    case participantKeys = "participant-keys"
    /// The operator proposes new keys for a participant who has lost its own.
    case keyRecovery = "key-recovery"
    /// The participant objects to such a proposal.
    case keyRecoveryObjection = "key-recovery-objection"
    /// The new keys take the place of the old, once the waiting time is over.
    case keyRecoveryCompletion = "key-recovery-completion"
    /// An organisation lets one of its staff act with a key of their own.
    case delegation = "delegation"
    /// An organisation ends a delegation.
    case delegationRevocation = "delegation-revocation"
    /// The root key names all the operators beside it.
    case operatorAppointment = "operator-appointment"
    /// The operator changes the keys with which the node itself speaks.
    case nodeKeys = "node-keys"
    /// The node reports something that people should look at.
    case alarmReport = "alarm-report"

    // Catalogue
    /// A provider lists a product, or a new version of one.
    case productListing = "product-listing"
    /// A provider withdraws a product.
    case productWithdrawal = "product-withdrawal"
    /// The operator approves or refuses a version that waits for review.
    case productReview = "product-review"
    /// A provider answers the compliance checklist for a version.
    case complianceDeclaration = "compliance-declaration"
    /// The operator accepts or rejects such answers.
    case complianceReview = "compliance-review"
    /// The node says what it found out about a version's data.
    case qualityAssessment = "quality-assessment"

    // Rights
    /// A holder registers a data resource.
    case resourceRegistration = "resource-registration"
    /// Somebody asks for a right to be registered.
    case rightApplication = "right-application"
    /// An applicant takes an application back.
    case rightWithdrawal = "right-withdrawal"
    /// The operator passes or fails the formal check of an application.
    case rightCheck = "right-check"
    /// A participant objects to an application.
    case rightObjection = "right-objection"
    /// The operator upholds or dismisses an objection.
    case objectionDecision = "objection-decision"
    /// The operator grants or refuses a right.
    case rightDecision = "right-decision"
    /// A right passes to another holder.
    case rightTransfer = "right-transfer"
    /// A right is split into parts.
    case rightSplit = "right-split"
    /// A holder makes one right of parts.
    case rightMerge = "right-merge"
    /// A holder amends what a certificate says.
    case rightChange = "right-change"
    /// A holder extends a right that is about to end.
    case rightRenewal = "right-renewal"
    /// A holder licenses a right.
    case rightLicence = "right-licence"
    /// A licensee gives a licence up, or the operator ends it.
    case rightLicenceEnd = "right-licence-end"
    /// A holder pledges a right.
    case rightPledge = "right-pledge"
    /// A pledgee, or the operator, releases a pledge.
    case rightPledgeRelease = "right-pledge-release"
    /// A regulator freezes a right.
    case rightFreeze = "right-freeze"
    /// A regulator lifts a freeze.
    case rightUnfreeze = "right-unfreeze"
    /// A right ends before its time.
    case rightCancellation = "right-cancellation"

    // Contracts, queries and runs
    /// A digital contract: offered by its first signer, active when every party has signed.
    case contract = "contract"
    /// A party ends a contract.
    case contractTermination = "contract-termination"
    /// A buyer submits a query for approval.
    case querySubmission = "query-submission"
    /// A provider approves, refuses or revokes a query.
    case queryDecision = "query-decision"
    /// A buyer asks for a task, without which there is no run.
    case taskRequest = "task-request"
    /// The buyer, a provider or an operator ends a task.
    case taskCancellation = "task-cancellation"
    /// A buyer asks for one run of an approved query.
    case runRequest = "run-request"
    /// The node has destroyed a run's result.
    case resultDestruction = "result-destruction"
    /// A provider releases or refuses what a program made.
    case artefactDecision = "artefact-decision"
    /// A provider states a subject's consent to being asked about.
    case subjectConsent = "subject-consent"
    /// A provider states that a subject's consent has ended.
    case subjectConsentEnd = "subject-consent-end"

    /// The `typ` header of the statement's JWS (RFC 7515 section 4.1.9), so that a signature made for one kind of
    /// statement can never stand for another.
    public var mediaType: String { "hexi-\(rawValue)+jws" }

    public init?(mediaType: String) {
        guard mediaType.hasPrefix("hexi-"), mediaType.hasSuffix("+jws"), mediaType.utf8.count > 9 else { return nil }
        self.init(rawValue: String(mediaType.dropFirst(5).dropLast(4)))
    }
}
