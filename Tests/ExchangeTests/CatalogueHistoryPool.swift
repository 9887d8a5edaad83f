import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// Statements about products, signed once, from which random histories of the catalogue draw.
struct CatalogueHistoryPool: Sendable {
    struct Buyer: Sendable {
        let party: Party
        let type: ParticipantType
        let level: GovernmentLevel?
    }

    private(set) var base: ExchangeFixture
    let providers: [Party]
    let buyers: [Buyer]
    /// By what they are about; a history chooses the group first, so that rare kinds come up.
    private(set) var groups: [[VerifiedStatement]] = []
    private(set) var listings: [Identifier: [ProductListing]] = [:]

    static let identifiers = (1...4).map { ExternalIdentifier(scheme: "moid", value: "MOID \($0)") }

    init() throws {
        var base = try ExchangeFixture(seed: 21)
        providers = [try base.register("A", [.provider]), try base.register("B", [.provider])]
        var buyers: [Buyer] = []
        let kinds: [(ParticipantType, GovernmentLevel?)] = [(.enterprise, nil), (.government, .county), (.government, .township)]
        for (index, (type, level)) in kinds.enumerated() {
            let key = try base.freshKey()
            var application = base.application("Buyer \(index)", [.buyer], [key.verificationKey])
            (application.type, application.level) = (type, level)
            let event = try base.submit(.participantApplication(application), by: key)
            let party = Party(name: application.name, key: key, identifier: try Identifier(event.subject))
            try base.decide(party.identifier, .approve)
            buyers.append(Buyer(party: party, type: type, level: level))
        }
        self.buyers = buyers
        self.base = base
        try addPolicies()
        try addProducts()
    }

    private mutating func draw(_ content: StatementContent, by key: SigningKey, at offset: Int64 = 0) throws -> VerifiedStatement {
        let issuedAt = base.time.advanced(byMilliseconds: offset)
        return try base.sign(content, by: key, issuedAt: issuedAt).verified(base.state.verificationKey)
    }

    private mutating func addPolicies() throws {
        var policies: [VerifiedStatement] = []
        for step in 0..<6 {
            var policy = SpacePolicy()
            policy.catalogue.contentReview = ContentReview.allCases[step % 3]
            policy.catalogue.requireCompliance = step % 2 == 1
            if step == 4 { policy.catalogue.gradeRules.append(GradeRule(strictness: 2, types: [.government])) }
            policies.append(try draw(.spacePolicy(policy), by: base.operatorKey, at: Int64(step) * 5000))
        }
        groups.append(policies)
    }

    private enum Subject: CaseIterable { case listing, reviewing, declaring, judging, assessing, buying }

    /// Seven products with three versions each, and everything that can be said about each version.
    private mutating func addProducts() throws {
        var stock: [Subject: [VerifiedStatement]] = [:]
        var earlier: [Identifier] = []
        for number in 0..<7 {
            let provider = providers[number % 2]
            var product: Identifier?
            for version in Int64(1)...3 {
                let content = listed(number, version, product, provider, earlier)
                let draw = try draw(.productListing(content), by: provider.key)
                stock[.listing, default: []].append(draw)
                let identifier = product ?? draw.statement.identifier(.product)
                product = identifier
                listings[identifier, default: []].append(content)
                try addReviews(of: identifier, content, provider, to: &stock)
                for buyer in buyers {
                    let terms = terms(buyer.party, provider, identifier, version)
                    stock[.buying, default: []].append(try self.draw(.contract(terms), by: buyer.party.key))
                }
            }
            guard let product else { continue }
            earlier.append(product)
            let withdrawal = ProductWithdrawal(product: product, reason: "")
            stock[.assessing, default: []].append(try draw(.productWithdrawal(withdrawal), by: provider.key))
        }
        groups += Subject.allCases.compactMap { stock[$0] } + [stock[.listing] ?? []]
    }

