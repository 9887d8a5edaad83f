import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// Tasks, results, artefacts and consents: every statement, in every standing, by everybody. What must happen is written down here
/// a second time, as tables, and not taken from the rules.
@Suite("Tasks and what runs leave behind")
struct TaskStateMachineTests {
    enum Actor: CaseIterable {
        case buyer, provider, otherProvider, bystander, suspended, theOperator, dutyless, node, unknown
    }

    struct Cast {
        var market: ProtectedMarket
        let bystander: Party
        let suspended: Party
        let dutyless: SigningKey

        init() throws {
            market = try ProtectedMarket()
            bystander = try market.fixture.register("Bystander", Role.allCases)
            suspended = try market.fixture.register("Suspended", Role.allCases)
            try market.fixture.decide(suspended.identifier, .suspend)
            dutyless = try market.fixture.appoint("Clerk", [.catalogue])
        }

        func key(_ actor: Actor) throws -> SigningKey {
            switch actor {
            case .buyer: market.insurer.key
            case .provider: market.airport.key
            case .otherProvider: market.bureau.key
            case .bystander: bystander.key
            case .suspended: suspended.key
            case .theOperator: market.fixture.operatorKey
            case .dutyless: dutyless
            case .node: market.fixture.nodeKey
            case .unknown: try SigningKey.numbered(250)
            }
        }

        /// Tries a statement by everybody, each from this very state, and gives the events of those who may.
        @discardableResult
        func attempt(
            _ name: String, allowed: Set<Actor>, _ facts: Facts = .none, _ content: (ExchangeFixture) throws -> StatementContent
        ) throws -> [Event] {
            var events: [Event] = []
            for actor in Actor.allCases {
                var fixture = market.fixture
                let before = fixture.state
                do {
                    let event = try fixture.submit(try content(fixture), by: try key(actor), facts)
                    #expect(allowed.contains(actor), "\(name): accepted from \(actor)")
                    #expect(try fixture.replayed() == fixture.state)
                    events.append(event)
                } catch is Refusal {
                    #expect(!allowed.contains(actor), "\(name): refused from \(actor)")
                    #expect(fixture.state == before)
                } catch StatementError.unknownKey { #expect(actor == .unknown && fixture.state == before) }
            }
            return events
        }
    }

    private static let standings = ["absent", "open", "used", "cancelled", "expired"]

    /// A task of the buyer in a standing.
    private static func task(_ standing: String, _ cast: inout Cast) throws -> Identifier {
        guard standing != "absent" else { return Identifier(kind: .task, prefix: ExchangeFixture.prefix, payload: [9]) }
        let market = cast.market
        let query = try market.query(.aggregate)
        let task = try cast.market.fixture.mint(market.insurer, query, [market.contract])
        switch standing {
        case "used":
            let request = cast.market.fixture.request(task: task, query, [market.contract])
            try cast.market.fixture.submit(request, by: market.insurer.key, cast.market.fixture.outcome(of: query))
        case "cancelled":
            let end = TaskCancellation(task: task, reason: "")
            try cast.market.fixture.submit(.run(.taskCancellation(end)), by: market.airport.key)
        case "expired": cast.market.fixture.time = cast.market.fixture.time.advanced(byMilliseconds: 24 * 3_600_000)
        default: break
        }
        #expect(cast.market.fixture.state.runs.tasks[task]?.standing(at: cast.market.fixture.time) == standing)
        return task
    }

    @Test("tasks: minted by the buyer, ended by whoever has a say, used once", arguments: standings)
    func tasks(standing: String) throws {
        var cast = try Cast()
        let task = try Self.task(standing, &cast)
        let (market, query) = (cast.market, try cast.market.query(.aggregate))
        try cast.attempt("minting", allowed: [.buyer]) { $0.taskRequest(query, [market.contract]) }
        let enders: Set<Actor> = standing == "open" ? [.buyer, .provider, .theOperator] : []
        let ends = try cast.attempt("cancelling when \(standing)", allowed: enders) { _ in
            .run(.taskCancellation(TaskCancellation(task: task, reason: "over")))
        }
        #expect(ends.allSatisfy { $0.type == .taskCancelled && $0.subject == task.text })
        // Whoever is registered is told no on the record.
        let facts = try cast.market.fixture.outcome(of: query)
        let runs = try cast.attempt(
            "running when \(standing)", allowed: [.buyer, .provider, .otherProvider, .bystander, .suspended], facts
        ) { $0.request(task: task, query, [market.contract]) }
        let completed = runs.filter { $0.type == .runCompleted }
        #expect(completed.count == (standing == "open" ? 1 : 0), "\(standing)")
        #expect(completed.allSatisfy { $0.actor == market.insurer.identifier.text && $0.body["task"] == .string(task.text) })
    }

