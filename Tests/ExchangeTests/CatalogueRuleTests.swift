import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Signing
import Testing

@Suite("Rules of the catalogue")
struct CatalogueRuleTests {
    private static let moid = ExternalIdentifier(scheme: "moid", value: "MOID 123")

    private static func list(_ fixture: inout ExchangeFixture, _ listing: ProductListing, _ provider: Party) throws -> Identifier {
        try Identifier(try fixture.submit(.productListing(listing), by: provider.key).subject)
    }

    // MARK: One source of record

    @Test("an external identifier belongs to its first product, however it is written, and the refusal points there")
    func firstComesFirst() throws {
        var market = try Market()
        let first = try Self.list(&market.fixture, market.fixture.entry(market.bureau, identifiers: [Self.moid]), market.bureau)
        for value in ["MOID 123", "moid 123", "ＭＯＩＤ　１２３", "moid\u{200B} 123", " MOID  123 "] {
            let listing = market.fixture.entry(market.airport, identifiers: [ExternalIdentifier(scheme: "moid", value: value)])
            let refusal = try #require(throws: Refusal.self) { try market.fixture.submit(.productListing(listing), by: market.airport.key) }
            #expect(refusal.code == .identifierTaken)
            #expect(refusal.pointer == "/externalIdentifiers/0")
            #expect(refusal.message.contains(first.text))
            #expect(refusal.message.contains("气象局"))
        }
        for other in [ExternalIdentifier(scheme: "moid", value: "MOID 124"), ExternalIdentifier(scheme: "doi", value: "MOID 123")] {
            let listing = market.fixture.entry(market.airport, identifiers: [other])
            #expect(try market.fixture.refusal(of: .productListing(listing), by: market.airport.key) == nil)
        }
        #expect(market.fixture.state.catalogue.product(ExternalIdentifier(scheme: "moid", value: "moid 123")) == first)
    }

    @Test("a product keeps its identifiers through later versions, which may add some, and through its withdrawal")
    func kept() throws {
        var market = try Market()
        let product = try Self.list(&market.fixture, market.fixture.entry(market.bureau, identifiers: [Self.moid]), market.bureau)
        let doi = ExternalIdentifier(scheme: "doi", value: "10.1000/182")
        let without = market.fixture.entry(market.bureau, product: product, version: 2, identifiers: [doi])
        #expect(try market.fixture.refusal(of: .productListing(without), by: market.bureau.key) == .identifierDropped)
        let with = market.fixture.entry(market.bureau, product: product, version: 2, identifiers: [doi, Self.moid])
        try market.fixture.submit(.productListing(with), by: market.bureau.key)
        try market.fixture.submit(.productWithdrawal(ProductWithdrawal(product: product, reason: "moved")), by: market.bureau.key)
        #expect(market.fixture.state.products[product]?.withdrawalReason == "moved")
        for identifier in [Self.moid, doi] {
            let again = market.fixture.entry(market.bureau, identifiers: [identifier])
            #expect(try market.fixture.refusal(of: .productListing(again), by: market.bureau.key) == .identifierTaken)
        }
    }

