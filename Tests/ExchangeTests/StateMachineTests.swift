import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// Every transition, in every status, tried by every kind of signer. What must happen is written down here a second
/// time, as tables, and not taken from the rules.
@Suite("State machines")
struct StateMachineTests {
    enum Signer: CaseIterable {
        case theOperator, owner, counterparty, bystander, suspended, applicant, unknown
    }

    /// A market with somebody in every standing. The owner is the airport, the counterparty the insurer.
    struct Cast {
        var market: Market
        let bystander: Party
        let applicant: Party
        let suspended: Party

        init() throws {
            market = try Market()
            bystander = try market.fixture.register("Bystander", Role.allCases)
            suspended = try market.fixture.register("Suspended", Role.allCases)
            try market.fixture.decide(suspended.identifier, .suspend)
            applicant = try market.fixture.apply("Applicant", Role.allCases)
        }

        func key(_ signer: Signer) throws -> SigningKey {
            switch signer {
            case .theOperator: market.fixture.operatorKey
            case .owner: market.airport.key
            case .counterparty: market.insurer.key
            case .bystander: bystander.key
            case .suspended: suspended.key
            case .applicant: applicant.key
            case .unknown: try SigningKey.numbered(250)
            }
        }

        /// Tries a statement by every kind of signer, each from this very state.
        func attempt(
            _ name: String, _ facts: Facts = .none, allowed: Set<Signer>, _ content: (ExchangeFixture) throws -> StatementContent
        ) throws -> [(Signer, Event)] {
            var accepted: [(Signer, Event)] = []
            for signer in Signer.allCases {
                var fixture = market.fixture
                let before = fixture.state
                do {
                    let event = try fixture.submit(try content(fixture), by: try key(signer), facts)
                    #expect(allowed.contains(signer), "\(name): accepted from \(signer)")
                    accepted.append((signer, event))
                } catch is Refusal {
                    #expect(!allowed.contains(signer), "\(name): refused from \(signer)")
                    #expect(fixture.state == before)
                } catch StatementError.unknownKey {
                    #expect(signer == .unknown)
                    #expect(fixture.state == before)
                }
            }
            return accepted
        }
    }

    @Test("participants: only the operator decides, and only from the status before")
    func participants() throws {
        let paths: [(ParticipantStatus?, [ParticipantVerdict])] = [
            (nil, []), (.applied, []), (.active, [.approve]), (.refused, [.refuse]), (.suspended, [.approve, .suspend]),
            (.active, [.approve, .suspend, .resume]), (.revoked, [.approve, .revoke]), (.revoked, [.approve, .suspend, .revoke]),
        ]
        let allowed: [ParticipantStatus: [ParticipantVerdict: ParticipantStatus]] = [
            .applied: [.approve: .active, .refuse: .refused],
            .active: [.suspend: .suspended, .revoke: .revoked, .assure: .active],
            .suspended: [.resume: .active, .revoke: .revoked, .assure: .suspended],
        ]
        for (status, path) in paths {
            var cast = try Cast()
            var subject = Identifier(kind: .participant, prefix: ExchangeFixture.prefix, payload: [9])
            if let status {
                subject = try cast.market.fixture.apply("Subject", [.buyer]).identifier
                for verdict in path { try cast.market.fixture.decide(subject, verdict) }
                #expect(cast.market.fixture.state.participants[subject]?.status == status)
            }
            for verdict in ParticipantVerdict.allCases {
                let next = status.flatMap { allowed[$0]?[verdict] }
                let accepted = try cast.attempt(
                    "\(verdict) when \(String(describing: status))", allowed: next == nil ? [] : [.theOperator]
                ) { $0.decision(subject, verdict) }
                for (_, event) in accepted {
                    var state = cast.market.fixture.state
                    state.apply(event, at: cast.market.fixture.time)
                    #expect(state.participants[subject]?.status == next)
                }
            }
        }
    }

    @Test("products: only the owner lists versions and withdraws, and only what is listed")
    func products() throws {
        for isListed in [true, false] {
            var cast = try Cast()
            let (airport, flights) = (cast.market.airport, cast.market.flights)
            let withdrawal = StatementContent.productWithdrawal(ProductWithdrawal(product: flights, reason: "old"))
            if !isListed { try cast.market.fixture.submit(withdrawal, by: airport.key) }
            _ = try cast.attempt("new version", allowed: isListed ? [.owner] : []) {
                .productListing($0.listing(airport, product: flights, version: 2))
            }
            _ = try cast.attempt("withdrawal", allowed: isListed ? [.owner] : []) { _ in
                .productWithdrawal(ProductWithdrawal(product: flights, reason: "very old"))
            }
            _ = try cast.attempt("listing in the airport's name", allowed: [.owner]) { .productListing($0.listing(airport)) }
            let bystander = cast.bystander
            _ = try cast.attempt("taking over a product", allowed: []) {
                .productListing($0.listing(bystander, product: flights, version: 2))
            }
        }
    }

