import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Rules of granted rights")
struct RightLifeTests {
    @Test("let a derived right stand as long as any part of what it derives from does")
    func lapse() throws {
        var scene = try RightsScene()
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
        var scene = try RightsScene()
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
        var scene = try RightsScene()
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
        #expect(try scene.refusal(try ExchangeFixture.split(second, [(scene.bureau, 1, 12), (scene.bureau, 1, 24)]), [scene.bureau]) == .sharesWrong)
        let thin = try ExchangeFixture.split(second, [(scene.bureau, 1, .max), (scene.bureau, 1, .max - 1)])
        #expect(try scene.refusal(thin, [scene.bureau]) == .sharesWrong)
    }

    @Test("end a pledge at its time, and a licence at its own or with the right")
    func ends() throws {
        var scene = try RightsScene()
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
        var scene = try RightsScene()
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
        var scene = try RightsScene()
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
        var scene = try RightsScene()
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
        var scene = try RightsScene()
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
}
