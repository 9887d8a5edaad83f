import Encoding
import Exchange
import Signing
import Testing

@testable import Audit

/// The auditor's own books of what the operator has passed, and the catalogue's entries in plain words.
@Suite struct CatalogueAuditTests {
    private static func reconcile(_ space: TestSpace) throws -> [BillingDifference] {
        let reconciler = Reconciler()
        for bytes in JournalWriter(contents: space.records.map(\.content)).entries { reconciler.take(try LedgerEntry(bytes)) }
        return reconciler.reconciliation.differences
    }

    /// A space that asks for review and compliance, with a provider, a buyer and a product that has both.
    private struct Stage {
        var space = TestSpace()
        let providerKey = TestSpace.key(10)
        let buyerKey = TestSpace.key(11)
        let nodeKey = TestSpace.key(12)
        let provider: Identifier
        let buyer: Identifier
        let product: Identifier
        var declaration = ""

        init() throws {
            try space.found()
            provider = try space.apply("Weather bureau", .provider, providerKey)
            buyer = try space.apply("Insurer", .buyer, buyerKey)
            try space.decide(provider, .approve)
            try space.decide(buyer, .approve)
            let change = NodeKeys(nodeKeys: [nodeKey.verificationKey], reason: "")
            try space.record(space.sign(.identity(.nodeKeys(change)), space.operatorKey).signedAlso(by: nodeKey))
            var policy = SpacePolicy()
            policy.catalogue.contentReview = .every
            policy.catalogue.requireCompliance = true
            try space.record(space.sign(.spacePolicy(policy), space.operatorKey))
            product = try space.list(provider, providerKey)
        }

        mutating func approve() throws { try space.record(space.sign(review(.approve), space.operatorKey)) }

        func review(_ verdict: ProductVerdict) -> StatementContent {
            .catalogue(.review(ProductReview(product: product, version: 1, verdict: verdict, reason: "read")))
        }

        mutating func declare() throws {
            let answers = ComplianceAnswers(personalData: .none, lawfulSource: "own measurement")
            let content = ComplianceDeclaration(product: product, version: 1, answers: answers)
            let statement = try space.sign(.catalogue(.declaration(content)), providerKey)
            declaration = statement.payloadHash
            try space.record(statement)
        }

        mutating func accept() throws {
            let review = ComplianceReview(
                product: product, version: 1, declaration: declaration, verdict: .accept, reason: "sound")
            try space.record(space.sign(.catalogue(.complianceReview(review)), space.operatorKey))
        }

        mutating func assess() throws {
            let figures = QualityAssessment.Figures(
                rows: 100, columns: 1, minimumCompleteness: 985, meanCompleteness: 985, duplicates: 2, issues: ["duplicates"])
            let assessment = QualityAssessment(
                product: product, version: 1, snapshot: TestSpace.hash("snapshot 1"), methodName: "hexi-quality",
                methodVersion: "1", report: TestSpace.hash("report"), figures: figures)
            try space.record(space.sign(.catalogue(.assessment(assessment)), nodeKey))
        }

        mutating func sign(_ content: StatementContent, _ key: SigningKey) throws -> SignedStatement { try space.sign(content, key) }

        /// The contract, recorded whatever the rules say.
        mutating func forceContract() throws {
            let terms = space.terms(buyer, provider, product)
            let statement = try space.sign(.contract(terms), buyerKey).signedAlso(by: providerKey)
            space.force(
                Event(
                    type: .contractOffered, subject: statement.identifier(.contract).text, actor: buyer.text,
                    body: ["signers": [], "active": true], statement: statement))
        }
    }

    @Test func aVersionThatPassedItsReviewsCanBeContracted() throws {
        var stage = try Stage()
        try stage.approve()
        try stage.declare()
        try stage.accept()
        try stage.assess()
        try stage.forceContract()
        #expect(try Self.reconcile(stage.space) == [])
        #expect(stage.space.state.products[stage.product]?.status == .listed)
    }

