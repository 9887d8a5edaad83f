import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Testing

/// Random histories of the catalogue: listings, reviews, declarations, withdrawals and contracts in any order, while the
/// policy changes.
@Suite("Histories of the catalogue")
struct CatalogueHistoryTests {
    private static let historyCount = 600
    private static let stepCount = 80

    private static func play(
        _ pool: CatalogueHistoryPool, seed: UInt64, _ observe: (Event, Timestamp, ExchangeState) throws -> Void
    ) rethrows -> ExchangeState {
        var generator = FixedGenerator(seed: seed)
        var state = pool.base.state
        var time = pool.base.time.advanced(byMilliseconds: 30_000)
        for _ in 0..<stepCount {
            time = time.advanced(byMilliseconds: Int64.random(in: 0...6000, using: &generator))
            guard let event = try? state.decide(pool.next(&generator, state), at: time) else { continue }
            state.apply(event, at: time)
            try observe(event, time, state)
        }
        return state
    }

    /// What must always hold, kept from the accepted statements alone.
    private struct Model {
        let pool: CatalogueHistoryPool
        var policy = CataloguePolicy()
        /// What each version had to wait for when it was listed, and what it got.
        var needs: [Identifier: [Set<ListingStep>]] = [:]
        var approved: Set<String> = []
        var refused: Set<String> = []
        var accepted: Set<String> = []
        var declared: [String: String] = [:]
        var withdrawn: Set<Identifier> = []
        var types: [EventType: Int] = [:]

        mutating func observe(_ event: Event, _ state: ExchangeState) {
            types[event.type, default: 0] += 1
            switch event.statement.content {
            case .spacePolicy(let policy): self.policy = policy.catalogue
            case .productListing(let listing):
                let product = listing.product ?? event.statement.identifier(.product)
                #expect(!withdrawn.contains(product))
                var steps: Set<ListingStep> = policy.requireCompliance ? [.compliance] : []
                let hasPassed = (0..<(needs[product]?.count ?? 0)).contains { isInForce(product, Int64($0) + 1) }
                if policy.contentReview == .every || (policy.contentReview == .first && !hasPassed) { steps.insert(.review) }
                needs[product, default: []].append(steps)
                #expect(needs[product]?.count == Int(listing.version))
            case .catalogue(let statement): observe(statement, event)
            case .productWithdrawal(let withdrawal): #expect(withdrawn.insert(withdrawal.product).inserted)
            case .contract(let terms): check(terms)
            default: break
            }
            check(state)
        }

        private mutating func observe(_ statement: CatalogueStatement, _ event: Event) {
            let (product, version) = statement.subject
            let key = "\(product) \(version)"
            #expect(!withdrawn.contains(product) && !refused.contains(key), "\(event.type) of \(key)")
            switch statement {
            case .review(let review):
                if review.verdict == .approve { approved.insert(key) } else { refused.insert(key) }
            case .declaration: declared[key] = event.statement.payloadHash
            case .complianceReview(let review):
                #expect(review.declaration == declared[key])
                if review.verdict == .accept { accepted.insert(key) }
            case .assessment: #expect(event.actor == Event.nodeActor)
            }
        }

        func isInForce(_ product: Identifier, _ version: Int64) -> Bool {
            let key = "\(product) \(version)"
            guard let steps = needs[product]?[Int(version) - 1], !refused.contains(key) else { return false }
            return (!steps.contains(.review) || approved.contains(key)) && (!steps.contains(.compliance) || accepted.contains(key))
        }

        private func check(_ terms: ContractTerms) {
            guard let item = terms.products.first, let buyer = pool.buyers.first(where: { $0.party.identifier == terms.buyer }),
                let listing = pool.listings[item.product]?[Int(item.version) - 1]
            else { return }
            #expect(isInForce(item.product, item.version) && !withdrawn.contains(item.product))
            #expect(listing.data != nil)
            if listing.grades.contains(where: { $0.grade == "core" }) {
                #expect(buyer.type == .government && buyer.level == .county, "core data to \(buyer.party.name)")
            }
        }

        private func check(_ state: ExchangeState) {
            var owners: [ExternalIdentifier: Identifier] = [:]
            for (identifier, product) in state.products {
                for (index, version) in product.versions.enumerated() {
                    let isInForce = isInForce(identifier, Int64(index) + 1)
                    #expect((version.status == .listed) == isInForce, "\(identifier) \(index + 1)")
                    #expect((version.inForceSince != nil) == isInForce)
                    guard version.status != .refused else { continue }
                    for external in version.externalIdentifiers {
                        #expect(owners.updateValue(identifier, forKey: external) ?? identifier == identifier, "\(external) has two owners")
                    }
                }
                #expect((product.status == .withdrawn) == withdrawn.contains(identifier))
            }
            #expect(owners == state.catalogue.externalIdentifiers)
        }
    }

    /// Four parts, so that they can be played side by side.
    @Test("no identifier has two owners, no version is in force without its review, no core data goes astray", arguments: 0..<4)
    func invariants(part: UInt64) throws {
        let pool = try CatalogueHistoryPool()
        var types: [EventType: Int] = [:]
        for number in 0..<Self.historyCount {
            var model = Model(pool: pool)
            _ = Self.play(pool, seed: part * 1_000_000 + UInt64(number)) { event, _, state in model.observe(event, state) }
            types.merge(model.types, uniquingKeysWith: +)
        }
        // Histories in which nothing happens would prove nothing.
        let expected = EventType.ofCatalogue.union([.productListed, .productWithdrawn, .contractOffered, .spacePolicySet])
        #expect(Set(types.keys) == expected)
        for (type, count) in types { #expect(count > 50, "\(type) came up \(count) times") }
    }

    @Test("are told the same way from the events, from the ledger's bytes, and from a state stored on the way")
    func determinism() throws {
        let pool = try CatalogueHistoryPool()
        for seed in UInt64(0)..<40 {
            var ledger = pool.base
            var (fromEvents, fromBytes) = (ledger.state, ledger.state)
            var generator = FixedGenerator(seed: seed + 7)
            let live = try Self.play(pool, seed: seed) { event, time, _ in
                fromEvents.apply(event, at: time)
                ledger.time = time
                ledger.record(event)
                try fromBytes.replay(try LedgerEntry(try #require(ledger.lines.last)))
                if generator.once(in: 8) {
                    fromBytes = try JSONDecoder().decode(ExchangeState.self, from: try JSONEncoder().encode(fromBytes))
                }
            }
            #expect(fromEvents == live)
            #expect(fromBytes == live)
        }
    }
}