    private mutating func addReviews(
        of product: Identifier, _ listing: ProductListing, _ provider: Party, to stock: inout [Subject: [VerifiedStatement]]
    ) throws {
        for verdict in ProductVerdict.allCases {
            let review = base.review(product, listing.version, verdict)
            stock[.reviewing, default: []].append(try draw(review, by: base.operatorKey))
        }
        for (step, answers) in Self.answers(listing).enumerated() {
            let content = base.declaration(product, listing.version, answers: answers)
            let declaration = try draw(content, by: provider.key, at: Int64(step))
            stock[.declaring, default: []].append(declaration)
            for verdict in ComplianceVerdict.allCases {
                let review = ComplianceReview(
                    product: product, version: listing.version, declaration: declaration.statement.payloadHash,
                    verdict: verdict, reason: "read")
                stock[.judging, default: []].append(try draw(.catalogue(.complianceReview(review)), by: base.operatorKey))
            }
        }
        guard let data = listing.data else { return }
        var assessment = base.assessment(product, listing.version)
        assessment.snapshot = data.snapshot
        (assessment.figures.rows, assessment.figures.columns) = (data.rowCount, Int64(data.columns.count))
        stock[.assessing, default: []].append(try draw(.catalogue(.assessment(assessment)), by: base.nodeKey))
    }

    /// Products 0 and 1 are core, 2 and 3 are derived, 6 is an entry of the catalogue only. Each claims some of a few
    /// identifiers, so that they come into each other's way.
    private func listed(
        _ number: Int, _ version: Int64, _ product: Identifier?, _ provider: Party, _ earlier: [Identifier]
    ) -> ProductListing {
        var listing = base.listing(provider, product: product, version: version, modes: [.aggregate])
        listing.title = ["en": "Product \(number)"]
        if number == 6 { listing.data = nil }
        if number < 2 {
            listing.grade = .important
            listing.grades = [SchemeGrade(scheme: .national, grade: "core")]
        }
        if number == 2 || number == 3 {
            listing.productClass = .derived
            listing.inputs = [ProductInput(name: "source", origin: .free, licence: "CC0-1.0", product: earlier[number - 2])]
        }
        listing.externalIdentifiers = Array(Self.identifiers[(number % 3)...].prefix(Int(version)))
        return listing
    }

    private static func answers(_ listing: ProductListing) -> [ComplianceAnswers] {
        let first = ComplianceAnswers(personalData: .none, coreData: listing.strictness == 4, lawfulSource: "own")
        var second = first
        second.personalData = .pseudonymised
        return [first, second]
    }

    private func terms(_ buyer: Party, _ provider: Party, _ product: Identifier, _ version: Int64) -> ContractTerms {
        ContractTerms(
            buyer: buyer.identifier, providers: [provider.identifier],
            products: [ContractProduct(product: product, version: version, pricePerRun: 500)], purpose: .research,
            validFrom: base.time, validUntil: base.time.advanced(byMilliseconds: ExchangeFixture.day), maximumRuns: 1,
            resultRetentionDays: 1)
    }

    /// Half of the time chance is led towards statements that can come to something; the other half takes any.
    func next(_ generator: inout FixedGenerator, _ state: ExchangeState) -> Command {
        let group = groups[Int.random(in: 0..<groups.count, using: &generator)]
        var choice = group[Int.random(in: 0..<group.count, using: &generator)]
        guard Bool.random(using: &generator) else { return Command(choice) }
        for _ in 0..<30 where !isPromising(choice.statement, state) {
            choice = group[Int.random(in: 0..<group.count, using: &generator)]
        }
        return Command(choice)
    }

    private func isPromising(_ statement: SignedStatement, _ state: ExchangeState) -> Bool {
        guard case .catalogue(let content) = statement.content,
            let version = state.products[content.subject.product]?.version(content.subject.version)
        else { return false }
        return switch content {
        case .complianceReview(let review): version.compliance?.declared.statement == review.declaration
        case .review: version.awaits.contains(.review)
        default: true
        }
    }
}