    @Test("what a refused version alone claimed is free again; what an approved one has is not")
    func freedByRefusal() throws {
        var market = try Market()
        try market.fixture.setCatalogue { $0.contentReview = .every }
        let product = try Self.list(&market.fixture, market.fixture.entry(market.bureau, identifiers: [Self.moid]), market.bureau)
        let rival = market.fixture.entry(market.airport, identifiers: [Self.moid])
        #expect(try market.fixture.refusal(of: .productListing(rival), by: market.airport.key) == .identifierTaken)
        var approved = market.fixture
        try approved.submit(approved.review(product, .approve), by: approved.operatorKey)
        #expect(try approved.refusal(of: .productListing(rival), by: market.airport.key) == .identifierTaken)
        try market.fixture.submit(market.fixture.review(product, .refuse), by: market.fixture.operatorKey)
        try market.fixture.submit(.productListing(rival), by: market.airport.key)
        let second = market.fixture.entry(market.bureau, product: product, version: 2, identifiers: [Self.moid])
        #expect(try market.fixture.refusal(of: .productListing(second), by: market.bureau.key) == .identifierTaken)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("what a later version that still waits names as well is not freed by the refusal of an earlier one")
    func heldByLaterVersion() throws {
        var market = try Market()
        try market.fixture.setCatalogue { $0.contentReview = .every }
        let product = try Self.list(&market.fixture, market.fixture.entry(market.bureau, identifiers: [Self.moid]), market.bureau)
        let second = market.fixture.entry(market.bureau, product: product, version: 2, identifiers: [Self.moid])
        try market.fixture.submit(.productListing(second), by: market.bureau.key)
        try market.fixture.submit(market.fixture.review(product, 1, .refuse), by: market.fixture.operatorKey)
        #expect(market.fixture.state.catalogue.product(Self.moid) == product)
        try market.fixture.submit(market.fixture.review(product, 2, .refuse), by: market.fixture.operatorKey)
        #expect(market.fixture.state.catalogue.product(Self.moid) == nil)
        #expect(market.fixture.state.products[product]?.status == .refused)
    }

    // MARK: Lineage

    @Test("a derived product names products that are or were listed, and shows what it was made from")
    func lineage() throws {
        var market = try Market()
        let withdrawal = ProductWithdrawal(product: market.weather, reason: "")
        try market.fixture.submit(.productWithdrawal(withdrawal), by: market.bureau.key)
        let listing = market.fixture.fullListing(market.airport, source: market.weather).withoutExtensions
        let product = try Self.list(&market.fixture, listing, market.airport)
        #expect(market.fixture.state.products[product]?.derivedFrom == [market.weather])
        try market.fixture.setCatalogue { $0.contentReview = .every }
        let waiting = try Self.list(&market.fixture, market.fixture.entry(market.bureau), market.bureau)
        let early = market.fixture.fullListing(market.airport, source: waiting).withoutExtensions
        var fresh = early
        fresh.externalIdentifiers = []
        #expect(try market.fixture.refusal(of: .productListing(fresh), by: market.airport.key) == .inputUnknown)
    }

    @Test("no product comes to be made from itself, however long the way round")
    func circles() throws {
        var market = try Market()
        func derived(_ source: Identifier, product: Identifier? = nil, version: Int64 = 1) -> StatementContent {
            var listing = market.fixture.entry(market.bureau, product: product, version: version)
            listing.productClass = .derived
            listing.inputs = [ProductInput(name: "source", origin: .free, licence: "CC0-1.0", product: source)]
            return .productListing(listing)
        }
        let root = try Self.list(&market.fixture, market.fixture.entry(market.bureau), market.bureau)
        var last = root
        for _ in 0..<5 { last = try Identifier(try market.fixture.submit(derived(last), by: market.bureau.key).subject) }
        #expect(try market.fixture.refusal(of: derived(last, product: root, version: 2), by: market.bureau.key) == .lineageCircular)
        #expect(try market.fixture.refusal(of: derived(root, product: root, version: 2), by: market.bureau.key) == .lineageCircular)
        #expect(try market.fixture.refusal(of: derived(market.flights, product: root, version: 2), by: market.bureau.key) == nil)
    }

    // MARK: Use

    @Test("an entry of the catalogue only cannot be contracted, queried or assessed, and the refusal says why")
    func catalogueOnly() throws {
        var market = try Market()
        let product = try Self.list(&market.fixture, market.fixture.entry(market.airport), market.airport)
        #expect(market.fixture.events.last?.body["snapshot"] == nil)
        var terms = try market.fixture.terms(market.insurer, [market.flights])
        terms.products = [ContractProduct(product: product, version: 1, pricePerRun: 0)]
        let refusal = try #require(throws: Refusal.self) { try market.fixture.submit(.contract(terms), by: market.insurer.key) }
        #expect(refusal.code == .catalogueOnly)
        #expect(refusal.message.contains("entry of the catalogue only"))
        let submission = market.fixture.submission(market.insurer, [product])
        #expect(try market.fixture.refusal(of: .querySubmission(submission), by: market.insurer.key, ExchangeFixture.accepted) == .catalogueOnly)
        let assessment = market.fixture.assessment(product)
        #expect(try market.fixture.refusal(of: .catalogue(.assessment(assessment)), by: market.fixture.nodeKey) == .catalogueOnly)
    }

    @Test("only a version that passed its review can be contracted; the newest of those is in force")
    func reviewedVersions() throws {
        var market = try Market()
        try market.fixture.setCatalogue { $0.contentReview = .every }
        for version in Int64(2)...4 {
            let listing = market.fixture.listing(market.airport, product: market.flights, version: version)
            let event = try market.fixture.submit(.productListing(listing), by: market.airport.key)
            #expect(event.type == .productSubmitted)
            #expect(event.body["awaiting"] == ["review"])
        }
        func code(_ version: Int64) throws -> RefusalCode? {
            var terms = try market.fixture.terms(market.insurer, [market.flights])
            terms.products[0].version = version
            return try market.fixture.refusal(of: .contract(terms), by: market.insurer.key)
        }
        func review(_ version: Int64, _ verdict: ProductVerdict) throws {
            try market.fixture.submit(market.fixture.review(market.flights, version, verdict), by: market.fixture.operatorKey)
        }
        #expect(market.fixture.state.products[market.flights]?.numberInForce == 1)
        #expect(try code(2) == .productNotListed)
        try review(3, .approve)
        #expect(market.fixture.state.products[market.flights]?.numberInForce == 3)
        try review(2, .approve)
        try review(4, .refuse)
        #expect(market.fixture.state.products[market.flights]?.numberInForce == 3)
        #expect(try [1, 2, 3, 4].map(code) == [nil, nil, nil, .productNotListed])
    }

    @Test("with review of the first version only, versions wait until one has been approved")
    func firstReview() throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Grid", [.provider])
        try fixture.setCatalogue { $0.contentReview = .first }
        let product = try Self.list(&fixture, fixture.listing(provider), provider)
        try fixture.submit(fixture.review(product, 1, .refuse), by: fixture.operatorKey)
        #expect(fixture.state.products[product]?.status == .refused)
        try fixture.submit(.productListing(fixture.listing(provider, product: product, version: 2)), by: provider.key)
        #expect(fixture.state.products[product]?.status == .submitted)
        try fixture.submit(fixture.review(product, 2, .approve), by: fixture.operatorKey)
        let third = try fixture.submit(.productListing(fixture.listing(provider, product: product, version: 3)), by: provider.key)
        #expect(third.type == .productListed)
        #expect(fixture.state.products[product]?.versions.map(\.status) == [.refused, .listed, .listed])
        #expect(fixture.state.products[product]?.versions.map(\.inForceSince) == [nil, fixture.state.size - 2, fixture.state.size - 1])
    }

