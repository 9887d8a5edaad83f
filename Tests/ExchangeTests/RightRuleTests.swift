import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Rules of registering rights")
struct RightRuleTests {
    @Test("give a certificate its times: from the decision, to the end of the term, with evidence kept for thirty years")
    func times() throws {
        let scene = try RightsScene()
        let granted = try #require(scene.fixture.events.last)
        let right = try scene.right(scene.right)
        #expect(granted.type == .rightGranted && granted.subject == scene.right.text)
        let grantedAt = try #require(right.grantedAt)
        #expect(granted.body["grantedAt"] == .string(grantedAt.description))
        let text = grantedAt.description
        func later(_ years: Int) throws -> String { "\(try #require(Int(text.prefix(4))) + years)\(text.dropFirst(4))" }
        #expect(try right.expiresAt?.description == later(2))
        #expect(try granted.body["retainUntil"]?.stringValue == later(30))
        let end = try #require(right.expiresAt)
        #expect(right.isLive(at: grantedAt) && right.isLive(at: end.advanced(byMilliseconds: -1)))
        #expect(!right.isLive(at: end))
    }

    @Test("count a notice in the working days of the space's calendar")
    func notice() throws {
        var scene = try RightsScene()
        let china = try WorkingDayCalendarTests.china()
        try scene.fixture.setPolicy { $0.rights.calendar = china }
        scene.fixture.time = try #require(Timestamp("2026-12-31T15:00:00.000Z"))
        let right = try scene.fixture.applyForRight(.processing, over: scene.resource, scene.airport)
        try scene.fixture.submit(ExchangeFixture.check(right), by: scene.fixture.operatorKey)
        // 2027 has no holidays in that calendar: ten days from Friday 1 January to Thursday 14 January.
        #expect(try scene.right(right).noticeUntil == Timestamp("2027-01-14T16:00:00.000Z"))
        try scene.fixture.setPolicy { $0.rights.noticeWorkingDays = 0 }
        let other = try scene.fixture.applyForRight(.operation, over: scene.resource, scene.airport)
        try scene.fixture.submit(ExchangeFixture.check(other), by: scene.fixture.operatorKey)
        try scene.fixture.submit(ExchangeFixture.decision(other), by: scene.fixture.operatorKey)
        #expect(try scene.right(other).status == .granted)
    }

    @Test("hear an objection after the notice only where the space hears late ones")
    func lateObjections() throws {
        var scene = try RightsScene()
        let right = try scene.fixture.applyForRight(.processing, over: scene.resource, scene.airport)
        try scene.fixture.submit(ExchangeFixture.check(right), by: scene.fixture.operatorKey)
        scene.fixture.passNotice(of: right)
        #expect(try scene.refusal(ExchangeFixture.objection(right), [scene.bureau]) == .noticeOver)
        try scene.fixture.setPolicy { $0.rights.hearsLateObjections = true }
        try scene.submit(ExchangeFixture.objection(right), [scene.bureau])
        #expect(try scene.fixture.refusal(of: ExchangeFixture.decision(right), by: scene.fixture.operatorKey) == .objectionOpen)
        try scene.fixture.submit(
            ExchangeFixture.objectionDecision(right, scene.bureau, .upheld), by: scene.fixture.operatorKey)
        let event = try #require(scene.fixture.events.last)
        #expect(event.type == .rightRefused && event.body["by"] == "objection" && event.body["ground"] == "under-dispute")
        #expect(try scene.right(right).status == .refused)
    }