    @Test("a task binds query, contracts, parameters and time, and a refused run does not use it up")
    func binding() throws {
        var market = try ProtectedMarket()
        let typed = [QueryParameter(name: "a", type: .integer), QueryParameter(name: "b", type: .text)]
        var submission = market.fixture.submission(.aggregate, market.insurer, [market.flights])
        submission.parameters = typed
        let query = try market.fixture.approved(submission, market.insurer, by: [market.airport], text: "with parameters")
        let second = try market.fixture.contract(market.insurer, [market.airport], [market.flights])
        let task = try market.fixture.mint(market.insurer, query, [market.contract], ["a": 1, "b": "x"])
        func code(_ request: StatementContent) throws -> String? {
            var fixture = market.fixture
            let event = try fixture.submit(request, by: market.insurer.key, .outcome(.refusedByRules))
            return event.body["code"]?.stringValue
        }
        let fixture = market.fixture
        let other = try market.query(.aggregate)
        #expect(try code(fixture.request(task: task, other, [market.contract], ["a": 1, "b": "x"])) == "task-differs")
        #expect(try code(fixture.request(task: task, query, [second], ["a": 1, "b": "x"])) == "task-differs")
        #expect(try code(fixture.request(task: task, query, [market.contract], ["a": 2, "b": "x"])) == "task-differs")
        #expect(try code(fixture.request(task: task, query, [market.contract], ["a": 1])) == "task-differs")
        let failed = Facts.outcome(.refusedBySandbox(code: "time-limit", message: ""))
        try market.fixture.submit(fixture.request(task: task, query, [market.contract], ["a": 1, "b": "x"]), by: market.insurer.key, failed)
        #expect(market.fixture.state.runs.tasks[task]?.status == .open)
        // The order in which the values are written down says nothing.
        let request = fixture.request(task: task, query, [market.contract], ["b": "x", "a": 1])
        let outcome = try market.fixture.outcome(of: query, parameters: ["a": 1, "b": "x"])
        #expect(try market.fixture.submit(request, by: market.insurer.key, outcome).type == .runCompleted)
        #expect(market.fixture.state.runs.tasks[task]?.status == .used)
    }

    @Test("a task ends at its deadline to the millisecond, and a deadline lies within a task's life")
    func deadlines() throws {
        let base = try ProtectedMarket()
        let query = try base.query(.aggregate)
        for (offset, isAllowed) in [(0, false), (-1, false), (1, true), (86_400_000, true), (86_400_001, false)] as [(Int64, Bool)] {
            var market = base
            let deadline = market.fixture.time.advanced(byMilliseconds: offset)
            let request = market.fixture.taskRequest(query, [market.contract], deadline: deadline)
            #expect((try market.fixture.refusal(of: request, by: market.insurer.key) == nil) == isAllowed, "\(offset)")
        }
        for (late, type) in [(0, EventType.runCompleted), (1, .runRefused)] as [(Int64, EventType)] {
            var market = base
            let deadline = market.fixture.time.advanced(byMilliseconds: 60_000)
            let task = try market.fixture.mint(market.insurer, query, [market.contract], deadline: deadline)
            market.fixture.time = deadline.advanced(byMilliseconds: late)
            let request = market.fixture.request(task: task, query, [market.contract])
            let event = try market.fixture.submit(request, by: market.insurer.key, market.fixture.outcome(of: query))
            #expect(event.type == type)
        }
    }

