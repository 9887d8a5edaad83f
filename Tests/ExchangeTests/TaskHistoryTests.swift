import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// Random histories of tasks and what runs leave behind: minted, cancelled, used, left to expire; runs side by side, failed, lost.
@Suite("Histories of tasks")
struct TaskHistoryTests {
    private struct Stage {
        var market: ProtectedMarket
        var queries: [(query: Identifier, mode: QueryMode)] = []
        var known: [Identifier: (mode: QueryMode, products: Set<Identifier>)] = [:]

        init() throws {
            market = try ProtectedMarket(seed: 21)
            for products in [[market.flights], [market.flights], [market.weather], [market.flights, market.weather]] {
                let query = try market.otherQueries(["query \(known.count)"], products)[0]
                queries.append((query, .aggregate))
                known[query] = (.aggregate, Set(products))
            }
            for mode in [QueryMode.match, .metrics] {
                queries.append((try market.query(mode), mode))
                known[try market.query(mode)] = (mode, [])
            }
        }
    }

    private struct Running {
        var request: SignedStatement
        var outcome: Facts
    }

    /// One history, as far as it has come.
    private struct Play {
        let stage: Stage
        var fixture: ExchangeFixture
        var model: TaskHistoryModel
        var generator: FixedGenerator
        var minted: [(task: Identifier, query: Identifier, mode: QueryMode, parameters: JSONObject)] = []
        var running: [Running] = []
        var runs: [Identifier] = []

        init(_ stage: Stage, seed: UInt64) {
            (self.stage, fixture) = (stage, stage.market.fixture)
            model = TaskHistoryModel(stage.known)
            generator = FixedGenerator(seed: seed)
        }

        mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

        /// Records a statement if the rules take it, and tells the model.
        @discardableResult
        mutating func submit(_ statement: SignedStatement, _ facts: Facts = .none) throws -> Event? {
            let (seq, time) = (fixture.state.size, fixture.time)
            do {
                let event = try fixture.submit(statement, facts)
                model.observe(event, seq: seq, at: time)
                return event
            } catch is Refusal { return nil }
        }

        mutating func submit(_ content: StatementContent, by key: SigningKey) throws {
            try submit(try fixture.sign(content, by: key))
        }

        mutating func step() throws {
            let pause = generator.once(in: 25) ? Int64(pick(60_000_000)) : Int64(pick(20_000))
            fixture.time = fixture.time.advanced(byMilliseconds: pause)
            let market = stage.market
            let subject = ["Ada", "Bob"][pick(2)]
            switch pick(14) {
            case 0..<4: try mint(subject)
            case 4..<7: try begin()
            case 7..<10: try end()
            case 10 where !minted.isEmpty:
                let task = minted[pick(minted.count)].task
                let key = [market.insurer.key, market.airport.key, market.fixture.operatorKey][pick(3)]
                try submit(.run(.taskCancellation(TaskCancellation(task: task, reason: ""))), by: key)
            case 11: try submit(fixture.consent(market.flights, market.insurer, subject, days: 1), by: market.airport.key)
            case 12:
                if generator.once(in: 3) { try submit(fixture.consentEnd(market.flights, market.insurer, subject), by: market.airport.key) }
            default: try decide()
            }
        }

        private mutating func mint(_ subject: String) throws {
            let (query, mode) = stage.queries[pick(stage.queries.count)]
            let parameters: JSONObject = mode == .match ? ["subject": .string(ExchangeFixture.token(subject))] : [:]
            let deadline = generator.once(in: 4) ? fixture.time.advanced(byMilliseconds: 30_000) : nil
            let request = fixture.taskRequest(query, [stage.market.contract], parameters, deadline: deadline)
            guard let event = try submit(try fixture.sign(request, by: stage.market.insurer.key)) else { return }
            minted.append((try Identifier(event.subject), query, mode, parameters))
        }

        /// Begins a run of some task, whatever became of it.
        private mutating func begin() throws {
            guard !minted.isEmpty else { return }
            let (task, query, _, parameters) = minted[pick(minted.count)]
            let request = try fixture.sign(
                fixture.request(task: task, query, [stage.market.contract], parameters), by: stage.market.insurer.key)
            let outcome = try fixture.outcome(of: query, parameters: parameters)
            running.append(Running(request: request, outcome: outcome))
        }

        private mutating func end() throws {
            guard !running.isEmpty else { return }
            if generator.once(in: 15) { return running.removeAll() }
            let run = running.remove(at: pick(running.count))
            let failed = Facts.outcome(.refusedBySandbox(code: "time-limit", message: ""))
            let event = try submit(run.request, generator.once(in: 8) ? failed : run.outcome)
            if let event, event.type == .runCompleted, event.body["artefacts"] != nil { runs.append(try Identifier(event.subject)) }
        }

        private mutating func decide() throws {
            guard !runs.isEmpty else { return }
            let run = runs[pick(runs.count)]
            let provider = [stage.market.airport, stage.market.bureau][pick(2)]
            try submit(fixture.artefactDecision(run, generator.once(in: 5) ? .refuse : .release), by: provider.key)
        }
    }

    @Test("use every task once at most and in time, hold every run against the right ones, and answer with consent only", arguments: 0..<2)
    func histories(part: UInt64) throws {
        let stage = try Stage()
        var counts: [String: Int] = [:]
        for number in 0..<50 {
            var play = Play(stage, seed: part * 1_000_000 + UInt64(number))
            for _ in 0..<90 { try play.step() }
            counts.merge(play.model.counts, uniquingKeysWith: +)
            if number < 8 { #expect(try play.fixture.replayed() == play.fixture.state) }
        }
        // Histories in which nothing happens would prove nothing.
        for (name, least) in [
            "task.minted": 500, "run.completed": 120, "task.cancelled": 50, "artefact.released": 20, "artefact.refused": 3,
            "consent.given": 50, "consent.ended": 10, "task-used": 20, "task-cancelled": 3, "task-expired": 3,
        ] { #expect((counts[name] ?? 0) >= least, "\(name): \(counts[name] ?? 0)") }
    }
}
