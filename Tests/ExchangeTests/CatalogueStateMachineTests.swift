import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// Every statement about a product, in every standing of it, by every kind of signer. What must happen is written down
/// here a second time, as a table, and not taken from the rules.
@Suite("State machine of the catalogue")
struct CatalogueStateMachineTests {
    enum Signer: CaseIterable {
        case root, reviewer, registrar, owner, otherProvider, buyer, regulator, suspended, applicant, node, stranger
    }

    enum Action: CaseIterable {
        case newVersion, withdraw, approve, refuse, declare, accept, reject, assess

        /// Who may do it at all.
        var signers: Set<Signer> {
            switch self {
            case .newVersion, .withdraw, .declare: [.owner]
            case .approve, .refuse, .accept, .reject: [.root, .reviewer]
            case .assess: [.node]
            }
        }
    }

    /// How a product came to stand where it stands: the steps from its first listing, under a policy that asks for review
    /// and compliance; and what each action leads to then, if it is allowed.
    struct Standing {
        let name: String
        var path: [Action]
        var isListed = true
        var hasPolicy = true
        let next: [Action: ProductStatus]
    }

    private static let standings: [Standing] = [
        Standing(name: "unknown", path: [], isListed: false, next: [:]),
        Standing(
            name: "submitted", path: [],
            next: [
                .newVersion: .submitted, .withdraw: .withdrawn, .approve: .submitted, .refuse: .refused, .declare: .submitted,
                .assess: .submitted,
            ]),
        Standing(
            name: "submitted and declared", path: [.declare],
            next: [
                .newVersion: .submitted, .withdraw: .withdrawn, .approve: .submitted, .refuse: .refused, .declare: .submitted,
                .accept: .submitted, .reject: .submitted, .assess: .submitted,
            ]),
        Standing(
            name: "submitted and rejected", path: [.declare, .reject],
            next: [
                .newVersion: .submitted, .withdraw: .withdrawn, .approve: .submitted, .refuse: .refused, .declare: .submitted,
                .assess: .submitted,
            ]),
        Standing(
            name: "approved, not declared", path: [.approve],
            next: [.newVersion: .submitted, .withdraw: .withdrawn, .declare: .submitted, .assess: .submitted]),
        Standing(
            name: "approved and declared", path: [.approve, .declare],
            next: [
                .newVersion: .submitted, .withdraw: .withdrawn, .declare: .submitted, .accept: .listed, .reject: .submitted,
                .assess: .submitted,
            ]),
        Standing(
            name: "accepted, not approved", path: [.declare, .accept],
            next: [
                .newVersion: .submitted, .withdraw: .withdrawn, .approve: .listed, .refuse: .refused, .assess: .submitted,
            ]),
        Standing(
            name: "listed after review", path: [.approve, .declare, .accept],
            next: [.newVersion: .listed, .withdraw: .withdrawn, .assess: .listed]),
        Standing(
            name: "listed without review", path: [], hasPolicy: false,
            next: [.newVersion: .listed, .withdraw: .withdrawn, .declare: .listed, .assess: .listed]),
        Standing(
            name: "listed without review, declared", path: [.declare], hasPolicy: false,
            next: [
                .newVersion: .listed, .withdraw: .withdrawn, .declare: .listed, .accept: .listed, .reject: .listed,
                .assess: .listed,
            ]),
        Standing(name: "refused", path: [.refuse], next: [.newVersion: .submitted]),
        Standing(name: "withdrawn before review", path: [.withdraw], next: [:]),
        Standing(name: "withdrawn", path: [.approve, .declare, .accept, .withdraw], next: [:]),
    ]

    /// Somebody in every standing, and a product in one.
    private struct Stage {
        var fixture: ExchangeFixture
        var keys: [Signer: SigningKey] = [:]
        var product = Identifier(kind: .product, prefix: ExchangeFixture.prefix, payload: [9])
        let owner: Party

