import Encoding
import Exchange
import Signing

// Steps of rights in data, each signed by the one whose step it is.
extension ExchangeFixture {
    /// A file of evidence whose digest is of a number.
    public static func evidence(_ number: Int = 1) -> EvidenceReference {
        EvidenceReference(
            kind: "contract", name: "Contract \(number)", mediaType: "application/pdf", size: 1234,
            sha256: SHA256.hash("evidence \(number)".utf8).description)
    }

    public func registration(
        _ holder: Party, grade: ResourceGrade = .important, lawfulBasis: String = "Own sensors, by statute",
        externalIdentifiers: [ExternalIdentifier] = []
    ) -> ResourceRegistration {
        ResourceRegistration(
            holder: holder.identifier, title: ["en": "Sensors of \(holder.name)", "zh": "传感器"],
            summary: ["en": "Every minute."], grade: grade, origin: .selfCollected, lawfulBasis: lawfulBasis,
            externalIdentifiers: externalIdentifiers, evidence: [Self.evidence(0)])
    }

    public mutating func registerResource(_ holder: Party, grade: ResourceGrade = .important) throws -> Identifier {
        let registration = registration(holder, grade: grade)
        return try Identifier(try submit(.right(.resourceRegistration(registration)), by: holder.key).subject)
    }

    /// An application for a right over one's own thing, or one that derives from another, for twenty-four months.
    public func application(
        _ kind: RightKind = .holding, over thing: Identifier, _ holder: Party, basis: Identifier? = nil,
        isExclusive: Bool = true, term: RightTerm = .months(24)
    ) -> RightApplication {
        RightApplication(
            kind: kind, over: thing, holder: holder.identifier, title: ["en": "A right of \(holder.name)", "zh": "权利"],
            ground: basis == nil ? .selfCollected : .derived, basis: basis, isExclusive: isExclusive, term: term,
            territory: "甘肃省庆阳市", evidence: [Self.evidence()])
    }

    /// Applies for a right, without a check or a decision.
    public mutating func applyForRight(
        _ kind: RightKind = .holding, over thing: Identifier, _ holder: Party, basis: Identifier? = nil,
        isExclusive: Bool = true, term: RightTerm = .months(24)
    ) throws -> Identifier {
        let application = application(kind, over: thing, holder, basis: basis, isExclusive: isExclusive, term: term)
        return try Identifier(try submit(.right(.application(application)), by: holder.key).subject)
    }

    public static func check(_ right: Identifier, _ verdict: CheckVerdict = .pass) -> StatementContent {
        .right(.check(RightCheck(right: right, verdict: verdict, ground: verdict == .fail ? .notCompetent : nil, reason: "齐全")))
    }

    public static func decision(_ right: Identifier, _ verdict: RightVerdict = .grant) -> StatementContent {
        let ground: RightRefusalGround? = verdict == .refuse ? .incompleteEvidence : nil
        return .right(.decision(RightDecision(right: right, verdict: verdict, ground: ground, reason: "依规")))
    }

    public static func objection(_ right: Identifier) -> StatementContent {
        .right(
            .objection(
                RightObjection(right: right, ground: .betterRight, statement: "It is ours.", evidence: [evidence(2)])))
    }

    public static func objectionDecision(_ right: Identifier, _ objector: Party, _ verdict: ObjectionVerdict) -> StatementContent {
        .right(
            .objectionDecision(
                ObjectionDecision(right: right, objector: objector.identifier, verdict: verdict, reason: "Nothing shows it.")))
    }

    /// Lets the time of a right's public notice go by.
    public mutating func passNotice(of right: Identifier) {
        if let until = state.rights.rights[right]?.noticeUntil { time = max(time, until) }
    }

    /// A right from the application to the certificate, with the public notice in between.
    public mutating func grantRight(
        _ kind: RightKind = .holding, over thing: Identifier, _ holder: Party, basis: Identifier? = nil,
        isExclusive: Bool = true, term: RightTerm = .months(24)
    ) throws -> Identifier {
        let right = try applyForRight(kind, over: thing, holder, basis: basis, isExclusive: isExclusive, term: term)
        try submit(Self.check(right), by: operatorKey)
        passNotice(of: right)
        try submit(Self.decision(right), by: operatorKey)
        return right
    }

    // MARK: With a granted right

    public static func transfer(_ right: Identifier, from: Party, to: Party) -> StatementContent {
        .right(.transfer(RightTransfer(right: right, from: from.identifier, to: to.identifier, consideration: "shares")))
    }

    public static func split(_ right: Identifier, _ parts: [(Party, Int64, Int64)]) throws -> StatementContent {
        let parts = try parts.map { party, numerator, denominator in
            guard let share = Fraction(numerator, denominator) else { throw FixtureError("no share") }
            return RightPart(holder: party.identifier, share: share)
        }
        return .right(.split(RightSplit(right: right, parts: parts)))
    }

    public static func merge(_ holder: Party, _ rights: [Identifier]) -> StatementContent {
        .right(.merge(RightMerge(holder: holder.identifier, rights: rights)))
    }

