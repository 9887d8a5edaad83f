import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// Every statement about a right, in every standing of the right, by every kind of signer. What must happen is written
/// down here a second time, as tables, and not taken from the rules.
@Suite("State machine of rights")
struct RightsStateMachineTests {
    typealias Standing = RightsCast.Standing
    typealias Signer = RightsCast.Signer
    /// In which standings who may do it, and how the right stands afterwards.
    typealias Table = [Standing: (Set<Signer>, RightStanding)]

    private static let operators: Set<Signer> = [.theOperator, .registrar]
    private static let holders: Set<Signer> = [.holder, .staff]
    private static let usable: [Standing] = [.inForce, .licensed, .pledged, .ending]

    private static func table(_ standings: [Standing], _ signers: Set<Signer>, _ next: RightStanding) -> Table {
        Dictionary(uniqueKeysWithValues: standings.map { ($0, (signers, next)) })
    }

    private static let steps: [(String, Table, @Sendable (RightsCast) -> StatementContent)] = [
        (
            "withdrawal", table([.applied, .noticed, .objected, .noticeOver], holders, .withdrawn),
            { .right(.withdrawal(RightWithdrawal(right: $0.right, reason: ""))) }
        ),
        ("check passed", table([.applied], operators, .noticed), { ExchangeFixture.check($0.right) }),
        ("check failed", table([.applied], operators, .refused), { ExchangeFixture.check($0.right, .fail) }),
        (
            "objection",
            [
                .noticed: ([.counterparty, .bystander, .regulator], .noticed), .objected: ([.bystander, .regulator], .noticed),
            ], { ExchangeFixture.objection($0.right) }
        ),
        (
            "objection dismissed", table([.objected], operators, .noticed),
            { ExchangeFixture.objectionDecision($0.right, $0.bureau, .dismissed) }
        ),
        (
            "objection upheld", table([.objected], operators, .refused),
            { ExchangeFixture.objectionDecision($0.right, $0.bureau, .upheld) }
        ),
        ("grant", table([.noticeOver], operators, .inForce), { ExchangeFixture.decision($0.right) }),
        ("refusal", table([.noticeOver], operators, .refused), { ExchangeFixture.decision($0.right, .refuse) }),
        ("change of title", table(usable, holders, .inForce), { ExchangeFixture.change($0.right) }),
        (
            "change of territory", table([.inForce, .licensed, .ending], holders, .inForce),
            { ExchangeFixture.change($0.right, territory: "全国") }
        ),
        ("renewal", table([.ending], holders, .inForce), { ExchangeFixture.renewal($0.right) }),
        (
            "licence given up", table([.licensed], [.counterparty], .inForce),
            { ExchangeFixture.licenceEnd($0.right, $0.bureau) }
        ),
        (
            "licence ended", table([.licensed], operators, .inForce),
            { ExchangeFixture.licenceEnd($0.right, $0.bureau, .courtOrder) }
        ),
        ("pledge released", table([.pledged], [.counterparty], .inForce), { ExchangeFixture.pledgeRelease($0.right) }),
        ("pledge ended", table([.pledged], operators, .inForce), { ExchangeFixture.pledgeRelease($0.right, .courtOrder) }),
        ("freeze", table(usable + [.lapsed], [.regulator], .frozen), { ExchangeFixture.freeze($0.right) }),
        ("unfreeze", table([.frozen], [.regulator], .inForce), { ExchangeFixture.unfreeze($0.right) }),
        (
            "cancellation by the holder", table([.inForce, .ending, .lapsed], holders, .cancelled),
            { ExchangeFixture.cancellation($0.right) }
        ),
        (
            "cancellation on a ground", table([.inForce, .licensed, .ending, .lapsed], operators, .cancelled),
            { ExchangeFixture.cancellation($0.right, .courtOrder) }
        ),
    ]

    @Test("of one signer: each step only from its standings, and only by whom it belongs to", arguments: Standing.allCases)
    func single(standing: Standing) throws {
        let cast = try RightsCast(standing)
        for (name, table, content) in Self.steps {
            let (allowed, next) = table[standing] ?? ([], nil)
            for signer in Signer.allCases {
                let accepted = try cast.attempt(content(cast), by: [signer])
                #expect((accepted != nil) == allowed.contains(signer), "\(name) when \(standing) by \(signer)")
                if let state = accepted {
                    #expect(state.rights.rights[cast.right]?.standing(at: cast.fixture.time) == next, "\(name) when \(standing)")
                }
            }
        }
        #expect(try cast.fixture.replayed() == cast.fixture.state)
    }

    private static let both: Set<Signer> = [.holder, .counterparty]

    private static let pairs: [(String, Table, @Sendable (RightsCast) throws -> StatementContent)] = [
        (
            "transfer", table([.inForce, .licensed, .ending], both, .inForce),
            { ExchangeFixture.transfer($0.right, from: $0.airport, to: $0.bureau) }
        ),
        (
            "split", table([.inForce, .ending], both, .divided),
            { try ExchangeFixture.split($0.right, [($0.airport, 1, 2), ($0.bureau, 1, 2)]) }
        ),
        (
            "split among oneself", table([.inForce, .ending], [.holder], .divided),
            { try ExchangeFixture.split($0.right, [($0.airport, 1, 3), ($0.airport, 2, 3)]) }
        ),
        (
            // Of a pledged right, with the pledgee's word too.
            "licence",
            table([.inForce, .licensed, .ending], [.holder, .bystander], .inForce)
                .merging([.pledged: ([.holder, .bystander, .counterparty], .inForce)]) { first, _ in first },
            { $0.fixture.licence($0.right, $0.bystander) }
        ),
        (
            "pledge", table([.inForce, .licensed, .ending], both, .inForce),
            { ExchangeFixture.pledge($0.right, $0.bureau) }
        ),
    ]

