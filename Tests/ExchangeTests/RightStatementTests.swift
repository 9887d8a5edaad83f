import Contracts
import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Statements about rights")
struct RightStatementTests {
    /// One of every kind, with every member that its kind can have, in the order of the kinds.
    static func samples() throws -> [RightStatement] {
        let market = try Market()
        let (airport, bureau) = (market.airport, market.bureau)
        let right = Identifier(kind: .right, prefix: ExchangeFixture.prefix, payload: [1])
        let other = Identifier(kind: .right, prefix: ExchangeFixture.prefix, payload: [2])
        let resource = Identifier(kind: .resource, prefix: ExchangeFixture.prefix, payload: [3])
        let (time, evidence) = (market.fixture.time, [ExchangeFixture.evidence()])
        let share = try #require(Fraction(1, 2))
        return [
            .resourceRegistration(
                market.fixture.registration(airport, externalIdentifiers: [ExternalIdentifier(scheme: "moid", value: "7")])),
            .application(market.fixture.application(.processing, over: resource, airport, basis: other)),
            .withdrawal(RightWithdrawal(right: right, reason: "错")),
            .check(RightCheck(right: right, verdict: .fail, ground: .notCompetent, reason: "no")),
            .objection(RightObjection(right: right, ground: .infringement, statement: "It\nis ours.", evidence: evidence)),
            .objectionDecision(
                ObjectionDecision(right: right, objector: bureau.identifier, verdict: .dismissed, reason: "not shown")),
            .decision(RightDecision(right: right, verdict: .refuse, ground: .other, reason: "")),
            .transfer(
                RightTransfer(right: right, from: airport.identifier, to: bureau.identifier, consideration: "100 元")),
            .split(
                RightSplit(
                    right: right,
                    parts: [RightPart(holder: airport.identifier, share: share), RightPart(holder: bureau.identifier, share: share)])),
            .merge(RightMerge(holder: airport.identifier, rights: [right, other])),
            .change(RightChange(right: right, title: ["zh": "名"], territory: "全国", evidence: evidence, reason: "")),
            .renewal(RightRenewal(right: right, term: .until(time))),
            .licence(
                RightLicence(right: right, licensee: bureau.identifier, scope: "Research", isExclusive: true, until: time)),
            .licenceEnd(
                RightLicenceEnd(right: right, licensee: bureau.identifier, ground: .courtOrder, reason: "case 3")),
            .pledge(RightPledge(right: right, pledgee: bureau.identifier, secures: "A loan", amount: 5, until: time)),
            .pledgeRelease(RightPledgeRelease(right: right, ground: .regulatorOrder, reason: "")),
            .freeze(RightFreeze(right: right, reason: "case 4")),
            .unfreeze(RightUnfreeze(right: right, regulator: bureau.identifier, reason: "case 4")),
            .cancellation(RightCancellation(right: right, ground: .deceit, reason: "")),
        ]
    }

    private static func sign(_ content: RightStatement) throws -> SignedStatement {
        var fixture = try ExchangeFixture()
        return try fixture.sign(.right(content), by: fixture.operatorKey)
    }

    private static func document(_ content: RightStatement) throws -> JSONObject {
        let content = StatementContent.right(content)
        let payload = content.payload(space: "86.gs", issuedAt: ExchangeFixture.start, nonce: "0123456789abcdef")
        return try #require(try JSONValue.parse(payload).objectValue)
    }

    private static func parse(_ document: JSONObject, _ kind: StatementKind, isGeneral: Bool) throws -> SignedStatement {
        let (payload, key) = (JSONValue.object(document).serialized(), try SigningKey.numbered(1))
        if isGeneral { return try SignedStatement(GeneralJWS.sign(payload: payload, type: kind.mediaType, key: key).json) }
        return try SignedStatement(.string(JWS.sign(payload: payload, type: kind.mediaType, key: key)))
    }

    @Test("of every kind read back as they were signed")
    func roundTrip() throws {
        let samples = try Self.samples()
        #expect(samples.map { StatementContent.right($0).kind } == StatementKind.ofRights)
        for content in samples {
            let statement = try Self.sign(content)
            #expect(statement.content == .right(content))
            #expect(try SignedStatement(statement.json).content == .right(content))
        }
    }