        init(_ standing: Standing) throws {
            var fixture = try ExchangeFixture()
            keys[.root] = fixture.operatorKey
            keys[.reviewer] = try fixture.appoint("Reviewer", [.catalogue])
            keys[.registrar] = try fixture.appoint("Registrar", Set(OperatorDuty.allCases).subtracting([.catalogue]))
            owner = try fixture.register("Owner", [.provider])
            keys[.owner] = owner.key
            keys[.otherProvider] = try fixture.register("Other", Role.allCases).key
            keys[.buyer] = try fixture.register("Buyer", [.buyer]).key
            keys[.regulator] = try fixture.register("Regulator", [.regulator]).key
            let suspended = try fixture.register("Suspended", Role.allCases)
            try fixture.decide(suspended.identifier, .suspend)
            keys[.suspended] = suspended.key
            keys[.applicant] = try fixture.apply("Applicant", Role.allCases).key
            keys[.node] = fixture.nodeKey
            keys[.stranger] = try SigningKey.numbered(200)
            if standing.hasPolicy { try fixture.setCatalogue { $0.contentReview = .every; $0.requireCompliance = true } }
            self.fixture = fixture
            guard standing.isListed else { return }
            product = try Identifier(try self.fixture.submit(.productListing(fixture.listing(owner)), by: owner.key).subject)
            for action in standing.path {
                let signer: Signer = action.signers.contains(.root) ? .root : action.signers.first ?? .root
                try self.fixture.submit(content(action), by: try #require(keys[signer]))
            }
        }

        func content(_ action: Action) -> StatementContent {
            switch action {
            case .newVersion: .productListing(fixture.listing(owner, product: product, version: 2))
            case .withdraw: .productWithdrawal(ProductWithdrawal(product: product, reason: "old"))
            case .approve: fixture.review(product, .approve)
            case .refuse: fixture.review(product, .refuse)
            case .declare: fixture.declaration(product)
            case .accept: fixture.complianceReview(product, .accept)
            case .reject: fixture.complianceReview(product, .reject)
            case .assess: .catalogue(.assessment(fixture.assessment(product)))
            }
        }
    }

    @Test("takes every step of the table by whom it names, and no other step by anybody", arguments: 0..<13)
    func everyStep(number: Int) throws {
        #expect(Self.standings.count == 13)
        let standing = Self.standings[number]
        let stage = try Stage(standing)
        for action in Action.allCases {
            for signer in Signer.allCases {
                var fixture = stage.fixture
                let isAllowed = standing.next[action] != nil && action.signers.contains(signer)
                let place = "\(action) by \(signer) when \(standing.name)"
                do {
                    try fixture.submit(stage.content(action), by: try #require(stage.keys[signer]))
                    #expect(isAllowed, "\(place): accepted")
                    #expect(fixture.state.products[stage.product]?.status == standing.next[action], "\(place)")
                } catch is Refusal {
                    #expect(!isAllowed, "\(place): refused")
                    #expect(fixture.state == stage.fixture.state)
                } catch StatementError.unknownKey {
                    #expect(signer == .stranger, "\(place): unknown")
                }
            }
        }
        #expect(try stage.fixture.replayed() == stage.fixture.state)
    }

    @Test("wants two operators where the policy says so, and takes the two")
    func dualControl() throws {
        var stage = try Stage(Self.standings[1])
        try stage.fixture.setPolicy { $0.identity.dualControl = [.catalogue] }
        let content = stage.content(.approve)
        let root = stage.fixture.operatorKey
        let reviewer = try #require(stage.keys[.reviewer])
        #expect(try stage.fixture.refusal(of: content, by: root) == .secondOperatorNeeded)
        try stage.fixture.submit(content, by: [root, reviewer])
        #expect(stage.fixture.state.products[stage.product]?.version(1)?.awaits == [.compliance])
        #expect(try stage.fixture.replayed() == stage.fixture.state)
    }
}