    public static func change(_ right: Identifier, territory: String? = nil) -> StatementContent {
        .right(
            .change(
                RightChange(
                    right: right, title: territory == nil ? ["zh": "新名"] : nil, territory: territory, reason: "")))
    }

    public static func renewal(_ right: Identifier, _ term: RightTerm = .months(12)) -> StatementContent {
        .right(.renewal(RightRenewal(right: right, term: term)))
    }

    /// A licence for thirty days from now.
    public func licence(_ right: Identifier, _ licensee: Party, isExclusive: Bool = false) -> StatementContent {
        .right(
            .licence(
                RightLicence(
                    right: right, licensee: licensee.identifier, scope: "Training of models", isExclusive: isExclusive,
                    until: time.advanced(byMilliseconds: 30 * Self.day))))
    }

    public static func licenceEnd(_ right: Identifier, _ licensee: Party, _ ground: CancellationGround? = nil) -> StatementContent {
        .right(.licenceEnd(RightLicenceEnd(right: right, licensee: licensee.identifier, ground: ground, reason: "")))
    }

    public static func pledge(_ right: Identifier, _ pledgee: Party, until: Timestamp? = nil) -> StatementContent {
        .right(
            .pledge(
                RightPledge(
                    right: right, pledgee: pledgee.identifier, secures: "A loan", amount: 1_000_000, until: until)))
    }

    public static func pledgeRelease(_ right: Identifier, _ ground: CancellationGround? = nil) -> StatementContent {
        .right(.pledgeRelease(RightPledgeRelease(right: right, ground: ground, reason: "paid")))
    }

    public static func freeze(_ right: Identifier) -> StatementContent {
        .right(.freeze(RightFreeze(right: right, reason: "Case 12")))
    }

    public static func unfreeze(_ right: Identifier, of regulator: Party? = nil) -> StatementContent {
        .right(.unfreeze(RightUnfreeze(right: right, regulator: regulator?.identifier, reason: "Case 12 is closed")))
    }

    public static func cancellation(_ right: Identifier, _ ground: CancellationGround = .holderRequest) -> StatementContent {
        .right(.cancellation(RightCancellation(right: right, ground: ground, reason: "")))
    }
}

/// A ledger with every type of entry about rights in it, and who the people are.
public struct RightsStory: Sendable {
    public var fixture: ExchangeFixture
    public let airport: Party
    public let bureau: Party
    public let regulator: Party
    public let resource: Identifier
    /// Granted, changed, licensed, pledged, frozen, transferred to the bureau, and split.
    public let right: Identifier
    /// What became of its parts; cancelled at the end.
    public let merged: Identifier

    public init(seed: UInt64 = 1) throws {
        var fixture = try ExchangeFixture(seed: seed)
        let airport = try fixture.register("Airport", [.provider])
        let bureau = try fixture.register("气象局", [.provider])
        regulator = try fixture.register("Regulator", [.regulator])
        let (root, both) = (fixture.operatorKey, [airport.key, bureau.key])
        resource = try fixture.registerResource(airport)
        right = try fixture.applyForRight(over: resource, airport)
        try fixture.submit(ExchangeFixture.check(right), by: root)
        try fixture.submit(ExchangeFixture.objection(right), by: bureau.key)
        try fixture.submit(ExchangeFixture.objectionDecision(right, bureau, .dismissed), by: root)
        fixture.passNotice(of: right)
        try fixture.submit(ExchangeFixture.decision(right), by: root)
        let given = try fixture.applyForRight(.processing, over: resource, airport)
        try fixture.submit(.right(.withdrawal(RightWithdrawal(right: given, reason: "not needed"))), by: airport.key)
        let failed = try fixture.applyForRight(.processing, over: resource, airport)
        try fixture.submit(ExchangeFixture.check(failed, .fail), by: root)
        try fixture.submit(ExchangeFixture.change(right), by: airport.key)
        try fixture.submit(fixture.licence(right, bureau), by: both)
        try fixture.submit(ExchangeFixture.licenceEnd(right, bureau), by: bureau.key)
        try fixture.submit(ExchangeFixture.pledge(right, bureau), by: both)
        try fixture.submit(ExchangeFixture.freeze(right), by: regulator.key)
        try fixture.submit(ExchangeFixture.unfreeze(right), by: regulator.key)
        try fixture.submit(ExchangeFixture.pledgeRelease(right), by: bureau.key)
        try fixture.submit(ExchangeFixture.transfer(right, from: airport, to: bureau), by: both)
        fixture.pass(milliseconds: 700 * ExchangeFixture.day)
        try fixture.submit(ExchangeFixture.renewal(right), by: bureau.key)
        let split = try fixture.sign(try ExchangeFixture.split(right, [(bureau, 1, 3), (bureau, 2, 3)]), by: [bureau.key])
        try fixture.submit(split)
        let merge = try fixture.submit(ExchangeFixture.merge(bureau, [Right.part(1, of: split), Right.part(2, of: split)]), by: bureau.key)
        merged = try Identifier(merge.subject)
        try fixture.submit(ExchangeFixture.cancellation(merged), by: bureau.key)
        (self.fixture, self.airport, self.bureau) = (fixture, airport, bureau)
    }
}
