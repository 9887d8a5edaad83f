import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Signing
import Testing

/// Budgets of private mode under runs that go on side by side, fail, and are lost with the node.
@Suite("Privacy budgets")
struct PrivacyHistoryTests {
    /// What has been spent, told from the completed runs alone and reckoned in floating point, without the rules' own account.
    struct Model {
        struct Spent {
            var buyer: Identifier
            var product: Identifier
            var day: Int
            var cost: PrivacyCost
        }

        private(set) var spent: [Spent] = []
        let terms = ExchangeFixture.privateTerms

        func costs(_ buyer: Identifier, _ product: Identifier, _ time: Timestamp) -> [PrivacyCost] {
            let period = Self.day(time) / Int(terms.periodDays)
            return spent.filter { $0.buyer == buyer && $0.product == product && $0.day / Int(terms.periodDays) == period }.map(\.cost)
        }

        /// The guarantee of so many runs together: the better of adding up ε, and of adding up ρ and turning it into ε.
        static func epsilon(_ costs: [PrivacyCost]) -> Double {
            let sum = costs.map { Double($0.epsilon) / 1000 }.reduce(0, +)
            let rho = costs.map { pow(Double($0.epsilon) / 1000, 2) / 2 }.reduce(0, +)
            let converted = rho + 2 * (rho * log(2 * pow(10, 6))).squareRoot()
            return costs.allSatisfy { $0.mechanism == .laplace } ? min(sum, converted) : converted
        }

        static func day(_ time: Timestamp) -> Int { Int(time.milliseconds / 86_400_000) }

        mutating func add(_ buyer: Identifier, _ products: [Identifier], _ cost: PrivacyCost, _ time: Timestamp) {
            for product in products { spent.append(Spent(buyer: buyer, product: product, day: Self.day(time), cost: cost)) }
        }
    }

    private struct Choice {
        var buyer: Party
        var query: Identifier
        var contract: Identifier
        var products: [Identifier]
        var cost: PrivacyCost
    }

    private struct Stage {
        var fixture: ExchangeFixture
        var choices: [Choice] = []

        init() throws {
            var market = try ProtectedMarket(seed: 11)
            let rival = try market.fixture.register("Rival", [.buyer])
            let contract = try market.fixture.contract(rival, [market.airport, market.bureau], [market.flights, market.weather], maximumRuns: 10_000)
            for (buyer, contract) in [(market.insurer, market.contract), (rival, contract)] {
                for (epsilon, mechanism, isJoint) in [
                    (50, .laplace, false), (300, .laplace, true), (900, .laplace, false), (120, .gaussian, false), (250, .laplace, true),
                ] as [(Int64, PrivacyMechanism, Bool)] {
                    let cost = try #require(PrivacyCost(epsilon: epsilon, mechanism: mechanism))
                    let products = isJoint ? [market.flights, market.weather] : [market.flights]
                    let query = try market.fixture.approved(
                        market.fixture.submission(.private, buyer, products, privacy: cost), buyer,
                        by: isJoint ? [market.airport, market.bureau] : [market.airport], text: "\(epsilon)")
                    choices.append(Choice(buyer: buyer, query: query, contract: contract, products: products, cost: cost))
                }
            }
            fixture = market.fixture
        }
    }

