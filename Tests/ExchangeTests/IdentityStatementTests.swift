import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// What the statements of identity may say, and in which form.
@Suite("Statements of identity")
struct IdentityStatementTests {
    private static func evidence(_ number: Int = 0) -> EvidenceReference {
        EvidenceReference(
            kind: "business-licence", name: "营业执照", mediaType: "application/pdf", size: 120_000,
            sha256: SHA256.hash("\(number)".utf8).description)
    }

    /// Why an application with a change is no statement; `nil` if it is one.
    private static func fault(_ change: (inout ParticipantApplication) -> Void) throws -> StatementError? {
        var fixture = try ExchangeFixture()
        let key = try fixture.freshKey()
        var application = fixture.application("Somebody", [.buyer], [key.verificationKey])
        change(&application)
        do {
            let statement = try fixture.sign(.participantApplication(application), by: key)
            guard case .participantApplication(application) = statement.content else {
                throw FixtureError("the application does not read back as itself")
            }
            return nil
        } catch let error as StatementError { return error }
    }

    @Test("an application says of a government body at which level it stands, and of nobody else")
    func levels() throws {
        #expect(try Self.fault { $0.type = .government } != nil)
        for level in GovernmentLevel.allCases {
            #expect(try Self.fault { ($0.type, $0.level) = (.government, level) } == nil)
        }
        for type in ParticipantType.allCases where type != .government {
            #expect(try Self.fault { ($0.type, $0.level) = (type, .county) }?.pointer == "/level")
        }
        #expect(GovernmentLevel.allCases.sorted() == [.township, .county, .city, .province, .national])
    }

    @Test("an application of a person has no credit code; that of a Chinese organisation has one")
    func creditCodes() throws {
        let code = try UnifiedSocialCreditCode("9144030071526726XG")
        #expect(try Self.fault { ($0.type, $0.creditCode) = (.individual, code) }?.pointer == "/creditCode")
        for type in [ParticipantType.enterprise, .institution] {
            #expect(try Self.fault { ($0.type, $0.country) = (type, "CN") } != nil)
            #expect(try Self.fault { ($0.type, $0.country, $0.creditCode) = (type, "CN", code) } == nil)
        }
    }

    @Test("an application names up to sixteen files of evidence, each once")
    func evidence() throws {
        #expect(try Self.fault { $0.evidence = (0..<16).map { Self.evidence($0) } } == nil)
        #expect(try Self.fault { $0.evidence = (0..<17).map { Self.evidence($0) } }?.pointer == "/evidence")
        #expect(try Self.fault { $0.evidence = [Self.evidence(), Self.evidence()] } != nil)
    }

    @Test("evidence is named in one form", arguments: [
        ("kind", "Business"), ("kind", "-a"), ("kind", "a_b"), ("kind", ""), ("name", ""), ("name", "a\u{202E}b"),
        ("mediaType", "pdf"), ("mediaType", "application/pdf; charset=x"), ("mediaType", "Application/PDF"),
        ("sha256", "AB"), ("sha256", String(repeating: "AB", count: 32)),
    ])
    func evidenceForm(member: String, value: String) throws {
        let error = try Self.fault { application in
            var evidence = Self.evidence()
            switch member {
            case "kind": evidence.kind = value
            case "name": evidence.name = value
            case "mediaType": evidence.mediaType = value
            default: evidence.sha256 = value
            }
            application.evidence = [evidence]
        }
        #expect(error?.pointer == "/evidence/0/\(member)")
    }

    @Test("evidence has a size from one byte to what the node takes", arguments: [
        (Int64(0), false), (1, true), (EvidenceReference.maximumSize, true), (EvidenceReference.maximumSize + 1, false),
    ])
    func evidenceSize(size: Int64, isRight: Bool) throws {
        let error = try Self.fault { application in
            var evidence = Self.evidence()
            evidence.size = size
            application.evidence = [evidence]
        }
        #expect((error == nil) == isRight)
    }

    @Test("what one operator signs is in the compact form, what two sign in the general form, and never the other way")
    func forms() throws {
        var fixture = try ExchangeFixture()
        let deputy = try fixture.appoint("deputy", [.suspend])
        let airport = try fixture.register("Airport", [.provider])
        let alone = try fixture.sign(fixture.decision(airport.identifier, .suspend), by: fixture.operatorKey)
        guard case .string(let compact) = alone.json else { throw FixtureError("one signature is not compact") }
        let both = try alone.signedAlso(by: deputy)
        #expect(both.payload == alone.payload && both.keyIdentifiers.count == 2)
        #expect(both.payloadHash == alone.payloadHash, "the same statement, whoever signs")
        // The general form with one signature would be a second way to write the first.
        let single = try GeneralJWS(CompactJWS(compact)).json
        #expect(throws: StatementError.self) { try SignedStatement(single) }
        try fixture.submit(both)
        #expect(try fixture.refusal(of: alone) == .duplicate)
        let listing = try fixture.sign(.productListing(fixture.listing(airport)), by: airport.key)
        #expect(throws: StatementError.self, "a provider's statement has one signature") { try listing.signedAlso(by: deputy) }
    }

