extension StatementKind {
    /// Whose word a kind of statement is, which decides in what forms it comes and whether staff may sign it.
    enum Author {
        /// The space's operators: one of them, or two where the policy wants two.
        case spaceOperator
        case node
        /// Somebody who is not registered yet.
        case applicant
        /// A participant, by a key of its own or of its staff.
        case participant
        /// A participant, by a key of its own only.
        case organisation
    }

    var author: Author {
        switch self {
        case .spaceCharter, .logKeys, .spacePolicy, .participantDecision, .participantReview, .operatorAppointment, .nodeKeys,
            .keyRecovery, .keyRecoveryCompletion:
            .spaceOperator
        case .alarmReport: .node
        case .participantApplication: .applicant
        case .participantKeys, .keyRecoveryObjection, .delegation, .delegationRevocation: .organisation

        // Catalogue
        case .productListing, .productWithdrawal, .complianceDeclaration: .participant
        case .productReview, .complianceReview: .spaceOperator
        case .qualityAssessment: .node

        // Rights
        case .rightCheck, .objectionDecision, .rightDecision: .spaceOperator
        case .resourceRegistration, .rightApplication, .rightWithdrawal, .rightObjection, .rightTransfer, .rightSplit,
            .rightMerge, .rightChange, .rightRenewal, .rightLicence, .rightLicenceEnd, .rightPledge, .rightPledgeRelease,
            .rightFreeze, .rightUnfreeze, .rightCancellation:
            .participant

        // Contracts, queries and runs
        case .contract, .contractTermination, .querySubmission, .queryDecision, .runRequest, .taskRequest,
            .taskCancellation, .artefactDecision, .subjectConsent, .subjectConsentEnd:
            .participant
        case .resultDestruction: .node
        }
    }

    /// Whether a participant can let its staff sign statements of this kind.
    public var canBeDelegated: Bool { author == .participant }
}

/// How many signatures a statement can bear.
enum SignatureForm: Sendable {
    /// The compact form, with one.
    case one
    /// The general JSON form, with one or more over the same bytes.
    case several
    /// Either: one signature is in the compact form, more are in the general one.
    case either
}
