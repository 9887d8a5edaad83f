import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Operators")
struct OperatorTests {
    /// What takes each duty, in a market in which it would be accepted from the root key.
    static let actions: [OperatorAction: @Sendable (inout Market) throws -> (StatementContent, [SigningKey])] = [
        .check: { market in (market.fixture.review(try market.fixture.apply("New", [.buyer]).identifier), []) },
        .approve: { market in
            (market.fixture.decision(try market.fixture.apply("New", [.buyer]).identifier, .approve), [])
        },
        .suspend: { ($0.fixture.decision($0.airport.identifier, .suspend), []) },
        .revoke: { ($0.fixture.decision($0.airport.identifier, .revoke), []) },
        .assure: { ($0.fixture.decision($0.airport.identifier, .assure), []) },
        .policy: { market in
            // The policy stays as it is, or the next signer would be judged by another.
            (.spacePolicy(market.fixture.state.space?.policy ?? SpacePolicy()), [])
        },
        .logKeys: { market in (try market.fixture.logKeys([0, 1]), []) },
        .nodeKeys: { market in
            let key = try market.fixture.freshKey()
            return (.identity(.nodeKeys(NodeKeys(nodeKeys: [key.verificationKey], reason: ""))), [key])
        },
        .recovery: { market in
            let key = try market.fixture.freshKey()
            return (market.fixture.recovery(market.airport.identifier, [key]), [key])
        },
    ]

    @Test("do what their duty covers, and nothing else", arguments: actions.keys.sorted { $0.rawValue < $1.rawValue })
    func duties(action: OperatorAction) throws {
        let duty = try #require(action.duty)
        let content = try #require(Self.actions[action])
        for (duties, expected) in [
            (Set([duty]), nil), (Set(OperatorDuty.allCases).subtracting([duty]), RefusalCode.dutyMissing),
        ] {
            var market = try Market()
            let appointed = try market.fixture.appoint("somebody", duties)
            let (statement, announced) = try content(&market)
            #expect(try market.fixture.refusal(of: statement, by: [appointed] + announced) == expected, "\(duties)")
            #expect(try market.fixture.refusal(of: statement, by: [market.fixture.operatorKey] + announced) == nil)
            #expect(try market.fixture.refusal(of: statement, by: [market.airport.key] + announced) == .notTheOperator)
        }
    }

