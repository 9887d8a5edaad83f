import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Rules of rights")
struct RightRuleTests {
    /// The airport's resource and its holding right, granted.
    struct Scene {
        var fixture: ExchangeFixture
        let airport: Party
        let bureau: Party
        let insurer: Party
        let resource: Identifier
        let right: Identifier

        init(isExclusive: Bool = true) throws {
            let market = try Market()
            (fixture, airport, bureau, insurer) = (market.fixture, market.airport, market.bureau, market.insurer)
            resource = try fixture.registerResource(airport)
            right = try fixture.grantRight(over: resource, airport, isExclusive: isExclusive)
        }

        func right(_ identifier: Identifier) throws -> Right { try #require(fixture.state.rights.rights[identifier]) }

        mutating func refusal(_ content: StatementContent, _ parties: [Party]) throws -> RefusalCode? {
            try fixture.refusal(of: content, by: parties.map(\.key))
        }

        @discardableResult
        mutating func submit(_ content: StatementContent, _ parties: [Party]) throws -> Event {
            try fixture.submit(content, by: parties.map(\.key))
        }
    }

    @Test("give a certificate its times: from the decision, to the end of the term, with evidence kept for thirty years")
    func times() throws {
        let scene = try Scene()
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
        var scene = try Scene()
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
        var scene = try Scene()
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
        var scene = try Scene()
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
        var scene = try Scene(isExclusive: false)
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
        var scene = try Scene()
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
        var scene = try Scene()
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
        var scene = try Scene()
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
        var scene = try Scene()
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

    @Test("let a derived right stand as long as any part of what it derives from does")
    func lapse() throws {
        var scene = try Scene()
        let derived = try scene.fixture.grantRight(.processing, over: scene.resource, scene.airport, basis: scene.right)
        func isInForce() throws -> Bool { scene.fixture.state.isInForce(try scene.right(derived), at: scene.fixture.time) }
        let split = try scene.fixture.sign(
            try ExchangeFixture.split(scene.right, [(scene.airport, 1, 2), (scene.bureau, 1, 2)]),
            by: [scene.airport.key, scene.bureau.key])
        try scene.fixture.submit(split)
        #expect(try isInForce())
        try scene.submit(ExchangeFixture.cancellation(Right.part(1, of: split)), [scene.airport])
        #expect(try isInForce())
        try scene.submit(ExchangeFixture.cancellation(Right.part(2, of: split)), [scene.bureau])
        #expect(try !isInForce())
        #expect(try scene.refusal(ExchangeFixture.transfer(derived, from: scene.airport, to: scene.bureau), [scene.airport, scene.bureau]) == .rightBasisMissing)
    }

    @Test("renew from the present end on, in the last days only, and never past the longest term")
    func renewals() throws {
        var scene = try Scene()
        let end = try #require(try scene.right(scene.right).expiresAt)
        scene.fixture.time = end.advanced(byMilliseconds: -60 * ExchangeFixture.day - 1)
        #expect(try scene.refusal(ExchangeFixture.renewal(scene.right), [scene.airport]) == .renewalTooEarly)
        scene.fixture.time = end.advanced(byMilliseconds: -60 * ExchangeFixture.day)
        #expect(try scene.refusal(ExchangeFixture.renewal(scene.right, .months(37)), [scene.airport]) == .termsOutOfRange)
        #expect(try scene.refusal(ExchangeFixture.renewal(scene.right, .until(end)), [scene.airport]) == .termsOutOfRange)
        try scene.submit(ExchangeFixture.renewal(scene.right, .months(36)), [scene.airport])
        let later = try #require(try scene.right(scene.right).expiresAt)
        #expect(later.description.prefix(4) == "\(try #require(Int(end.description.prefix(4))) + 3)")
        #expect(later.description.dropFirst(4) == end.description.dropFirst(4))
        #expect(try scene.refusal(ExchangeFixture.renewal(scene.right), [scene.airport]) == .renewalTooEarly)
    }

    @Test("give parts numbers that follow from the statement, and shares of the whole right")
    func parts() throws {
        var scene = try Scene()
        let split = try scene.fixture.sign(
            try ExchangeFixture.split(scene.right, [(scene.airport, 1, 3), (scene.bureau, 1, 6), (scene.insurer, 1, 2)]),
            by: [scene.airport.key, scene.bureau.key, scene.insurer.key])
        try scene.fixture.submit(split)
        let text = "hexi right-part/v1\n\(SHA256.hash(split.payload))\n2\n"
        let second = Identifier(kind: .right, prefix: ExchangeFixture.prefix, payload: Array(text.utf8))
        #expect(try scene.right(second).share == Fraction(1, 6) && scene.right(second).holder == scene.bureau.identifier)
        #expect(try scene.right(second).root == scene.right && scene.right(second).replaces == [scene.right])
        // Of a part, shares are still of the whole.
        #expect(try scene.refusal(try ExchangeFixture.split(second, [(scene.bureau, 1, 2), (scene.bureau, 1, 2)]), [scene.bureau]) == .sharesWrong)
        #expect(try scene.refusal(try ExchangeFixture.split(second, [(scene.bureau, 1, 12), (scene.bureau, 1, 12)]), [scene.bureau]) == nil)
        let thin = try ExchangeFixture.split(second, [(scene.bureau, 1, .max), (scene.bureau, 1, .max - 1)])
        #expect(try scene.refusal(thin, [scene.bureau]) == .sharesWrong)
    }

    @Test("end a pledge at its time, and a licence at its own or with the right")
    func ends() throws {
        var scene = try Scene()
        let until = scene.fixture.time.advanced(byMilliseconds: 10 * ExchangeFixture.day)
        try scene.submit(ExchangeFixture.pledge(scene.right, scene.bureau, until: until), [scene.airport, scene.bureau])
        let transfer = ExchangeFixture.transfer(scene.right, from: scene.airport, to: scene.insurer)
        scene.fixture.time = until.advanced(byMilliseconds: -1)
        #expect(try scene.refusal(transfer, [scene.airport, scene.insurer]) == .rightPledged)
        scene.fixture.time = until
        #expect(try scene.refusal(transfer, [scene.airport, scene.insurer]) == nil)
        try scene.submit(scene.fixture.licence(scene.right, scene.bureau, isExclusive: true), [scene.airport, scene.bureau])
        let licence = scene.fixture.licence(scene.right, scene.insurer)
        #expect(try scene.refusal(licence, [scene.airport, scene.insurer]) == .rightLicensed)
        #expect(scene.fixture.state.rightInForce(scene.right, of: scene.bureau.identifier, at: scene.fixture.time) == .holding)
        scene.fixture.pass(milliseconds: 30 * ExchangeFixture.day)
        #expect(scene.fixture.state.rightInForce(scene.right, of: scene.bureau.identifier, at: scene.fixture.time) == nil)
        try scene.submit(scene.fixture.licence(scene.right, scene.insurer), [scene.airport, scene.insurer])
        let end = try #require(try scene.right(scene.right).expiresAt)
        scene.fixture.time = end.advanced(byMilliseconds: -ExchangeFixture.day)
        #expect(try scene.refusal(scene.fixture.licence(scene.right, scene.insurer), [scene.airport, scene.insurer]) == .termsOutOfRange)
    }

    @Test("keep a right frozen until every regulator has lifted its own freeze, or is gone")
    func freezes() throws {
        var scene = try Scene()
        let (first, second) = (try scene.fixture.register("First", [.regulator]), try scene.fixture.register("Second", [.regulator]))
        for regulator in [first, second] { try scene.submit(ExchangeFixture.freeze(scene.right), [regulator]) }
        #expect(try scene.refusal(ExchangeFixture.unfreeze(scene.right, of: first), [second]) == .signerNotNamed)
        try scene.submit(ExchangeFixture.unfreeze(scene.right), [second])
        #expect(try scene.right(scene.right).standing(at: scene.fixture.time) == .frozen)
        #expect(try scene.refusal(ExchangeFixture.unfreeze(scene.right), [second]) == .wrongStatus)
        try scene.fixture.decide(first.identifier, .suspend)
        try scene.submit(ExchangeFixture.unfreeze(scene.right, of: first), [second])
        #expect(try scene.right(scene.right).standing(at: scene.fixture.time) == .inForce)
    }

    @Test("say whose rights over a thing are in force: the holder's and the licensees'")
    func lookUp() throws {
        var scene = try Scene()
        _ = try scene.fixture.grantRight(.operation, over: scene.resource, scene.airport)
        try scene.submit(scene.fixture.licence(scene.right, scene.bureau), [scene.airport, scene.bureau])
        func kinds(_ party: Party) -> [RightKind] {
            scene.fixture.state.rightsInForce(of: party.identifier, over: scene.resource, at: scene.fixture.time)
        }
        #expect(kinds(scene.airport) == [.holding, .operation])
        #expect(kinds(scene.bureau) == [.holding])
        #expect(kinds(scene.insurer) == [])
        let regulator = try scene.fixture.register("Regulator", [.regulator])
        try scene.submit(ExchangeFixture.freeze(scene.right), [regulator])
        #expect(kinds(scene.airport) == [.operation])
        #expect(kinds(scene.bureau) == [])
    }

    @Test("want other people, two operators or a surer identity where the space's policy does")
    func policies() throws {
        var scene = try Scene()
        let root = scene.fixture.operatorKey
        let registrar = try scene.fixture.appoint("registrar", [.rights])
        try scene.fixture.setPolicy { $0.rights.differentPeople = true }
        let right = try scene.fixture.applyForRight(.processing, over: scene.resource, scene.airport)
        try scene.fixture.submit(ExchangeFixture.check(right), by: registrar)
        scene.fixture.passNotice(of: right)
        #expect(try scene.fixture.refusal(of: ExchangeFixture.decision(right), by: registrar) == .samePerson)
        try scene.fixture.submit(ExchangeFixture.decision(right), by: root)
        try scene.fixture.setPolicy { $0.identity.dualControl = [.rights] }
        let cancellation = ExchangeFixture.cancellation(scene.right, .courtOrder)
        #expect(try scene.fixture.refusal(of: cancellation, by: root) == .secondOperatorNeeded)
        let statement = try scene.fixture.sign(cancellation, by: root)
        try scene.fixture.submit(try statement.signedAlso(by: registrar))
        #expect(try scene.right(scene.right).status == .cancelled)
        try scene.fixture.setPolicy { $0.identity.assurance[.registerRight] = 2 }
        let application = scene.fixture.application(over: scene.resource, scene.airport)
        #expect(try scene.refusal(.right(.application(application)), [scene.airport]) == .assuranceTooLow)
        #expect(
            try scene.refusal(.right(.resourceRegistration(scene.fixture.registration(scene.airport))), [scene.airport])
                == .assuranceTooLow)
        #expect(
            try scene.refusal(ExchangeFixture.transfer(right, from: scene.airport, to: scene.bureau), [scene.airport, scene.bureau])
                == .assuranceTooLow)
    }