    /// One history: tasks are minted, runs begin, end in any order, or are lost. Gives what the rules refused at the end.
    private static func play(_ stage: Stage, seed: UInt64) throws -> (completed: Int, refusedLate: Int) {
        var generator = FixedGenerator(seed: seed)
        var fixture = stage.fixture
        var model = Model()
        var open: [(Identifier, Choice)] = []
        var running: [(SignedStatement, Choice, Facts)] = []
        var (completed, refusedLate) = (0, 0)
        for _ in 0..<70 {
            let pause = generator.once(in: 20) ? Int64.random(in: 0...400_000_000, using: &generator) : Int64.random(in: 0...20_000, using: &generator)
            fixture.time = fixture.time.advanced(byMilliseconds: pause)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                let choice = stage.choices[Int.random(in: 0..<stage.choices.count, using: &generator)]
                do {
                    open.append((try fixture.mint(choice.buyer, choice.query, [choice.contract]), choice))
                } catch let refusal as Refusal {
                    try #require([.budgetExhausted, .contractNotInForce].contains(refusal.code), "\(refusal)")
                }
            case 4..<7 where !open.isEmpty:
                let (task, choice) = open.remove(at: Int.random(in: 0..<open.count, using: &generator))
                let request = try fixture.sign(fixture.request(task: task, choice.query, [choice.contract]), by: choice.buyer.key)
                guard (try? fixture.state.authorizeRun(try fixture.command(request), at: fixture.time)) != nil else { continue }
                running.append((request, choice, try fixture.outcome(of: choice.query)))
            case 7..<9 where !running.isEmpty:
                let (request, choice, facts) = running.remove(at: Int.random(in: 0..<running.count, using: &generator))
                let time = fixture.time
                let before = choice.products.map { model.costs(choice.buyer.identifier, $0, time) }
                guard let event = try? fixture.submit(request, facts) else { continue }
                if event.type == .runCompleted {
                    completed += 1
                    model.add(choice.buyer.identifier, choice.products, choice.cost, time)
                } else if event.body["code"] == "budget-exhausted" {
                    refusedLate += 1
                    #expect(before.contains { Model.epsilon($0 + [choice.cost]) > 1.999 }, "refused though it would fit")
                }
                for product in choice.products {
                    let spent = model.costs(choice.buyer.identifier, product, time)
                    #expect(Model.epsilon(spent) <= 2 + 1e-9, "overspent: \(Model.epsilon(spent))")
                    let account = fixture.state.privacySpent(of: product, by: choice.buyer.identifier, model.terms, at: time)
                    #expect(account.runs == Int64(spent.count) && account.epsilon == spent.map(\.epsilon).reduce(0, +))
                }
            // The node is lost with what ran in it.
            case 9: if generator.once(in: 3) { running.removeAll() }
            default: break
            }
        }
        #expect(try fixture.replayed().runs == fixture.state.runs)
        return (completed, refusedLate)
    }

    @Test("are never overspent, whatever runs side by side, fails or is lost; and what fits is not refused", arguments: 0..<2)
    func histories(part: UInt64) throws {
        let stage = try Stage()
        var (completed, refusedLate) = (0, 0)
        for number in 0..<60 {
            let ends = try Self.play(stage, seed: part * 1_000_000 + UInt64(number))
            completed += ends.completed
            refusedLate += ends.refusedLate
        }
        // Histories in which nothing is refused would prove nothing.
        #expect(completed > 200, "\(completed)")
        #expect(refusedLate > 8, "\(refusedLate)")
    }

    @Test("begin anew with a period, which is the same for every contract")
    func periods() throws {
        var market = try ProtectedMarket()
        func next() -> Int64 { 30 - (market.fixture.time.milliseconds / 86_400_000) % 30 }
        for _ in 0..<2 { #expect(try market.run(.private).type == .runCompleted) }
        // A new contract begins no new period.
        let second = try market.fixture.contract(market.insurer, [market.airport], [market.flights])
        let request = market.fixture.taskRequest(try market.query(.private), [second])
        #expect(try market.fixture.refusal(of: request, by: market.insurer.key) == .budgetExhausted)
        let midnight = (market.fixture.time.milliseconds / 86_400_000 + next()) * 86_400_000
        market.fixture.time = Timestamp(milliseconds: midnight - 1)
        #expect(try market.fixture.refusal(of: request, by: market.insurer.key) == .budgetExhausted)
        market.fixture.time = Timestamp(milliseconds: midnight)
        #expect(try market.fixture.refusal(of: request, by: market.insurer.key) == nil)
    }

    @Test("record what a run spends, and take nothing else for it")
    func spending() throws {
        var market = try ProtectedMarket()
        let query = try market.query(.private)
        let task = try market.fixture.mint(market.insurer, query, [market.contract])
        let request = market.fixture.request(task: task, query, [market.contract])
        for wrong in [nil, PrivacyCost(epsilon: 799), PrivacyCost(epsilon: 800, mechanism: .gaussian)] {
            let outcome = try market.fixture.outcome(of: query) { $0.privacy = wrong }
            #expect(try market.fixture.refusal(of: request, by: market.insurer.key, outcome) == .outcomeInconsistent)
        }
        let event = try market.fixture.submit(request, by: market.insurer.key, market.fixture.outcome(of: query))
        #expect(event.body["privacy"] == ["epsilon": 800, "mechanism": "laplace", "rho": 320_000])
    }
}
