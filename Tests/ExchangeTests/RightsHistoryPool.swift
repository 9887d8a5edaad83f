import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// Statements about rights signed once, from which random histories draw. They are valid for ninety days, so that a
/// history can go through a public notice, pledges, licences and the end of a right.
///
/// One right is granted before any history begins, and two competitors apply for another. What a split makes has a number
/// that follows from the statement, so the parts of parts are known here too.
struct RightsHistoryPool: Sendable {
    let base: ExchangeFixture
    /// The right that is granted already.
    let root: Identifier
    let holders: [Party]
    let regulators: [Party]
    private let competed: Identifier
    /// By the right that a statement is about.
    private(set) var draws: [Identifier: [VerifiedStatement]] = [:]
    /// Those about no right that there is: applications, and who is suspended.
    private(set) var others: [VerifiedStatement] = []
    private var fixture: ExchangeFixture
    private var issued: Int64 = 0

    init() throws {
        var fixture = try ExchangeFixture(seed: 5)
        holders = try ["Airport", "气象局", "Bank"].map { try fixture.register($0, [.provider, .buyer]) }
        regulators = try ["Bureau", "Court"].map { try fixture.register($0, [.regulator]) }
        try fixture.setPolicy {
            $0.offline.maximumDays = 90
            $0.rights.noticeWorkingDays = 4
            $0.rights.renewalWindowDays = 20
        }
        competed = try fixture.registerResource(holders[1])
        let resource = try fixture.registerResource(holders[0])
        let end = fixture.time.advanced(byMilliseconds: 60 * ExchangeFixture.day)
        root = try fixture.grantRight(over: resource, holders[0], term: .until(end))
        (base, self.fixture) = (fixture, fixture)
        try addLife(of: root, level: 0)
        for party in holders.prefix(2) { try addApplication(of: party) }
        for party in [holders[1], regulators[1]] { try addStanding(of: party) }
    }

    /// Signs a statement and files it under the rights that it is about.
    @discardableResult
    private mutating func add(
        _ content: StatementContent, by parties: [Party], about rights: [Identifier]
    ) throws -> SignedStatement {
        // Decisions on a participant want ever later times; for the rest any order will do.
        issued += 1
        let keys = parties.isEmpty ? [base.operatorKey] : parties.map(\.key)
        var statement = try SignedStatement.sign(
            content, space: ExchangeFixture.prefix, issuedAt: base.time.advanced(byMilliseconds: issued),
            nonce: fixture.freshNonce(), acceptUntil: base.time.advanced(byMilliseconds: 89 * ExchangeFixture.day), key: keys[0])
        for key in keys.dropFirst() { statement = try statement.signedAlso(by: key) }
        let verified = try statement.verified(base.state.verificationKey)
        for right in rights { draws[right, default: []].append(verified) }
        if rights.isEmpty { others.append(verified) }
        return statement
    }

    private mutating func addApplication(of party: Party) throws {
        let end = base.time.advanced(byMilliseconds: 45 * ExchangeFixture.day)
        var application = base.application(over: competed, party, term: .until(end))
        application.ground = .purchased
        let right = try add(.right(.application(application)), by: [party], about: []).identifier(.right)
        for _ in 0..<2 {
            try add(ExchangeFixture.check(right), by: [], about: [right])
            for _ in 0..<4 { try add(ExchangeFixture.decision(right), by: [], about: [right]) }
        }
        try add(ExchangeFixture.check(right, .fail), by: [], about: [right])
        for objector in holders where objector.identifier != party.identifier {
            try add(ExchangeFixture.objection(right), by: [objector], about: [right])
            for _ in 0..<5 { try add(ExchangeFixture.objectionDecision(right, objector, .dismissed), by: [], about: [right]) }
        }
        try add(ExchangeFixture.objectionDecision(right, holders[2], .upheld), by: [], about: [right])
        try add(.right(.withdrawal(RightWithdrawal(right: right, reason: ""))), by: [party], about: [right])
        try addLife(of: right, level: 2)
    }

