import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// A right of the airport over a resource of its own in one standing, with somebody in every role. The counterparty is
/// the bureau: objector, licensee or pledgee, where there is one.
struct RightsCast {
    enum Standing: CaseIterable {
        case absent, applied, noticed, objected, noticeOver, inForce, licensed, pledged, frozen
        /// In force, in the last sixty days.
        case ending
        case expired
        /// Derived from a right that has been cancelled.
        case lapsed
        case refused, withdrawn, divided, merged, cancelled
    }

    enum Signer: CaseIterable {
        case theOperator
        /// An operator with the duty for rights.
        case registrar
        /// An operator with every other duty.
        case clerk
        case holder
        /// Of the holder's.
        case staff
        case counterparty, bystander, regulator, suspended, applicant, unknown
    }

    var fixture: ExchangeFixture
    let airport: Party
    let bureau: Party
    let regulator: Party
    let bystander: Party
    let resource: Identifier
    private(set) var right: Identifier
    private var keys: [Signer: SigningKey]

    init(_ standing: Standing) throws {
        let market = try Market()
        (fixture, airport, bureau) = (market.fixture, market.airport, market.bureau)
        regulator = try fixture.register("Regulator", [.regulator])
        bystander = try fixture.register("Bystander", [.provider, .processor, .buyer, .auditor, .witness])
        resource = try fixture.registerResource(airport)
        right = Identifier(kind: .right, prefix: ExchangeFixture.prefix, payload: [9])
        let suspended = try fixture.register("Suspended", Role.allCases)
        try fixture.decide(suspended.identifier, .suspend)
        let (registrar, clerk) = (try fixture.freshKey(), try fixture.freshKey())
        try fixture.submit(
            fixture.appointment([
                SpaceOperator(name: "registrar", key: registrar.verificationKey, duties: [.rights]),
                SpaceOperator(
                    name: "clerk", key: clerk.verificationKey, duties: Set(OperatorDuty.allCases).subtracting([.rights])),
            ]), by: fixture.operatorKey)
        var keys: [Signer: SigningKey] = [
            .theOperator: fixture.operatorKey, .registrar: registrar, .clerk: clerk, .holder: airport.key,
            .counterparty: bureau.key, .bystander: bystander.key, .regulator: regulator.key, .suspended: suspended.key,
            .applicant: try fixture.apply("Applicant", Role.allCases).key, .unknown: try SigningKey.numbered(250),
        ]
        self.keys = keys
        try reach(standing)
        keys[.staff] = try fixture.delegate(airport)
        self.keys = keys
    }

    private mutating func reach(_ standing: Standing) throws {
        switch standing {
        case .absent: break
        case .applied, .noticed, .objected, .noticeOver, .refused, .withdrawn: try ask(standing)
        case .lapsed:
            let basis = try fixture.grantRight(over: resource, airport)
            right = try fixture.grantRight(.processing, over: resource, airport, basis: basis)
            try fixture.submit(ExchangeFixture.cancellation(basis), by: airport.key)
        default:
            right = try fixture.grantRight(over: resource, airport)
            try change(standing)
        }
    }

    private mutating func ask(_ standing: Standing) throws {
        right = try fixture.applyForRight(over: resource, airport)
        if standing == .applied { return }
        if standing == .withdrawn {
            try fixture.submit(.right(.withdrawal(RightWithdrawal(right: right, reason: ""))), by: airport.key)
            return
        }
        try fixture.submit(ExchangeFixture.check(right, standing == .refused ? .fail : .pass), by: fixture.operatorKey)
        if standing == .objected { try fixture.submit(ExchangeFixture.objection(right), by: bureau.key) }
        if standing == .noticeOver { fixture.passNotice(of: right) }
    }

    private mutating func change(_ standing: Standing) throws {
        let both = [airport.key, bureau.key]
        switch standing {
        case .licensed: try fixture.submit(fixture.licence(right, bureau), by: both)
        case .pledged: try fixture.submit(ExchangeFixture.pledge(right, bureau), by: both)
        case .frozen: try fixture.submit(ExchangeFixture.freeze(right), by: regulator.key)
        case .ending: fixture.pass(milliseconds: 700 * ExchangeFixture.day)
        case .expired: fixture.pass(milliseconds: 800 * ExchangeFixture.day)
        case .divided: _ = try split()
        case .merged:
            let parts = try split()
            try fixture.submit(ExchangeFixture.merge(airport, parts), by: airport.key)
            right = parts[0]
        case .cancelled: try fixture.submit(ExchangeFixture.cancellation(right), by: airport.key)
        default: break
        }
    }

    private mutating func split() throws -> [Identifier] {
        let split = try fixture.sign(try ExchangeFixture.split(right, [(airport, 1, 2), (airport, 1, 2)]), by: [airport.key])
        try fixture.submit(split)
        return [Right.part(1, of: split), Right.part(2, of: split)]
    }

    /// Tries a statement from this very state: the state afterwards, or `nil` where it is refused.
    func attempt(_ content: StatementContent, by signers: [Signer]) throws -> ExchangeState? {
        var fixture = fixture
        let before = fixture.state
        do {
            try fixture.submit(try fixture.sign(content, by: signers.compactMap { keys[$0] }))
            return fixture.state
        } catch is Refusal {
            return fixture.state == before ? nil : fixture.state
        } catch StatementError.unknownKey {
            return nil
        }
    }
}
