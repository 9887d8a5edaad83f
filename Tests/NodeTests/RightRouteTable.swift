import Encoding
import Exchange
import Signing

@testable import Node

extension RouteTable {
    private static let right = RouteUnderTest.thing(.right)
    private static let resource = RouteUnderTest.thing(.resource)
    private static let operatorKey: @Sendable (TestMarket) -> SigningKey = { $0.node.operatorKey }

    static let rights = rightReads + rightStatements + certificates

    private static let rightReads = [
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/resources", isSigned: false, parameters: paging + [("holder", notIdentifiers)]),
        RouteUnderTest(method: "GET", pattern: "/api/v1/resources/{prefix}/{suffix}", isSigned: false, identifier: .resource),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/rights", isSigned: false,
            parameters: [
                ("limit", ["0", "201", "x"]), ("cursor", ["x", "-1", "1", "x.y", "01.T"]), ("holder", notIdentifiers),
                ("over", notIdentifiers + [right.text]), ("status", ["gone", ""]), ("kind", ["owning", ""]),
            ]),
        RouteUnderTest(method: "GET", pattern: "/api/v1/rights/{prefix}/{suffix}", isSigned: false, identifier: .right),
        RouteUnderTest(method: "GET", pattern: "/api/v1/notices", isSigned: false),
    ]

    private static let certificates = [
        RouteUnderTest(method: "GET", pattern: "/api/v1/rights/{prefix}/{suffix}/certificate", isSigned: false, identifier: .right),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/rights/{prefix}/{suffix}/certificate.html", isSigned: false, identifier: .right,
            parameters: [("lang", ["de", ""])]),
        RouteUnderTest(
            method: "GET", pattern: "/verify", isSigned: false,
            parameters: [("lang", ["de", ""]), ("number", ["x", "", "86.gs.test/T0", resource.text])]),
        RouteUnderTest(method: "POST", pattern: "/verify", isSigned: false, body: .text("a.b.c")),
        RouteUnderTest(
            method: "GET", pattern: "/verify/{prefix}/{suffix}", isSigned: false, identifier: .right,
            parameters: [("lang", ["de", ""])]),
        RouteUnderTest(
            method: "GET", pattern: "/status/rights/{purpose}/{list}", isSigned: false, example: "/status/rights/revocation/0"),
    ]

    private static func statement(
        _ name: String, _ kind: StatementKind, caller: @escaping @Sendable (TestMarket) -> SigningKey = { $0.airport.key },
        _ content: @escaping @Sendable (TestMarket) -> RightStatement
    ) -> RouteUnderTest {
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/rights/{prefix}/{suffix}/\(name)", body: .statement(kind) { .right(content($0)) },
            identifier: .right, caller: caller)
    }

    private static let rightStatements = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/resources",
            body: .statement(.resourceRegistration) { .right(.resourceRegistration(registration($0.airport.identifier))) },
            caller: { $0.airport.key }, stranger: ({ $0.insurer.key }, 403)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/rights",
            body: .statement(.rightApplication) { .right(.application(application($0.airport.identifier, over: resource))) },
            caller: { $0.airport.key }, stranger: ({ $0.insurer.key }, 403)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/right-merges",
            body: .statement(.rightMerge) {
                .right(.merge(RightMerge(holder: $0.airport.identifier, rights: [right, Identifier(kind: .right, prefix: TestNode.prefix, payload: [9])])))
            }, caller: { $0.airport.key }),
        statement("withdrawal", .rightWithdrawal) { _ in .withdrawal(RightWithdrawal(right: right, reason: "late")) },
        statement("checks", .rightCheck, caller: operatorKey) { _ in .check(RightCheck(right: right, verdict: .pass, reason: "fits")) },
        statement("objections", .rightObjection) { _ in
            .objection(RightObjection(right: right, ground: .betterRight, statement: "It is ours."))
        },
        statement("objection-decisions", .objectionDecision, caller: operatorKey) {
            .objectionDecision(ObjectionDecision(right: right, objector: $0.bank.identifier, verdict: .dismissed, reason: "No proof"))
        },
        statement("decisions", .rightDecision, caller: operatorKey) { _ in
            .decision(RightDecision(right: right, verdict: .grant, reason: "fits"))
        },
        statement("transfers", .rightTransfer) {
            .transfer(RightTransfer(right: right, from: $0.airport.identifier, to: $0.bank.identifier))
        },
        statement("splits", .rightSplit) {
            let half = Fraction(1, 2) ?? .one
            return .split(
                RightSplit(
                    right: right,
                    parts: [RightPart(holder: $0.airport.identifier, share: half), RightPart(holder: $0.bank.identifier, share: half)]))
        },
        statement("changes", .rightChange) { _ in .change(RightChange(right: right, title: ["en": "New"], reason: "")) },
        statement("renewals", .rightRenewal) { _ in .renewal(RightRenewal(right: right, term: .months(12))) },
        statement("licences", .rightLicence) {
            .licence(
                RightLicence(
                    right: right, licensee: $0.bank.identifier, scope: "Statistics", isExclusive: false,
                    until: Clock.now().advanced(byMilliseconds: 86_400_000)))
        },
        statement("licence-ends", .rightLicenceEnd) {
            .licenceEnd(RightLicenceEnd(right: right, licensee: $0.airport.identifier, reason: "done"))
        },
        statement("pledges", .rightPledge) { .pledge(RightPledge(right: right, pledgee: $0.bank.identifier, secures: "A loan")) },
        statement("pledge-releases", .rightPledgeRelease) { _ in .pledgeRelease(RightPledgeRelease(right: right, reason: "paid")) },
        statement("freezes", .rightFreeze) { _ in .freeze(RightFreeze(right: right, reason: "Case 12")) },
        statement("unfreezes", .rightUnfreeze) { _ in .unfreeze(RightUnfreeze(right: right, reason: "Case 12 is closed")) },
        statement("cancellation", .rightCancellation) { _ in
            .cancellation(RightCancellation(right: right, ground: .holderRequest, reason: "done"))
        },
    ]

    static func registration(_ holder: Identifier) -> ResourceRegistration {
        ResourceRegistration(
            holder: holder, title: ["zh": "航班数据", "en": "Flights <b>&\"'"], summary: ["en": "One row a flight"], grade: .general,
            origin: .selfCollected, lawfulBasis: "Aviation statistics rules")
    }

    static func application(_ holder: Identifier, over thing: Identifier, kind: RightKind = .holding) -> RightApplication {
        RightApplication(
            kind: kind, over: thing, holder: holder, title: ["zh": "航班数据持有权", "en": "Flights <script>"], ground: .selfCollected,
            isExclusive: true, term: .months(12))
    }
}