    @Test(arguments: 0..<3) func aContractOverAVersionThatLacksAReviewIsNamed(steps: Int) throws {
        var stage = try Stage()
        if steps > 0 { try stage.approve() }
        if steps > 1 { try stage.declare() }
        try stage.forceContract()
        let differences = try Self.reconcile(stage.space)
        #expect(differences.map(\.rule) == [.price])
        #expect(differences.first?.should == "that version is not listed")
    }

    @Test func aContractOverARefusedVersionIsNamed() throws {
        var stage = try Stage()
        try stage.space.record(stage.sign(stage.review(.refuse), stage.space.operatorKey))
        try stage.forceContract()
        #expect(try Self.reconcile(stage.space).map(\.rule) == [.price])
    }

    @Test func aReviewThatNoOperatorSignedCountsForNothing() throws {
        var stage = try Stage()
        try stage.declare()
        try stage.accept()
        let forged = try stage.sign(stage.review(.approve), stage.providerKey)
        stage.space.force(
            Event(
                type: .productReviewed, subject: stage.product.text, actor: Event.operatorActor,
                body: ["version": 1, "reason": "", "awaiting": []], statement: forged))
        try stage.forceContract()
        #expect(try Self.reconcile(stage.space).map(\.rule) == [.signer, .price])
    }

    @Test func aContractOverWhatTheBuyersTypeMayNotHaveIsNamed() throws {
        var space = TestSpace()
        let parties = try space.openForRuns()
        try space.run(parties)
        let honest = space.records[10].event
        var policy = SpacePolicy()
        policy.catalogue.gradeRules = [GradeRule(strictness: 1, types: [.government], minimumLevel: .county)]
        try space.record(space.sign(.spacePolicy(policy), space.operatorKey))
        let request = RunRequest(query: parties.query, contracts: [parties.contract], parameters: [:])
        let statement = try space.sign(.runRequest(request), parties.buyerKey)
        space.force(
            Event(
                type: .runCompleted, subject: statement.identifier(.run).text, actor: parties.buyer.text, body: honest.body,
                statement: statement))
        let differences = try Self.reconcile(space)
        #expect(differences.map(\.rule) == [.product])
        #expect(differences.first?.should.contains("does not go to Insurer") == true)
    }

    @Test func entriesAreToldInPlainWords() throws {
        var stage = try Stage()
        try stage.approve()
        try stage.declare()
        try stage.accept()
        try stage.assess()
        try stage.space.record(stage.sign(.productWithdrawal(ProductWithdrawal(product: stage.product, reason: "closed")), stage.providerKey))
        var state = ExchangeState()
        var sentences: [EventType: String] = [:]
        for bytes in JournalWriter(contents: stage.space.records.map(\.content)).entries {
            let entry = try LedgerEntry(bytes)
            try state.replay(entry)
            sentences[entry.event.type] = EntrySentence(entry, after: state).text
        }
        let product = state.displayName(of: stage.product.text)
        let provider = state.displayName(of: stage.provider.text)
        #expect(sentences[.productSubmitted] == "\(provider) put forward version 1 of \(product) at 12.50 CNY a run; it waits for the operator's word on its content and its compliance")
        #expect(sentences[.productReviewed] == "the operator approved the content of version 1 of \(product); it waits for the operator's word on its compliance: read")
        #expect(sentences[.complianceDeclared] == "\(provider) answered the compliance checklist for version 1 of \(product)")
        #expect(sentences[.complianceAccepted] == "the operator accepted the compliance declaration for version 1 of \(product): sound")
        #expect(sentences[.productAssessed] == "the node assessed version 1 of \(product): 100 rows, 98.5 % complete, 2 repeated; duplicates")
        #expect(sentences[.productWithdrawn] == "\(provider) withdrew \(product): closed")
        for type in sentences.keys { #expect(ReportWords.type(type).en != type.rawValue || type.rawValue.hasPrefix("space."), "\(type)") }
    }
}