    /// What can be done with a right in anybody's hands, and with the parts it can be split into.
    private mutating func addLife(of right: Identifier, level: Int) throws {
        for (index, holder) in holders.enumerated() {
            let other = holders[(index + 1) % holders.count]
            try add(ExchangeFixture.transfer(right, from: holder, to: other), by: [holder, other], about: [right])
            try add(ExchangeFixture.pledge(right, other), by: [holder, other], about: [right])
            let until = base.time.advanced(byMilliseconds: 25 * ExchangeFixture.day)
            try add(ExchangeFixture.pledge(right, other, until: until), by: [holder, other], about: [right])
            for _ in 0..<3 { try add(ExchangeFixture.pledgeRelease(right), by: [other], about: [right]) }
            if level == 1 { continue }
            try add(base.licence(right, other), by: [holder, other], about: [right])
            try add(base.licence(right, other, isExclusive: true), by: [holder, other], about: [right])
            for _ in 0..<2 { try add(ExchangeFixture.licenceEnd(right, other), by: [other], about: [right]) }
            try add(ExchangeFixture.change(right), by: [holder], about: [right])
            try add(ExchangeFixture.renewal(right), by: [holder], about: [right])
            if level == 2 { try add(ExchangeFixture.cancellation(right), by: [holder], about: [right]) }
        }
        if level > 0 { try add(ExchangeFixture.cancellation(right, .courtOrder), by: [], about: [right]) }
        for regulator in regulators {
            try add(ExchangeFixture.freeze(right), by: [regulator], about: [right])
            for _ in 0..<2 { try add(ExchangeFixture.unfreeze(right), by: [regulator], about: [right]) }
        }
        if level < 2 { try addSplits(of: right, level: level) }
    }

    private mutating func addSplits(of right: Identifier, level: Int) throws {
        for (index, holder) in holders.enumerated() where level == 0 || index < 2 {
            let other = holders[(index + 1) % holders.count]
            let shares: [[(Party, Int64, Int64)]] =
                level == 0
                ? [[(holder, 1, 2), (holder, 1, 2)], [(holder, 1, 3), (other, 2, 3)]] : [[(holder, 1, 6), (holder, 1, 3)]]
            // What adds up to less or more than the share is never to be accepted.
            for wrong in [[(holder, Int64(1), Int64(8)), (holder, 1, 4)], [(holder, 1, 2), (holder, 2, 3)]] {
                try add(try ExchangeFixture.split(right, wrong), by: [holder], about: [right])
            }
            for parts in shares {
                let isShared = parts[1].0.identifier == other.identifier
                let split = try add(
                    try ExchangeFixture.split(right, parts), by: isShared ? [holder, other] : [holder], about: [right])
                let numbers = (1...parts.count).map { Right.part($0, of: split) }
                for number in numbers { try addLife(of: number, level: isShared ? 2 : level + 1) }
                for merger in [holder, other] {
                    for _ in 0..<2 {
                        let merge = try add(ExchangeFixture.merge(merger, numbers), by: [merger], about: numbers)
                        try addLife(of: merge.identifier(.right), level: 2)
                    }
                }
            }
        }
    }

    private mutating func addStanding(of party: Party) throws {
        try add(base.decision(party.identifier, .suspend), by: [], about: [])
        for _ in 0..<3 { try add(base.decision(party.identifier, .resume), by: [], about: []) }
    }

    /// A random statement: mostly about a right that there is, and now and then about any.
    func next(_ state: ExchangeState, _ known: [Identifier], _ generator: inout FixedGenerator) -> Command? {
        if generator.once(in: 12) { return others.randomElement(using: &generator).map { Command($0) } }
        let standing = known.filter {
            let status = state.rights.rights[$0]?.status
            return status == .granted || status?.isPending == true
        }
        let right = (generator.once(in: 8) ? known : standing).randomElement(using: &generator)
        return right.flatMap { draws[$0]?.randomElement(using: &generator) }.map { Command($0) }
    }
}