    // MARK: Compliance

    @Test("a review of a declaration that was replaced meanwhile is refused: the operator has not read the new answers")
    func replacedDeclaration() throws {
        var market = try Market()
        try market.fixture.submit(market.fixture.declaration(market.flights), by: market.airport.key)
        let early = market.fixture.complianceReview(market.flights, .accept)
        var answers = ComplianceAnswers.harmless
        answers.personalData = .pseudonymised
        try market.fixture.submit(market.fixture.declaration(market.flights, answers: answers), by: market.airport.key)
        #expect(try market.fixture.refusal(of: early, by: market.fixture.operatorKey) == .staleDecision)
        try market.fixture.submit(market.fixture.complianceReview(market.flights, .accept), by: market.fixture.operatorKey)
        #expect(market.fixture.state.products[market.flights]?.version(1)?.compliance?.status == .accepted)
    }

    @Test("the answers and the grade tell the same story")
    func answersAndGrade() throws {
        var market = try Market()
        let core = try CatalogueRefusals.core(&market).products[0].product
        func code(_ product: Identifier, core: Bool, important: Bool) throws -> RefusalCode? {
            let answers = ComplianceAnswers(personalData: .none, coreData: core, importantData: important, lawfulSource: "own")
            return try market.fixture.refusal(of: market.fixture.declaration(product, answers: answers), by: market.airport.key)
        }
        #expect(try code(core, core: true, important: false) == nil)
        #expect(try code(core, core: false, important: false) == .complianceInconsistent)
        #expect(try code(market.flights, core: false, important: true) == .complianceInconsistent)
        #expect(try code(market.flights, core: false, important: false) == nil)
    }

    // MARK: Assessments and rights