    private static let signatures: [[Signer]] = [
        [.holder], [.counterparty], [.bystander], [.theOperator], [.regulator], [.holder, .counterparty],
        [.counterparty, .holder], [.staff, .counterparty], [.holder, .staff, .counterparty], [.holder, .bystander],
        [.staff, .bystander], [.staff], [.counterparty, .bystander], [.holder, .counterparty, .bystander],
        [.holder, .theOperator], [.theOperator, .counterparty], [.holder, .suspended], [.holder, .applicant],
        [.holder, .unknown], [.suspended, .counterparty], [.holder, .counterparty, .suspended],
    ]

    @Test("of several signers: each step only from its standings, and only by all whom it binds", arguments: Standing.allCases)
    func several(standing: Standing) throws {
        let cast = try RightsCast(standing)
        for (name, table, content) in Self.pairs {
            let (needed, next) = table[standing] ?? ([], nil)
            for signers in Self.signatures {
                let bound = Set(signers.map { $0 == .staff ? .holder : $0 })
                let accepted = try cast.attempt(try content(cast), by: signers)
                #expect((accepted != nil) == (bound == needed), "\(name) when \(standing) by \(signers)")
                if let state = accepted {
                    #expect(state.rights.rights[cast.right]?.standing(at: cast.fixture.time) == next)
                }
            }
        }
    }

    @Test("a merge is the holder's alone, of parts that stand free")
    func merges() throws {
        var cast = try RightsCast(.inForce)
        let split = try cast.fixture.sign(
            try ExchangeFixture.split(cast.right, [(cast.airport, 1, 2), (cast.airport, 1, 4), (cast.bureau, 1, 4)]),
            by: [cast.airport.key, cast.bureau.key])
        try cast.fixture.submit(split)
        let parts = (1...3).map { Right.part($0, of: split) }
        for signer in Signer.allCases {
            let accepted = try cast.attempt(ExchangeFixture.merge(cast.airport, [parts[0], parts[1]]), by: [signer])
            #expect((accepted != nil) == Self.holders.contains(signer), "\(signer)")
            if let state = accepted {
                #expect(parts[..<2].allSatisfy { state.rights.rights[$0]?.status == .merged })
            }
            #expect(try cast.attempt(ExchangeFixture.merge(cast.bureau, [parts[1], parts[2]]), by: [signer]) == nil)
            #expect(try cast.attempt(ExchangeFixture.merge(cast.airport, [parts[0], cast.right]), by: [signer]) == nil)
        }
        let charges: [(StatementContent, [SigningKey])] = [
            (ExchangeFixture.pledge(parts[1], cast.bureau), [cast.airport.key, cast.bureau.key]),
            (cast.fixture.licence(parts[1], cast.bureau), [cast.airport.key, cast.bureau.key]),
            (ExchangeFixture.freeze(parts[1]), [cast.regulator.key]),
            (ExchangeFixture.change(parts[1], territory: "Elsewhere"), [cast.airport.key]),
            (ExchangeFixture.cancellation(parts[1]), [cast.airport.key]),
        ]
        for (content, keys) in charges {
            var charged = cast
            try charged.fixture.submit(content, by: keys)
            #expect(try charged.attempt(ExchangeFixture.merge(cast.airport, [parts[0], parts[1]]), by: [.holder]) == nil)
        }
        var later = cast
        later.fixture.pass(milliseconds: 700 * ExchangeFixture.day)
        try later.fixture.submit(ExchangeFixture.renewal(parts[0]), by: cast.airport.key)
        #expect(try later.attempt(ExchangeFixture.merge(cast.airport, [parts[0], parts[1]]), by: [.holder]) == nil)
        try later.fixture.submit(ExchangeFixture.renewal(parts[1]), by: cast.airport.key)
        #expect(try later.attempt(ExchangeFixture.merge(cast.airport, [parts[0], parts[1]]), by: [.holder]) != nil)
    }

    @Test("resources and applications are their holder's own to register")
    func registrations() throws {
        let cast = try RightsCast(.inForce)
        let own = cast.fixture.application(.operation, over: cast.resource, cast.airport)
        for signer in Signer.allCases {
            let registered = try cast.attempt(
                .right(.resourceRegistration(cast.fixture.registration(cast.airport))), by: [signer])
            #expect((registered != nil) == Self.holders.contains(signer), "\(signer)")
            #expect((try cast.attempt(.right(.application(own)), by: [signer]) != nil) == Self.holders.contains(signer), "\(signer)")
        }
        let ofRegulator = cast.fixture.registration(cast.regulator)
        #expect(try cast.attempt(.right(.resourceRegistration(ofRegulator)), by: [.regulator]) == nil)
    }
}