    @Test("contracts: signed by each party once, ended by any, and never come back")
    func contracts() throws {
        for status in ContractStatus.allCases {
            var cast = try Cast()
            let (insurer, airport) = (cast.market.insurer, cast.market.airport)
            let offer = try cast.market.fixture.sign(
                .contract(try cast.market.fixture.terms(insurer, [cast.market.flights])), by: insurer.key)
            try cast.market.fixture.submit(offer)
            let identifier = offer.identifier(.contract)
            func end() -> StatementContent {
                .contractTermination(ContractTermination(contract: identifier, reason: "over"))
            }
            if status == .active { try cast.market.fixture.submit(try offer.signedAlso(by: airport.key)) }
            if status == .ended { try cast.market.fixture.submit(end(), by: insurer.key) }
            #expect(cast.market.fixture.state.contracts[identifier]?.status == status)
            for signer in Signer.allCases where signer != .counterparty {
                var fixture = cast.market.fixture
                let signed = try offer.signedAlso(by: try cast.key(signer))
                let isAllowed = status == .offered && signer == .owner
                #expect((try fixture.refusal(of: signed) == nil) == isAllowed, "\(signer) signs when \(status)")
                if isAllowed {
                    try fixture.submit(signed)
                    #expect(fixture.state.contracts[identifier]?.status == .active)
                }
            }
            _ = try cast.attempt("termination when \(status)", allowed: status == .ended ? [] : [.owner, .counterparty]) { _ in end() }
        }
    }

    @Test("contracts: only a party offers one")
    func offers() throws {
        let cast = try Cast()
        let (insurer, flights) = (cast.market.insurer, cast.market.flights)
        _ = try cast.attempt("offer", allowed: [.owner, .counterparty]) { .contract(try $0.terms(insurer, [flights])) }
    }

    @Test("queries: only a provider concerned decides, and only what its status allows")
    func queries() throws {
        let paths: [(QueryStatus?, [QueryVerdict])] = [
            (nil, []), (.submitted, []), (.approved, [.approve]), (.refused, [.refuse]), (.revoked, [.approve, .revoke]),
        ]
        let allowed: [QueryStatus: Set<QueryVerdict>] = [.submitted: [.approve, .refuse], .approved: [.revoke]]
        for (status, path) in paths {
            var cast = try Cast()
            let airport = cast.market.airport
            var query = Identifier(kind: .query, prefix: ExchangeFixture.prefix, payload: [9])
            if let status {
                query = try cast.market.fixture.submitQuery(cast.market.insurer, [cast.market.flights])
                for verdict in path { try cast.market.fixture.decide(query, verdict, by: airport) }
                #expect(cast.market.fixture.state.queries[query]?.status == status)
            }
            for verdict in QueryVerdict.allCases {
                let isAllowed = status.map { allowed[$0]?.contains(verdict) == true } ?? false
                _ = try cast.attempt("\(verdict) when \(String(describing: status))", allowed: isAllowed ? [.owner] : []) { _ in
                    verdict.statement(query)
                }
            }
        }
    }

    @Test("queries: only the buyer puts one forward in its name")
    func submissions() throws {
        let cast = try Cast()
        let (insurer, flights) = (cast.market.insurer, cast.market.flights)
        _ = try cast.attempt("submission", ExchangeFixture.accepted, allowed: [.counterparty]) {
            .querySubmission($0.submission(insurer, [flights]))
        }
    }

    @Test("runs: only the buyer of an approved query runs it; everybody else registered is told no on the record")
    func runs() throws {
        for status in QueryStatus.allCases {
            var cast = try Cast()
            let (airport, contract) = (cast.market.airport, cast.market.contract)
            let query = try cast.market.fixture.submitQuery(cast.market.insurer, [cast.market.flights])
            let path: [QueryVerdict] =
                switch status {
                case .submitted: []
                case .approved: [.approve]
                case .refused: [.refuse]
                case .revoked: [.approve, .revoke]
                }
            for verdict in path { try cast.market.fixture.decide(query, verdict, by: airport) }
            let facts = Facts.outcome(.completed(try cast.market.fixture.facts(for: query)))
            let recorded = Set(Signer.allCases).subtracting([.theOperator, .unknown])
            let events = try cast.attempt("run when \(status)", facts, allowed: recorded) { $0.request(query, [contract]) }
            for (signer, event) in events {
                let isCompleted = status == .approved && signer == .counterparty
                #expect(event.type == (isCompleted ? .runCompleted : .runRefused), "\(signer) runs when \(status)")
            }
        }
    }
}