    @Test("with a member left out, of another type or unknown are refused, with the place")
    func members() throws {
        let optional: Set<String> = [
            "externalIdentifiers", "evidence", "basis", "territory", "consideration", "title", "amount", "regulator", "ground",
            "until",
        ]
        for content in try Self.samples() {
            let (kind, document) = (StatementContent.right(content).kind, try Self.document(content))
            let isGeneral = [.rightTransfer, .rightSplit, .rightLicence, .rightPledge].contains(kind)
            _ = try Self.parse(document, kind, isGeneral: isGeneral)
            #expect(throws: StatementError.self) { try Self.parse(document, kind, isGeneral: !isGeneral) }
            for name in document.names where !["kind", "space", "issuedAt", "nonce"].contains(name) {
                var changed = document
                changed[name] = .object(["x": 1])
                #expect(throws: StatementError.self, "\(kind) with another \(name)") {
                    try Self.parse(changed, kind, isGeneral: isGeneral)
                }
                if optional.contains(name) { continue }
                changed[name] = nil
                #expect(throws: StatementError.self, "\(kind) without \(name)") {
                    try Self.parse(changed, kind, isGeneral: isGeneral)
                }
            }
            var more = document
            more["colour"] = "red"
            #expect(throws: StatementError.self) { try Self.parse(more, kind, isGeneral: isGeneral) }
        }
    }

    @Test("that contradict themselves are refused, with the place")
    func contradictions() throws {
        let samples = try Self.samples()
        func expect(_ index: Int, _ pointer: String, _ change: (inout JSONObject) -> Void) throws {
            var document = try Self.document(samples[index])
            change(&document)
            let kind = StatementContent.right(samples[index]).kind
            let isGeneral = [.rightTransfer, .rightSplit, .rightLicence, .rightPledge].contains(kind)
            do {
                _ = try Self.parse(document, kind, isGeneral: isGeneral)
                Issue.record("\(kind) is accepted: \(pointer)")
            } catch let error as StatementError { #expect(error.pointer == pointer, "\(kind): \(error)") }
        }
        try expect(1, "") { $0["until"] = .string(ExchangeFixture.start.description) }
        try expect(1, "") { $0["termMonths"] = nil }
        try expect(3, "") { $0["ground"] = nil }
        try expect(3, "") { $0["verdict"] = "pass" }
        try expect(6, "") { $0["verdict"] = "grant" }
        try expect(7, "/to") { $0["to"] = $0["from"] }
        try expect(9, "/rights") { $0["rights"] = .array([.string("x")]) }
        try expect(10, "") { $0["title"] = nil; $0["territory"] = nil; $0["evidence"] = nil }
        for share in ["2/4", "0/1", "3/2", "1", "½", "1/99999999999999999999"] {
            try expect(8, "/parts/0/share") { document in
                guard var parts = document["parts"]?.arrayValue, var first = parts[0].objectValue else { return }
                first["share"] = .string(share)
                parts[0] = .object(first)
                document["parts"] = .array(parts)
            }
        }
    }

    @Test("by operators may bear two signatures, others in the form of their kind only")
    func forms() throws {
        for content in try Self.samples() {
            let statement = try Self.sign(content)
            let kind = statement.kind
            let takesTwo: Set<StatementKind> = [
                .rightCheck, .objectionDecision, .rightDecision, .rightLicenceEnd, .rightPledgeRelease, .rightCancellation,
                .rightTransfer, .rightSplit, .rightLicence, .rightPledge,
            ]
            let second = try? statement.signedAlso(by: try SigningKey.numbered(2))
            #expect((second != nil) == takesTwo.contains(kind), "\(kind)")
        }
        let own = RightCancellation(
            right: Identifier(kind: .right, prefix: ExchangeFixture.prefix, payload: [1]), ground: .holderRequest, reason: "")
        let cancellation = try Self.sign(.cancellation(own))
        #expect(throws: StatementError.self) { try cancellation.signedAlso(by: try SigningKey.numbered(2)) }
    }

    @Test("of policy read back whole, and the published template is one")
    func policy() throws {
        var policy = SpacePolicy()
        policy.rights.noticeWorkingDays = 0
        policy.rights.calendar = try WorkingDayCalendarTests.china()
        policy.rights.hearsLateObjections = true
        policy.rights.maximumTermMonths = 120
        policy.rights.renewalWindowDays = 90
        policy.rights.evidenceRetentionYears = 20
        policy.rights.acceptsCoreResources = true
        policy.rights.differentPeople = true
        var fixture = try ExchangeFixture()
        #expect(try fixture.sign(.spacePolicy(policy), by: fixture.operatorKey).content == .spacePolicy(policy))
        try fixture.submit(.spacePolicy(policy), by: fixture.operatorKey)
        #expect(fixture.state.space?.policy.rights == policy.rights)
        #expect(try fixture.replayed() == fixture.state)
    }
}
