import Encoding

extension ExchangeState {
    func decide(_ statement: CatalogueStatement, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        switch statement {
        case .review(let review): try decide(review, command)
        case .declaration(let declaration): try decide(declaration, command)
        case .complianceReview(let review): try decide(review, command)
        case .assessment(let assessment): try decide(assessment, command)
        }
    }

    /// The version that a statement is about, which must be one that can still come to something.
    private func version(_ subject: (product: Identifier, version: Int64)) throws(Refusal) -> (Product, ProductVersion) {
        guard let product = products[subject.product] else {
            throw Refusal(.notFound, "there is no product \(subject.product)", pointer: "/product")
        }
        guard product.status != .withdrawn else {
            throw Refusal(.wrongStatus, "the product \(product.identifier) has been withdrawn", pointer: "/product")
        }
        guard let version = product.version(subject.version) else {
            throw Refusal(
                .notFound, "the product \(product.identifier) has \(product.versions.count) version(s), not \(subject.version)",
                pointer: "/version")
        }
        guard version.status != .refused else {
            throw Refusal(
                .wrongStatus, "version \(subject.version) was refused; its provider may list a new version", pointer: "/version")
        }
        return (product, version)
    }

    private func decide(_ review: ProductReview, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command, for: .catalogue)
        let (product, version) = try version((review.product, review.version))
        guard version.awaits.contains(.review) else {
            throw Refusal(
                .wrongStatus, "version \(review.version) of \(product.identifier) does not wait for a review of its content",
                pointer: "/version")
        }
        var body: JSONObject = ["version": .integer(review.version), "reason": .string(review.reason)]
        if review.verdict == .approve { body["awaiting"] = .steps(version.awaits.filter { $0 != .review }) }
        return Event(
            type: review.verdict == .approve ? .productReviewed : .productReviewRefused, subject: product.identifier.text,
            actor: Event.operatorActor, body: body, statement: command.statement)
    }

    private func decide(_ declaration: ComplianceDeclaration, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        let (product, version) = try version((declaration.product, declaration.version))
        try requireSigner(signer, is: product.provider, pointer: "/product")
        try requireRole(.provider, of: signer)
        if let last = version.compliance {
            guard command.statement.header.issuedAt > last.declared.issuedAt else {
                throw Refusal(.staleDecision, "a later declaration for this version is recorded already", pointer: "/issuedAt")
            }
            guard last.status != .accepted else {
                throw Refusal(
                    .wrongStatus, "the declaration for version \(declaration.version) has been accepted; where the answers have changed, list a new version and declare them for it",
                    pointer: "/version")
            }
        }
        try check(declaration.answers, against: version)
        return Event(
            type: .complianceDeclared, subject: product.identifier.text, actor: signer.identifier.text,
            body: ["version": .integer(declaration.version)], statement: command.statement)
    }

    /// The answers and the grade must tell the same story.
    private func check(_ answers: ComplianceAnswers, against version: ProductVersion) throws(Refusal) {
        guard answers.coreData == (version.strictness == 4) else {
            throw Refusal(
                .complianceInconsistent,
                answers.coreData
                    ? "the answers say core data, but the listing's grades do not: list a new version with the grade core of the scheme national or tripartite"
                    : "the listing's grades say core data, but the answers do not",
                pointer: "/answers/coreData")
        }
        guard !answers.importantData || version.strictness >= 3 else {
            throw Refusal(
                .complianceInconsistent, "the answers say important data, but the listing's grades do not: list a new version with the grade important",
                pointer: "/answers/importantData")
        }
    }

    private func decide(_ review: ComplianceReview, _ command: Command) throws(Refusal) -> Event {
        try requireOperator(command, for: .catalogue)
        let (product, version) = try version((review.product, review.version))
        guard let compliance = version.compliance, compliance.status == .declared else {
            let status = version.compliance.map { "has been \($0.status.rawValue) already" } ?? "is missing"
            throw Refusal(
                .wrongStatus, "the compliance declaration for version \(review.version) of \(product.identifier) \(status)",
                pointer: "/version")
        }
        guard compliance.declared.statement == review.declaration else {
            throw Refusal(
                .staleDecision, "the provider has declared anew: the declaration that waits is \(compliance.declared.statement); read it, and review that one",
                pointer: "/declaration")
        }
        var body: JSONObject = ["version": .integer(review.version), "reason": .string(review.reason)]
        if review.verdict == .accept { body["awaiting"] = .steps(version.awaits.filter { $0 != .compliance }) }
        return Event(
            type: review.verdict == .accept ? .complianceAccepted : .complianceRejected, subject: product.identifier.text,
            actor: Event.operatorActor, body: body, statement: command.statement)
    }

    private func decide(_ assessment: QualityAssessment, _ command: Command) throws(Refusal) -> Event {
        guard let space, let signer = command.verified.keys.first, space.nodeKeys.contains(signer) else {
            throw Refusal(
                .notANodeKey, "an assessment is the node's, signed with one of the keys that the charter or the last node-keys statement names")
        }
        let (product, version) = try version((assessment.product, assessment.version))
        guard let data = version.data else {
            throw Refusal(
                .catalogueOnly, "version \(assessment.version) of \(product.identifier) has no data at this node that could be assessed",
                pointer: "/version")
        }
        let figures = assessment.figures
        guard assessment.snapshot == data.snapshot else {
            throw Refusal(
                .snapshotDiffers, "version \(assessment.version) is over the snapshot \(data.snapshot)", pointer: "/snapshot")
        }
        guard figures.rows == data.rowCount, figures.columns == Int64(data.columns.count) else {
            throw Refusal(
                .snapshotDiffers, "the snapshot has \(data.rowCount) rows and \(data.columns.count) columns, the assessment speaks of \(figures.rows) and \(figures.columns)",
                pointer: "/figures")
        }
        if let last = version.assessment?.mark, command.statement.header.issuedAt <= last.issuedAt {
            throw Refusal(.staleDecision, "a later assessment of this version is recorded already", pointer: "/issuedAt")
        }
        return Event(
            type: .productAssessed, subject: product.identifier.text, actor: Event.nodeActor,
            body: ["version": .integer(assessment.version), "report": .string(assessment.report)],
            statement: command.statement)
    }

    /// The last change by a statement of this kind to what the statement is about, by which a repetition is recognised.
    func lastMark(_ statement: CatalogueStatement, _ signed: SignedStatement) -> Mark? {
        let version = products[statement.subject.product]?.version(statement.subject.version)
        return switch statement {
        case .review: version?.reviewed
        case .declaration: version?.compliance?.declared
        case .complianceReview: version?.compliance?.reviewed
        case .assessment: version?.assessment?.mark
        }
    }
}

extension JSONValue {
    static func steps(_ steps: [ListingStep]) -> JSONValue { .array(steps.map { .string($0.rawValue) }) }
}