    @Test("register nothing twice: the first application to pass the check keeps its rivals out")
    func competition() throws {
        var scene = try RightsScene()
        let resource = try scene.fixture.registerResource(scene.bureau)
        func application(_ party: Party, isExclusive: Bool) -> RightApplication {
            var application = scene.fixture.application(over: resource, party, isExclusive: isExclusive)
            application.ground = .purchased
            return application
        }
        let root = scene.fixture.operatorKey
        let ours = try scene.submit(.right(.application(application(scene.airport, isExclusive: true))), [scene.airport])
        let theirs = try scene.submit(.right(.application(application(scene.bureau, isExclusive: false))), [scene.bureau])
        let (first, second) = (try Identifier(ours.subject), try Identifier(theirs.subject))
        try scene.fixture.submit(ExchangeFixture.check(first), by: root)
        #expect(try scene.fixture.refusal(of: ExchangeFixture.check(second), by: root) == .rightAlreadyRegistered)
        try scene.fixture.submit(ExchangeFixture.check(second, .fail), by: root)
        scene.fixture.passNotice(of: first)
        try scene.fixture.submit(ExchangeFixture.decision(first), by: root)
        #expect(
            try scene.refusal(.right(.application(application(scene.bureau, isExclusive: false))), [scene.bureau])
                == .rightAlreadyRegistered)
        try scene.submit(ExchangeFixture.cancellation(first), [scene.airport])
        try scene.submit(.right(.application(application(scene.bureau, isExclusive: false))), [scene.bureau])
    }

    @Test("let rights stand side by side where none of them is exclusive, each holder's once")
    func sideBySide() throws {
        var scene = try RightsScene(isExclusive: false)
        var application = scene.fixture.application(over: scene.resource, scene.bureau, isExclusive: false)
        application.ground = .licensed
        try scene.submit(.right(.application(application)), [scene.bureau])
        #expect(try scene.refusal(.right(.application(application)), [scene.bureau]) == .rightAlreadyRegistered)
        application.isExclusive = true
        application.holder = scene.airport.identifier
        #expect(try scene.refusal(.right(.application(application)), [scene.airport]) == .rightAlreadyRegistered)
    }

    @Test("keep everything else over a thing waiting while there is a dispute over it")
    func disputes() throws {
        var scene = try RightsScene()
        let root = scene.fixture.operatorKey
        let first = try scene.fixture.applyForRight(.processing, over: scene.resource, scene.airport)
        let second = try scene.fixture.applyForRight(.operation, over: scene.resource, scene.airport)
        for right in [first, second] { try scene.fixture.submit(ExchangeFixture.check(right), by: root) }
        try scene.submit(ExchangeFixture.objection(first), [scene.bureau])
        scene.fixture.passNotice(of: second)
        #expect(try scene.fixture.refusal(of: ExchangeFixture.decision(second), by: root) == .rightUnderDispute)
        try scene.fixture.submit(ExchangeFixture.objectionDecision(first, scene.bureau, .dismissed), by: root)
        let regulator = try scene.fixture.register("Regulator", [.regulator])
        try scene.submit(ExchangeFixture.freeze(scene.right), [regulator])
        #expect(try scene.fixture.refusal(of: ExchangeFixture.decision(second), by: root) == .rightUnderDispute)
        try scene.submit(ExchangeFixture.unfreeze(scene.right), [regulator])
        try scene.fixture.submit(ExchangeFixture.decision(second), by: root)
    }

    @Test("refuse what has no lawful source, what is core, and what rests on nothing")
    func sources() throws {
        var scene = try RightsScene()
        let core = scene.fixture.registration(scene.airport, grade: .core)
        #expect(try scene.refusal(.right(.resourceRegistration(core)), [scene.airport]) == .rightOverCoreData)
        let groundless = scene.fixture.registration(scene.airport, lawfulBasis: " \n")
        let event = try scene.submit(.right(.resourceRegistration(groundless)), [scene.airport])
        let resource = try Identifier(event.subject)
        #expect(
            try scene.refusal(.right(.application(scene.fixture.application(over: resource, scene.airport))), [scene.airport])
                == .rightWithoutLawfulSource)
        var application = scene.fixture.application(.processing, over: scene.resource, scene.bureau)
        for ground in RightGround.allCases {
            application.ground = ground
            application.evidence = []
            #expect(try scene.refusal(.right(.application(application)), [scene.bureau]) == .rightWithoutLawfulSource, "\(ground)")
            application.evidence = [ExchangeFixture.evidence()]
            let isEnough = ![.selfCollected, .derived].contains(ground)
            #expect((try scene.refusal(.right(.application(application)), [scene.bureau]) == nil) == isEnough, "\(ground)")
        }
        let nothing = Identifier(kind: .resource, prefix: ExchangeFixture.prefix, payload: [1])
        #expect(
            try scene.refusal(.right(.application(scene.fixture.application(over: nothing, scene.airport))), [scene.airport])
                == .notFound)
        let product = Identifier(kind: .product, prefix: ExchangeFixture.prefix, payload: [1])
        #expect(
            try scene.refusal(.right(.application(scene.fixture.application(over: product, scene.airport))), [scene.airport])
                == .productNotListed)
    }

    @Test("bound terms by the space's longest, and by what a right derives from")
    func terms() throws {
        var scene = try RightsScene()
        func refusal(_ term: RightTerm) throws -> RefusalCode? {
            try scene.refusal(
                .right(.application(scene.fixture.application(.operation, over: scene.resource, scene.airport, term: term))),
                [scene.airport])
        }
        #expect(try refusal(.months(37)) == .termsOutOfRange)
        #expect(try refusal(.months(36)) == nil)
        #expect(try refusal(.until(scene.fixture.time)) == .termsOutOfRange)
        #expect(try refusal(.until(scene.fixture.time.advanced(byMilliseconds: 1))) == nil)
        #expect(try refusal(.until(scene.fixture.time.advanced(byMilliseconds: 1200 * ExchangeFixture.day))) == .termsOutOfRange)
        let derived = try scene.fixture.grantRight(
            .processing, over: scene.resource, scene.airport, basis: scene.right, term: .months(36))
        #expect(try scene.right(derived).expiresAt == scene.right(scene.right).expiresAt)
        #expect(try scene.right(derived).depth == 1)
    }

    @Test("derive rights towards the market only, over one thing, from rights that one may use")
    func derivation() throws {
        var scene = try RightsScene()
        func refusal(_ kind: RightKind, _ basis: Identifier, _ party: Party) throws -> RefusalCode? {
            try scene.refusal(
                .right(.application(scene.fixture.application(kind, over: scene.resource, party, basis: basis, isExclusive: false))),
                [party])
        }
        #expect(try refusal(.processing, scene.right, scene.airport) == nil)
        #expect(try refusal(.operation, scene.right, scene.airport) == nil)
        #expect(try refusal(.holding, scene.right, scene.airport) == .rightBasisMissing)
        #expect(try refusal(.processing, scene.right, scene.bureau) == .rightBasisMissing)
        try scene.submit(scene.fixture.licence(scene.right, scene.bureau), [scene.airport, scene.bureau])
        #expect(try refusal(.processing, scene.right, scene.bureau) == nil)
        // Over another thing, made of the first, any right will do as a basis.
        let derivative = try scene.fixture.registerResource(scene.bureau)
        #expect(
            try scene.refusal(
                .right(.application(scene.fixture.application(over: derivative, scene.bureau, basis: scene.right))), [scene.bureau])
                == nil)
    }

    @Test("give another register's number to one resource, and to products of its holder only")
    func externalIdentifiers() throws {
        var scene = try RightsScene()
        func resource(_ party: Party, _ value: String) -> StatementContent {
            .right(
                .resourceRegistration(
                    scene.fixture.registration(party, externalIdentifiers: [ExternalIdentifier(scheme: "moid", value: value)])))
        }
        func product(_ party: Party, _ value: String) -> StatementContent {
            .productListing(scene.fixture.entry(party, identifiers: [ExternalIdentifier(scheme: "moid", value: value)]))
        }
        try scene.submit(resource(scene.airport, "MOID-7"), [scene.airport])
        #expect(try scene.refusal(resource(scene.bureau, "ＭＯＩＤ-7"), [scene.bureau]) == .identifierTaken)
        #expect(try scene.refusal(resource(scene.airport, "moid-7"), [scene.airport]) == .identifierTaken)
        #expect(try scene.refusal(product(scene.bureau, "MOID-7"), [scene.bureau]) == .identifierTaken)
        try scene.submit(product(scene.airport, "MOID-7"), [scene.airport])
        try scene.submit(product(scene.bureau, "MOID-8"), [scene.bureau])
        #expect(try scene.refusal(resource(scene.airport, "MOID-8"), [scene.airport]) == .identifierTaken)
        try scene.submit(resource(scene.bureau, "MOID-8"), [scene.bureau])
    }

    @Test("let a provider list what needs a right only with one that is in force and the provider's to use")
    func listings() throws {
        var scene = try RightsScene()
        try scene.fixture.setPolicy { $0.catalogue.requiredRights = [.dataset: [.holding]] }
        func refusal(_ party: Party, _ rights: [Identifier]) throws -> RefusalCode? {
            var listing = scene.fixture.listing(party)
            listing.rights = rights
            return try scene.refusal(.productListing(listing), [party])
        }
        #expect(try refusal(scene.airport, []) == .rightsMissing)
        #expect(try refusal(scene.airport, [scene.right]) == nil)
        #expect(try refusal(scene.bureau, [scene.right]) == .rightsMissing)
        let operation = try scene.fixture.grantRight(.operation, over: scene.resource, scene.airport)
        #expect(try refusal(scene.airport, [operation]) == .rightsMissing)
        #expect(try refusal(scene.airport, [operation, scene.right]) == nil)
        try scene.submit(scene.fixture.licence(scene.right, scene.bureau), [scene.airport, scene.bureau])
        #expect(try refusal(scene.bureau, [scene.right]) == nil)
        let regulator = try scene.fixture.register("Regulator", [.regulator])
        try scene.submit(ExchangeFixture.freeze(scene.right), [regulator])
        #expect(try refusal(scene.airport, [scene.right]) == .rightsMissing)
        // A right over the product itself need not be named.
        try scene.submit(ExchangeFixture.unfreeze(scene.right), [regulator])
        var listing = scene.fixture.listing(scene.airport)
        listing.rights = [scene.right]
        let product = try Identifier(try scene.submit(.productListing(listing), [scene.airport]).subject)
        _ = try scene.fixture.grantRight(over: product, scene.airport)
        try scene.submit(.productListing(scene.fixture.listing(scene.airport, product: product, version: 2)), [scene.airport])
        #expect(try scene.fixture.replayed() == scene.fixture.state)
    }
}