    @Test("know a statement that comes again, also with other keys of the same people")
    func repetition() throws {
        var scene = try Scene()
        let more = try scene.fixture.freshKey()
        try scene.fixture.submit(scene.fixture.keyChange(scene.airport, add: [more]), by: [scene.airport.key, more])
        let content = scene.fixture.licence(scene.right, scene.bureau)
        let licence = try scene.fixture.sign(content, by: [scene.airport.key, scene.bureau.key])
        let again = try scene.fixture.sign(content, by: scene.bureau.key)
        try scene.fixture.submit(licence)
        #expect(try scene.fixture.refusal(of: licence) == .duplicate)
        try scene.submit(ExchangeFixture.licenceEnd(scene.right, scene.bureau), [scene.bureau])
        #expect(try scene.fixture.refusal(of: licence) == .duplicate)
        #expect(try scene.fixture.refusal(of: try licence.signedAlso(by: more)) == .duplicate)
        #expect(try scene.fixture.refusal(of: again) == .signatureMissing)
        // It may be known for longer than it is fresh, but never for less.
        for _ in 0..<20 {
            scene.fixture.pass(milliseconds: 300_000)
            try scene.submit(ExchangeFixture.change(scene.right), [scene.airport])
            #expect(try scene.fixture.refusal(of: licence) != nil)
        }
        #expect(try scene.fixture.refusal(of: licence) == .statementTooOld)
        #expect(try scene.fixture.replayed() == scene.fixture.state)
    }

    @Test("give another register's number to one resource, and to products of its holder only")
    func externalIdentifiers() throws {
        var scene = try Scene()
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
        var scene = try Scene()
        try scene.fixture.setPolicy { $0.catalogue.requiredRights = [.dataset: ["holding"]] }
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