    @Test("a decision gives a level with assure always, with approve if it likes, and with nothing else")
    func assuranceLevels() throws {
        var fixture = try ExchangeFixture()
        let applicant = try fixture.apply("New", [.buyer]).identifier
        for verdict in ParticipantVerdict.allCases {
            for level in [nil, 0, 1, 4, 5] as [Int64?] {
                let decision = ParticipantDecision(participant: applicant, decision: verdict, reason: "", assurance: level)
                let isRight = level.map { [.approve, .assure].contains(verdict) && (1...4).contains($0) } ?? (verdict != .assure)
                let isSigned = (try? fixture.sign(.participantDecision(decision), by: fixture.operatorKey)) != nil
                #expect(isSigned == isRight, "\(verdict) with \(String(describing: level))")
            }
        }
        let decision = ParticipantDecision(participant: applicant, decision: .approve, reason: "", assurance: 3)
        try fixture.submit(.participantDecision(decision), by: fixture.operatorKey)
        #expect(fixture.state.participants[applicant]?.assurance == 3)
    }

    @Test("the policy's section reads back as itself, and an empty one is that of a new space")
    func policy() throws {
        var fixture = try ExchangeFixture()
        _ = try fixture.appoint("deputy", Set(OperatorDuty.allCases))
        try fixture.setPolicy { policy in
            policy.identity.review.stages = 2
            policy.identity.review.differentPeople = false
            policy.identity.dualControl = [.revoke, .recovery]
            policy.identity.assurance = [.delegate: 4, .listProduct: 2]
            policy.identity.recoveryWaitingHours = 0
            policy.identity.delegationMaximumDays = 3660
            policy.identity.alarms.rowsPerHour = 0
            policy.identity.alarms.oddHours = AlarmPolicy.OddHours(from: 1320, until: 360, utcOffsetMinutes: 480)
        }
        #expect(try fixture.replayed().space?.policy == fixture.state.space?.policy)
        #expect(fixture.state.space?.policy.identity.alarms.oddHours?.from == 1320)
        try fixture.setPolicy { $0 = SpacePolicy() }
        #expect(fixture.state.space?.policy == SpacePolicy())
        #expect(SpacePolicy().identity.alarms.rowsPerHour == 500)
    }

    @Test("odd hours run over midnight where they must, in the space's own time", arguments: [
        (Int64(1320), Int64(360), "2026-11-21T14:00:00.000Z", true), (1320, 360, "2026-11-21T13:59:59.999Z", false),
        (1320, 360, "2026-11-21T21:59:59.999Z", true), (1320, 360, "2026-11-21T22:00:00.000Z", false),
        (60, 120, "2026-11-21T17:00:00.000Z", true), (60, 120, "2026-11-21T18:00:00.000Z", false),
    ])
    func oddHours(from: Int64, until: Int64, time: String, isOdd: Bool) throws {
        let hours = AlarmPolicy.OddHours(from: from, until: until, utcOffsetMinutes: 480)
        #expect(hours.contain(try #require(Timestamp(time))) == isOdd)
    }

    @Test("an alarm is one above its threshold: 500 rows raise none, 501 do")
    func alarms() throws {
        var fixture = try ExchangeFixture()
        let node = fixture.nodeKey
        let insurer = try fixture.register("Insurer", [.buyer])
        #expect(throws: StatementError.self) { try fixture.sign(fixture.alarm(insurer.identifier, rows: 500), by: node) }
        let report = try fixture.sign(fixture.alarm(insurer.identifier, rows: 501), by: node)
        let event = try fixture.submit(report)
        #expect(event.actor == Event.nodeActor && event.subject == insurer.identifier.text)
        #expect(try fixture.refusal(of: report) == .duplicate)
        #expect(try fixture.submit(fixture.alarm(nil), by: node).subject == ExchangeFixture.prefix)
        let nobody = Identifier(kind: .participant, prefix: ExchangeFixture.prefix, payload: [1])
        #expect(try fixture.refusal(of: fixture.alarm(nobody), by: node) == .notFound)
        #expect(try fixture.replayed() == fixture.state)
    }

    @Test("the node's keys change with each new one's own signature, and a dropped one counts no longer")
    func nodeKeys() throws {
        var fixture = try ExchangeFixture()
        let (first, second) = (fixture.nodeKey, try fixture.freshKey())
        func change(_ keys: [SigningKey]) -> StatementContent {
            .identity(.nodeKeys(NodeKeys(nodeKeys: keys.map(\.verificationKey), reason: "")))
        }
        #expect(try fixture.refusal(of: change([second]), by: [fixture.operatorKey]) == .keyProofMissing)
        try fixture.submit(change([first, second]), by: [fixture.operatorKey, second])
        try fixture.submit(change([second]), by: [fixture.operatorKey])
        #expect(try fixture.refusal(of: fixture.alarm(nil), by: first) == .signerKeyRetired)
        #expect(try fixture.refusal(of: fixture.alarm(nil), by: second) == nil)
        #expect(try fixture.refusal(of: change([first]), by: [fixture.operatorKey, first]) == .keyRetired)
        #expect(try fixture.replayed() == fixture.state)
    }
}
