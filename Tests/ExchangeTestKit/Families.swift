import Exchange

// Each family of statements has tests of its own; what concerns every kind asks these sets, so that a kind that belongs to
// none of them makes a test fail.

extension StatementKind {
    public static let ofIdentity: [StatementKind] = [
        .participantReview, .participantKeys, .keyRecovery, .keyRecoveryObjection, .keyRecoveryCompletion, .delegation,
        .delegationRevocation, .operatorAppointment, .nodeKeys, .alarmReport,
    ]
    public static let ofCatalogue: [StatementKind] = [
        .productReview, .complianceDeclaration, .complianceReview, .qualityAssessment,
    ]
    public static let ofRights: [StatementKind] = [
        .resourceRegistration, .rightApplication, .rightWithdrawal, .rightCheck, .rightObjection, .objectionDecision,
        .rightDecision, .rightTransfer, .rightSplit, .rightMerge, .rightChange, .rightRenewal, .rightLicence,
        .rightLicenceEnd, .rightPledge, .rightPledgeRelease, .rightFreeze, .rightUnfreeze, .rightCancellation,
    ]
    public static let ofRuns: [StatementKind] = [
        .taskRequest, .taskCancellation, .resultDestruction, .artefactDecision, .subjectConsent, .subjectConsentEnd,
    ]
    /// The kinds that the exchange itself rests on: the space, participants, products, contracts, queries and runs.
    public static let ofTrade: [StatementKind] = [
        .spaceCharter, .logKeys, .participantApplication, .participantDecision, .productListing,
        .productWithdrawal, .contract, .contractTermination, .querySubmission, .queryDecision, .runRequest,
        .spacePolicy,
    ]
}

extension EventType {
    public static let ofIdentity: Set<EventType> = [
        .participantChecked, .participantReturned, .participantRevoked, .participantAssured, .participantKeysChanged,
        .recoveryProposed, .recoveryObjected, .participantRecovered, .delegationGranted, .delegationRevoked,
        .operatorsAppointed, .nodeKeysChanged, .alarmRaised,
    ]
    public static let ofCatalogue: Set<EventType> = [
        .productSubmitted, .productReviewed, .productReviewRefused, .complianceDeclared, .complianceAccepted,
        .complianceRejected, .productAssessed,
    ]
    public static let ofRights: Set<EventType> = [
        .resourceRegistered, .rightApplied, .rightWithdrawn, .rightNoticed, .rightObjected, .rightObjectionDismissed,
        .rightRefused, .rightGranted, .rightTransferred, .rightDivided, .rightMerged, .rightChanged, .rightRenewed,
        .rightLicensed, .rightLicenceEnded, .rightPledged, .rightPledgeReleased, .rightFrozen, .rightUnfrozen,
        .rightCancelled,
    ]
    public static let ofRuns: Set<EventType> = [
        .taskMinted, .taskCancelled, .resultDestroyed, .artefactReleased, .artefactRefused, .consentGiven, .consentEnded,
    ]
    public static let ofTrade: Set<EventType> = [
        .spaceFounded, .spaceLogKeysChanged, .spacePolicySet, .participantApplied, .participantApproved,
        .participantRefused, .participantSuspended, .participantResumed, .productListed, .productWithdrawn,
        .contractOffered, .contractSigned, .contractEnded, .querySubmitted, .queryApproved, .queryRefused,
        .queryRevoked, .runCompleted, .runRefused,
    ]
}