    @Test("sign two by two what the policy says, each with the duty", arguments: actions.keys.sorted { $0.rawValue < $1.rawValue })
    func dualControl(action: OperatorAction) throws {
        var market = try Market()
        let duty = try #require(action.duty)
        let root = market.fixture.operatorKey
        let second = try market.fixture.appoint("second", [duty])
        let third = try market.fixture.appoint("third", Set(OperatorDuty.allCases).subtracting([duty]))
        try market.fixture.setPolicy { $0.identity.dualControl = [action] }
        let content = try #require(Self.actions[action])
        let (statement, announced) = try content(&market)
        for alone in [root, second] {
            #expect(try market.fixture.refusal(of: statement, by: [alone] + announced) == .secondOperatorNeeded)
        }
        #expect(try market.fixture.refusal(of: statement, by: [root, third] + announced) == .dutyMissing)
        #expect(try market.fixture.refusal(of: statement, by: [root, market.airport.key] + announced) == .notTheOperator)
        #expect(throws: (any Error).self, "the same key twice") { try market.fixture.sign(statement, by: [root, root]) }
        try market.fixture.submit(statement, by: [second, root] + announced)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("are appointed with the root key, and where the policy says so with another's beside it")
    func appointments() throws {
        var fixture = try ExchangeFixture()
        let deputy = try fixture.appoint("deputy", Set(OperatorDuty.allCases))
        let more = fixture.appointment([
            SpaceOperator(name: "new", key: try fixture.freshKey().verificationKey, duties: [.check])
        ])
        #expect(try fixture.refusal(of: more, by: deputy) == .dutyMissing)
        #expect(try fixture.refusal(of: more, by: fixture.operatorKey) == nil)
        try fixture.setPolicy { $0.identity.dualControl = [.appointment] }
        #expect(try fixture.refusal(of: more, by: fixture.operatorKey) == .secondOperatorNeeded)
        #expect(try fixture.refusal(of: more, by: [fixture.operatorKey, deputy]) == nil)
        let none = StatementContent.identity(.operatorAppointment(OperatorAppointment(operators: [], reason: "")))
        #expect(try fixture.refusal(of: none, by: [fixture.operatorKey, deputy]) == .operatorsTooFew, "nobody could appoint any more")
    }

    @Test("that are left out of an appointment count no longer, and their keys never again")
    func dismissal() throws {
        var fixture = try ExchangeFixture()
        let deputy = try fixture.appoint("deputy", [.suspend])
        let airport = try fixture.register("Airport", [.provider])
        let none = StatementContent.identity(.operatorAppointment(OperatorAppointment(operators: [], reason: "")))
        try fixture.submit(none, by: fixture.operatorKey)
        #expect(try fixture.refusal(of: fixture.decision(airport.identifier, .suspend), by: deputy) == .signerKeyRetired)
        let again = fixture.appointment([SpaceOperator(name: "deputy", key: deputy.verificationKey, duties: [.check])])
        #expect(try fixture.refusal(of: again, by: fixture.operatorKey) == .keyRetired)
        let application = fixture.application("Deputy Ltd", [.buyer], [deputy.verificationKey])
        #expect(try fixture.refusal(of: .participantApplication(application), by: deputy) == .keyRetired)
    }

    @Test("have keys that are nobody else's")
    func keysOfTheirOwn() throws {
        var market = try Market()
        for key in [market.airport.key, market.fixture.operatorKey] {
            let appointment = market.fixture.appointment([
                SpaceOperator(name: "double", key: key.verificationKey, duties: [.check])
            ])
            #expect(try market.fixture.refusal(of: appointment, by: market.fixture.operatorKey) == .keyAlreadyRegistered)
        }
        let deputy = try market.fixture.appoint("deputy", [.check])
        let application = market.fixture.application("Deputy Ltd", [.buyer], [deputy.verificationKey])
        #expect(try market.fixture.refusal(of: .participantApplication(application), by: deputy) == .keyAlreadyRegistered)
    }

    @Test("cannot be bound to rules that too few of them could follow", arguments: [
        (2, [.check], [], false), (2, [.check], [[.check]], false), (2, [.check], [[.check], [.check]], true), (2, [.approve], [[.approve]], false),
        (2, [.approve], [[.approve], [.check]], true), (2, [], [[.suspend]], false), (2, [], [[.approve]], true),
        (2, [.check, .approve], [[.check, .approve], [.check, .approve]], false),
        (2, [.check, .approve], [[.check, .approve], [.check], [.check]], true),
        (1, [.rights], [[.catalogue]], false), (1, [.rights], [[.rights]], true), (1, [.ordinary], [[.rights]], false),
    ] as [(Int64, Set<OperatorAction>, [Set<OperatorDuty>], Bool)])
    func workable(stages: Int64, dual: Set<OperatorAction>, operators: [Set<OperatorDuty>], isWorkable: Bool) throws {
        var fixture = try ExchangeFixture()
        for (index, duties) in operators.enumerated() { _ = try fixture.appoint("operator \(index)", duties) }
        var policy = SpacePolicy()
        policy.identity.review.stages = stages
        policy.identity.dualControl = dual
        let code = try fixture.refusal(of: .spacePolicy(policy), by: fixture.operatorKey)
        #expect(code == (isWorkable ? nil : .operatorsTooFew))
    }

    @Test("check and approve in two stages as different people, where the policy wants that", arguments: [true, false])
    func stages(differentPeople: Bool) throws {
        var fixture = try ExchangeFixture()
        let registrar = try fixture.appoint("registrar", [.check, .approve])
        try fixture.setPolicy {
            $0.identity.review.stages = 2
            $0.identity.review.differentPeople = differentPeople
        }
        let applicant = try fixture.apply("New", [.buyer]).identifier
        #expect(try fixture.refusal(of: fixture.decision(applicant, .approve), by: fixture.operatorKey) == .checkMissing)
        try fixture.submit(fixture.review(applicant), by: registrar)
        let code = try fixture.refusal(of: fixture.decision(applicant, .approve), by: registrar)
        #expect(code == (differentPeople ? .samePerson : nil))
        let both = try fixture.refusal(of: fixture.decision(applicant, .approve), by: [fixture.operatorKey, registrar])
        #expect(both == (differentPeople ? .samePerson : nil))
        #expect(try fixture.refusal(of: fixture.decision(applicant, .refuse), by: registrar) == nil, "a refusal takes one stage")
        try fixture.submit(fixture.decision(applicant, .approve), by: fixture.operatorKey)
        #expect(fixture.state.participants[applicant]?.status == .active)
        #expect(try fixture.replayed() == fixture.state)
    }
}