    @Test("a result is sealed where its task asks for it, and nowhere else", arguments: [true, false])
    func sealing(isSealed: Bool) throws {
        var market = try ProtectedMarket()
        let query = try market.query(.aggregate)
        let task = try market.fixture.mint(market.insurer, query, [market.contract], isSealed: isSealed)
        let request = market.fixture.request(task: task, query, [market.contract])
        let digest = SHA256.hash("sealed".utf8).description
        let wrong = try market.fixture.outcome(of: query) { $0.sealed = isSealed ? nil : digest }
        #expect(try market.fixture.refusal(of: request, by: market.insurer.key, wrong) == .outcomeInconsistent)
        let right = try market.fixture.outcome(of: query) { $0.sealed = isSealed ? digest : nil }
        let event = try market.fixture.submit(request, by: market.insurer.key, right)
        #expect(event.body["sealed"] == (isSealed ? .string(digest) : nil))
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("no task is used twice, however long after, and what is over is forgotten")
    func forgetting() throws {
        var market = try ProtectedMarket()
        let query = try market.query(.aggregate)
        let task = try market.fixture.mint(market.insurer, query, [market.contract])
        let start = market.fixture.time
        let outcome = try market.fixture.outcome(of: query)
        try market.fixture.submit(market.fixture.request(task: task, query, [market.contract]), by: market.insurer.key, outcome)
        for hours in Int64(0)...48 {
            market.fixture.time = max(market.fixture.time, start.advanced(byMilliseconds: hours * 3_600_000))
            let again = market.fixture.request(task: task, query, [market.contract])
            let event = try market.fixture.submit(again, by: market.insurer.key, outcome)
            #expect(event.type == .runRefused && ["task-used", "not-found"].contains(event.body["code"]?.stringValue), "after \(hours) hours")
        }
        #expect(market.fixture.state.runs.tasks.isEmpty)
        #expect(market.fixture.state.runs.openTaskCount(of: market.insurer.identifier, at: market.fixture.time) == 0)
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("results: destroyed by the node alone, once, and not as outdated before their time")
    func results() throws {
        var cast = try Cast()
        let run = try Identifier(try cast.market.run(.metrics).subject)
        func destruction(_ ground: DestructionGround) -> StatementContent {
            .run(.destruction(ResultDestruction(run: run, ground: ground)))
        }
        try cast.attempt("retention before its time", allowed: []) { _ in destruction(.retention) }
        let events = try cast.attempt("request", allowed: [.node]) { _ in destruction(.request) }
        #expect(events.first?.body["artefacts"] == ["weights"])
        cast.market.fixture.time = cast.market.fixture.time.advanced(byMilliseconds: 30 * 86_400_000)
        try cast.attempt("retention", allowed: [.node]) { _ in destruction(.retention) }
        try cast.market.fixture.submit(destruction(.retention), by: cast.market.fixture.nodeKey)
        #expect(cast.market.fixture.state.runs.results[run] == nil)
        #expect(cast.market.fixture.state.runs.artefacts.values.map(\.status) == [.destroyed])
        try cast.attempt("a second time", allowed: []) { _ in destruction(.request) }
        try cast.attempt("release of what was destroyed", allowed: []) { $0.artefactDecision(run, .release) }
    }

    @Test("artefacts: held until every provider has released them or one has refused", arguments: ArtefactVerdict.allCases)
    func artefacts(first: ArtefactVerdict) throws {
        var cast = try Cast()
        let run = try Identifier(try cast.market.run(.metrics).subject)
        let key = ArtefactKey(run: run, name: "weights")
        func status() -> ArtefactStatus? { cast.market.fixture.state.runs.artefacts[key]?.status }
        for verdict in ArtefactVerdict.allCases {
            try cast.attempt("\(verdict) when held", allowed: [.provider, .otherProvider]) { $0.artefactDecision(run, verdict) }
        }
        try cast.attempt("another artefact", allowed: []) { $0.artefactDecision(run, .release, artefact: "other") }
        let event = try cast.market.fixture.submit(cast.market.fixture.artefactDecision(run, first), by: cast.market.airport.key)
        #expect(event.body["complete"] == (first == .release ? false : nil))
        #expect(status() == (first == .release ? .held : .refused))
        try cast.attempt("release after one \(first)", allowed: first == .release ? [.otherProvider] : []) { $0.artefactDecision(run, .release) }
        try cast.attempt("refusal after one \(first)", allowed: first == .release ? [.provider, .otherProvider] : []) {
            $0.artefactDecision(run, .refuse)
        }
        guard first == .release else { return }
        let last = try cast.market.fixture.submit(cast.market.fixture.artefactDecision(run, .release), by: cast.market.bureau.key)
        #expect(last.body["complete"] == true && status() == .released)
        for verdict in ArtefactVerdict.allCases { try cast.attempt("\(verdict) when released", allowed: []) { $0.artefactDecision(run, verdict) } }
    }

    @Test("consents: given and ended by the product's provider, and in force for so long only")
    func consents() throws {
        var cast = try Cast()
        let (market, query) = (cast.market, try cast.market.query(.match))
        func asking(_ fixture: ExchangeFixture) -> StatementContent {
            fixture.taskRequest(query, [market.contract], market.parameters(.match))
        }
        try cast.attempt("asking without consent", allowed: []) { asking($0) }
        try cast.attempt("ending nothing", allowed: []) { $0.consentEnd(market.flights, market.insurer) }
        try cast.attempt("giving", allowed: [.provider]) { $0.consent(market.flights, market.insurer) }
        try cast.attempt("giving to nobody", allowed: []) { $0.consent(market.flights, market.bureau) }
        try cast.market.fixture.submit(cast.market.fixture.consent(market.flights, market.insurer), by: market.airport.key)
        try cast.attempt("asking with consent", allowed: [.buyer]) { asking($0) }
        try cast.attempt("giving anew", allowed: [.provider]) { $0.consent(market.flights, market.insurer, days: 60) }
        try cast.attempt("ending", allowed: [.provider]) { $0.consentEnd(market.flights, market.insurer) }
        try cast.attempt("ending another's", allowed: []) { $0.consentEnd(market.flights, market.insurer, "Bob") }
        var over = cast
        over.market.fixture.time = over.market.fixture.time.advanced(byMilliseconds: 30 * 86_400_000)
        try over.attempt("asking after its time", allowed: []) { asking($0) }
        try over.attempt("ending after its time", allowed: []) { $0.consentEnd(market.flights, market.insurer) }
        let given = try cast.market.fixture.sign(cast.market.fixture.consent(market.flights, market.insurer), by: market.airport.key)
        try cast.market.fixture.submit(cast.market.fixture.consentEnd(market.flights, market.insurer), by: market.airport.key)
        try cast.attempt("asking after its end", allowed: []) { asking($0) }
        // A word from before the end does not bring the consent back.
        #expect(try cast.market.fixture.refusal(of: given) == .staleDecision)
        try cast.attempt("giving again", allowed: [.provider]) { $0.consent(market.flights, market.insurer) }
        #expect(try cast.market.fixture.replayed() == cast.market.fixture.state)
    }
}
