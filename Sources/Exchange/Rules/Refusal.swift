import Encoding

/// The reasons by rule for which a command is refused.
public enum RefusalCode: String, Sendable, CaseIterable, Codable {
    case spaceNotFounded = "space-not-founded"
    case spaceAlreadyFounded = "space-already-founded"
    case wrongSpace = "wrong-space"
    case statementTooOld = "statement-too-old"
    case validityTooLong = "validity-too-long"
    case statementFromFuture = "statement-from-future"
    case notTheOperator = "not-the-operator"
    case signerUnknown = "signer-unknown"
    case signerNotActive = "signer-not-active"
    case signerNotNamed = "signer-not-named"
    case roleMissing = "role-missing"
    case duplicate = "duplicate"
    case logKeyForeign = "log-key-foreign"
    case logKeyRetired = "log-key-retired"
    case logKeysUnchanged = "log-keys-unchanged"
    case logKeysDisjoint = "log-keys-disjoint"
    case handoverWrong = "handover-wrong"

    // Identity
    case keyAlreadyRegistered = "key-already-registered"
    case creditCodeAlreadyRegistered = "credit-code-already-registered"
    case signerKeyRetired = "signer-key-retired"
    case keyRetired = "key-retired"
    case keysOutOfRange = "keys-out-of-range"
    case keysUnchanged = "keys-unchanged"
    case keyProofMissing = "key-proof-missing"
    case dutyMissing = "duty-missing"
    case secondOperatorNeeded = "second-operator-needed"
    case operatorsTooFew = "operators-too-few"
    case checkMissing = "check-missing"
    case samePerson = "same-person"
    case assuranceTooLow = "assurance-too-low"
    case recoveryPending = "recovery-pending"
    case recoveryWaiting = "recovery-waiting"
    case delegationOutOfRange = "delegation-out-of-range"
    case delegationNotInForce = "delegation-not-in-force"
    case permissionMissing = "permission-missing"
    case scopeExceeded = "scope-exceeded"
    case notANodeKey = "not-a-node-key"

    // Of anything
    case notFound = "not-found"
    case wrongStatus = "wrong-status"
    case staleDecision = "stale-decision"

    // Catalogue
    case versionOutOfOrder = "version-out-of-order"
    case productNotListed = "product-not-listed"
    case catalogueOnly = "catalogue-only"
    case gradesContradict = "grades-contradict"
    case gradeForbidsBuyer = "grade-forbids-buyer"
    case negativeList = "negative-list"
    case extensionWrong = "extension-wrong"
    case changesMissing = "changes-missing"
    case identifierTaken = "identifier-taken"
    case identifierDropped = "identifier-dropped"
    case inputMissing = "input-missing"
    case inputUnknown = "input-unknown"
    case lineageCircular = "lineage-circular"
    case rightsMissing = "rights-missing"
    case complianceInconsistent = "compliance-inconsistent"
    case snapshotDiffers = "snapshot-differs"

    // Rights
    case rightOverCoreData = "right-over-core-data"
    case rightWithoutLawfulSource = "right-without-lawful-source"
    case rightUnderDispute = "right-under-dispute"
    case rightAlreadyRegistered = "right-already-registered"
    case rightBasisMissing = "right-basis-missing"
    case rightNotInForce = "right-not-in-force"
    case rightPledged = "right-pledged"
    case rightFrozen = "right-frozen"
    case rightLicensed = "right-licensed"
    case noticeNotOver = "notice-not-over"
    case noticeOver = "notice-over"
    case objectionOpen = "objection-open"
    case objectionRepeated = "objection-repeated"
    case sharesWrong = "shares-wrong"
    case partsDiffer = "parts-differ"
    case signatureMissing = "signature-missing"
    case renewalTooEarly = "renewal-too-early"

    // Contracts, queries and runs
    case priceDiffers = "price-differs"
    case partiesWrong = "parties-wrong"
    case termsOutOfRange = "terms-out-of-range"
    case modeNotOffered = "mode-not-offered"
    case contractMissing = "contract-missing"
    case contractNotInForce = "contract-not-in-force"
    case contractUnused = "contract-unused"
    case contractExhausted = "contract-exhausted"
    case queryNotApproved = "query-not-approved"
    case parametersWrong = "parameters-wrong"
    case providerNotActive = "provider-not-active"
    case outcomeInconsistent = "outcome-inconsistent"
    case taskMissing = "task-missing"
    case taskDiffers = "task-differs"
    case taskUsed = "task-used"
    case taskCancelled = "task-cancelled"
    case taskExpired = "task-expired"
    case tasksTooMany = "tasks-too-many"
    case historyFull = "history-full"
    case historyChanged = "history-changed"
    case privacyCostTooHigh = "privacy-cost-too-high"
    case budgetExhausted = "budget-exhausted"
    case consentMissing = "consent-missing"
    case matchLimitReached = "match-limit-reached"
    case programNotAllowed = "program-not-allowed"
    case artefactDiffers = "artefact-differs"
}

/// A command refused by the rules, with the reason for a person.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    public var code: RefusalCode
    public var message: String
    /// Where in the statement's document, as a JSON Pointer.
    public var pointer: String?
    /// For a duplicate: the entry that already records this very statement, so that a retry can be answered.
    public var recordedAt: UInt64?

    public init(_ code: RefusalCode, _ message: String, pointer: String? = nil, recordedAt: UInt64? = nil) {
        self.code = code
        self.message = message
        self.pointer = pointer
        self.recordedAt = recordedAt
    }

    public var description: String { message }
}