    @Test("an assessment is the node's, of the very snapshot, and a later one takes its place")
    func assessments() throws {
        var market = try Market()
        let assessment = market.fixture.assessment(market.flights)
        let content = StatementContent.catalogue(.assessment(assessment))
        for key in [market.airport.key, market.fixture.operatorKey] {
            #expect(try market.fixture.refusal(of: content, by: key) == .notANodeKey)
        }
        var other = assessment
        other.snapshot = SHA256.hash("another".utf8).description
        #expect(try market.fixture.refusal(of: .catalogue(.assessment(other)), by: market.fixture.nodeKey) == .snapshotDiffers)
        let early = try market.fixture.sign(content, by: market.fixture.nodeKey)
        market.fixture.time = market.fixture.time.advanced(byMilliseconds: 1000)
        let event = try market.fixture.submit(content, by: market.fixture.nodeKey)
        #expect(event.actor == Event.nodeActor)
        #expect(try market.fixture.refusal(of: early) == .staleDecision)
        let kept = try #require(market.fixture.state.products[market.flights]?.version(1)?.assessment)
        #expect(kept.report == assessment.report)
        #expect(kept.minimumCompleteness == 970)
        #expect(kept.issueCount == 1)
        // New keys take over; the old one's word counts no longer.
        let oldKey = market.fixture.nodeKey
        let newKey = try market.fixture.freshKey()
        let change = NodeKeys(nodeKeys: [newKey.verificationKey], reason: "yearly")
        let statement = try market.fixture.sign(.identity(.nodeKeys(change)), by: market.fixture.operatorKey)
        try market.fixture.submit(try statement.signedAlso(by: newKey))
        #expect(try market.fixture.refusal(of: content, by: newKey) == nil)
        #expect(try market.fixture.refusal(of: content, by: oldKey) != nil)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("where the space requires rights, a listing names ones that its provider may exercise now")
    func rights() throws {
        var market = try Market()
        try market.fixture.setCatalogue { $0.requiredRights = [.dataset: [.holding]] }
        func code(_ rights: [Identifier], _ provider: Party) throws -> RefusalCode? {
            var listing = market.fixture.listing(provider)
            listing.rights = rights
            return try market.fixture.refusal(of: .productListing(listing), by: provider.key)
        }
        let resource = try market.fixture.registerResource(market.airport)
        let waiting = try market.fixture.applyForRight(over: resource, market.airport)
        #expect(try code([], market.airport) == .rightsMissing)
        #expect(try code([waiting], market.airport) == .rightsMissing)
        try market.fixture.submit(ExchangeFixture.check(waiting), by: market.fixture.operatorKey)
        market.fixture.passNotice(of: waiting)
        try market.fixture.submit(ExchangeFixture.decision(waiting), by: market.fixture.operatorKey)
        #expect(try code([waiting], market.airport) == nil)
        #expect(try code([waiting], market.bureau) == .rightsMissing)
        #expect(try code([Identifier(kind: .right, prefix: ExchangeFixture.prefix, payload: [7])], market.airport) == .rightsMissing)
        var report = market.fixture.entry(market.bureau)
        #expect(try market.fixture.refusal(of: .productListing(report), by: market.bureau.key) == nil)
        report.rights = [waiting]
        #expect(try market.fixture.refusal(of: .productListing(report), by: market.bureau.key) == .rightsMissing)
        let later = market.fixture.time.advanced(byMilliseconds: 1000 * ExchangeFixture.day)
        market.fixture.time = later
        #expect(try code([waiting], market.airport) == .rightsMissing)
    }

    @Test("a version after the first says what is new, where the space asks for it")
    func changes() throws {
        var market = try Market()
        try market.fixture.setCatalogue { $0.requireChanges = true }
        #expect(try market.fixture.refusal(of: .productListing(market.fixture.listing(market.airport)), by: market.airport.key) == nil)
        var second = market.fixture.listing(market.airport, product: market.flights, version: 2)
        #expect(try market.fixture.refusal(of: .productListing(second), by: market.airport.key) == .changesMissing)
        second.changes = ["zh": "新增两个机场"]
        #expect(try market.fixture.refusal(of: .productListing(second), by: market.airport.key) == nil)
    }

    @Test("a retry of any statement is told its entry, also after the product has gone on")
    func retries() throws {
        var market = try Market()
        try market.fixture.setCatalogue { $0.contentReview = .every; $0.requireCompliance = true }
        var sent: [SignedStatement] = []
        func send(_ content: StatementContent, _ key: SigningKey) throws {
            let statement = try market.fixture.sign(content, by: key)
            try market.fixture.submit(statement)
            sent.append(statement)
        }
        let product = market.flights
        try send(.productListing(market.fixture.listing(market.airport, product: product, version: 2)), market.airport.key)
        try send(market.fixture.review(product, 2, .approve), market.fixture.operatorKey)
        try send(market.fixture.declaration(product, 2), market.airport.key)
        try send(market.fixture.complianceReview(product, 2, .accept), market.fixture.operatorKey)
        try send(.catalogue(.assessment(market.fixture.assessment(product, 2))), market.fixture.nodeKey)
        try send(.productListing(market.fixture.listing(market.airport, product: product, version: 3)), market.airport.key)
        for (index, statement) in sent.enumerated() {
            let refusal = try #require(throws: Refusal.self) { try market.fixture.submit(statement) }
            #expect(refusal.code == .duplicate)
            #expect(refusal.recordedAt == market.fixture.state.size - UInt64(sent.count - index))
        }
        let stored = try JSONEncoder().encode(market.fixture.state)
        #expect(try JSONDecoder().decode(ExchangeState.self, from: stored) == market.fixture.state)
    }
}
