import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// Which earlier runs one is held against, so that no two answers differ by a few people.
@Suite("Runs held against earlier ones")
struct RunHistoryTests {
    /// The numbers of the entries that a task was told it would be held against.
    private static func told(_ market: inout ProtectedMarket, _ query: Identifier, _ parameters: JSONObject = [:]) throws -> [UInt64] {
        var fixture = market.fixture
        let event = try fixture.submit(market.fixture.taskRequest(query, [market.contract], parameters), by: market.insurer.key)
        return (event.body["earlierRuns"]?.arrayValue ?? []).compactMap { $0.integerValue.map(UInt64.init) }
    }

    private static func run(_ market: inout ProtectedMarket, _ query: Identifier) throws -> UInt64 {
        let seq = market.fixture.state.size + 1
        let event = try market.fixture.runTask(market.insurer, query, [market.contract])
        #expect(event.type == .runCompleted)
        return seq
    }

    @Test("a run is held against each different one before it, and a repetition against none")
    func chain() throws {
        var market = try ProtectedMarket()
        let queries = try market.otherQueries(["a", "b", "c"])
        var seqs: [UInt64] = []
        for query in queries {
            #expect(try Self.told(&market, query) == seqs)
            seqs.append(try Self.run(&market, query))
        }
        for query in queries {
            #expect(try Self.told(&market, query) == [])
            _ = try Self.run(&market, query)
        }
        let last = try market.otherQueries(["d"])[0]
        #expect(try Self.told(&market, last) == seqs, "a repetition is nothing new")
        #expect(try market.fixture.replayed() == market.fixture.state)
    }

    @Test("other values of a parameter make another run")
    func parameters() throws {
        var market = try ProtectedMarket()
        var submission = market.fixture.submission(.aggregate, market.insurer, [market.flights])
        submission.parameters = [QueryParameter(name: "a", type: .integer)]
        let query = try market.fixture.approved(submission, market.insurer, by: [market.airport], text: "p")
        let seq = market.fixture.state.size + 1
        try market.fixture.runTask(market.insurer, query, [market.contract], ["a": 1])
        #expect(try Self.told(&market, query, ["a": 1]) == [])
        #expect(try Self.told(&market, query, ["a": 2]) == [seq])
    }

    @Test("a run over two products is held against those over either, and the same text over other data is another run")
    func products() throws {
        var market = try ProtectedMarket()
        let one = try market.otherQueries(["same"])[0]
        let other = try market.otherQueries(["same"], [market.weather])[0]
        let both = try market.otherQueries(["joint"], [market.flights, market.weather])[0]
        let first = try Self.run(&market, one)
        #expect(try Self.told(&market, other) == [])
        let second = try Self.run(&market, other)
        #expect(try Self.told(&market, both) == [first, second])
        let third = try Self.run(&market, both)
        #expect(try Self.told(&market, try market.otherQueries(["next"])[0]) == [first, third])
    }

    @Test("neither refused runs nor another buyer's nor those of other modes count")
    func others() throws {
        var market = try ProtectedMarket()
        let queries = try market.otherQueries(["a", "b"])
        let task = try market.fixture.mint(market.insurer, queries[0], [market.contract])
        try market.fixture.submit(
            market.fixture.request(task: task, queries[0], [market.contract]), by: market.insurer.key,
            .outcome(.refusedBySandbox(code: "differencing", message: "")))
        try market.run(.private)
        let rival = try market.fixture.register("Rival", [.buyer])
        let contract = try market.fixture.contract(rival, [market.airport], [market.flights])
        let query = try market.fixture.approved(
            market.fixture.submission(.aggregate, rival, [market.flights]), rival, by: [market.airport], text: "r")
        try market.fixture.runTask(rival, query, [contract])
        #expect(try Self.told(&market, queries[1]) == [])
    }

    @Test("of two that were under way together, the later is held against the earlier before it is released")
    func together() throws {
        var market = try ProtectedMarket()
        let queries = try market.otherQueries(["a", "b"])
        var requests: [(SignedStatement, Facts)] = []
        for query in queries {
            let task = try market.fixture.mint(market.insurer, query, [market.contract])
            let request = try market.fixture.sign(market.fixture.request(task: task, query, [market.contract]), by: market.insurer.key)
            _ = try market.fixture.state.authorizeRun(try market.fixture.command(request), at: market.fixture.time)
            requests.append((request, try market.fixture.outcome(of: query)))
        }
        let first = market.fixture.state.size
        #expect(try market.fixture.submit(requests[0].0, requests[0].1).type == .runCompleted)
        #expect(try market.fixture.refusal(of: requests[1].0, requests[1].1) == .historyChanged)
        let authorization = try market.fixture.state.authorizeRun(try market.fixture.command(requests[1].0), at: market.fixture.time)
        #expect(authorization.earlierRuns.map(\.seq) == [first])
        let event = try market.fixture.submit(requests[1].0, try market.fixture.outcome(of: queries[1]))
        #expect(event.type == .runCompleted && event.body["comparedWith"] == [.integer(Int64(first))])
        for wrong in [[], [first], [first + 1, first], [first, first + 1, first + 2]] as [[UInt64]] {
            let query = try market.otherQueries(["c"])[0]
            let task = try market.fixture.mint(market.insurer, query, [market.contract])
            let outcome = try market.fixture.outcome(of: query) { $0.comparedWith = wrong }
            let code = try market.fixture.refusal(
                of: market.fixture.request(task: task, query, [market.contract]), by: market.insurer.key, outcome)
            #expect(code == .historyChanged)
        }
    }

    @Test("when the history is full, only what was asked before can be asked again, or a new version of the product")
    func full() throws {
        var market = try ProtectedMarket()
        var policy = SpacePolicy()
        policy.runs.maximumEarlierRuns = 2
        try market.fixture.submit(.spacePolicy(policy), by: market.fixture.operatorKey)
        let queries = try market.otherQueries(["a", "b", "c", "d"])
        for query in queries.prefix(3) { _ = try Self.run(&market, query) }
        let fourth = market.fixture.taskRequest(queries[3], [market.contract])
        #expect(try market.fixture.refusal(of: fourth, by: market.insurer.key) == .historyFull)
        for query in queries.prefix(3) { _ = try Self.run(&market, query) }
        let later = market.fixture.protectedListing(market.airport, product: market.flights, version: 2)
        try market.fixture.submit(.productListing(later), by: market.airport.key)
        var terms = try market.fixture.terms(market.insurer, [market.flights])
        terms.products[0].version = 2
        let offer = try market.fixture.sign(.contract(terms), by: market.insurer.key).signedAlso(by: market.airport.key)
        try market.fixture.submit(offer)
        var submission = market.fixture.submission(.aggregate, market.insurer, [market.flights])
        submission.tables[0].version = 2
        let query = try market.fixture.approved(submission, market.insurer, by: [market.airport], text: "d")
        #expect(try market.fixture.runTask(market.insurer, query, [offer.identifier(.contract)]).type == .runCompleted)
        policy.runs.maximumEarlierRuns = 3
        try market.fixture.submit(.spacePolicy(policy), by: market.fixture.operatorKey)
        _ = try Self.run(&market, queries[3])
    }

    @Test("a key that sees some rows only takes no part where runs are held against each other", arguments: [true, false])
    func scopes(differencing: Bool) throws {
        var market = try ProtectedMarket(differencing: differencing)
        let staff = try market.fixture.delegate(market.insurer, rowScope: [RowScope(product: nil, column: "origin", values: ["XIY"])])
        let request = market.fixture.taskRequest(try market.query(.aggregate), [market.contract])
        #expect(try market.fixture.refusal(of: request, by: staff) == (differencing ? .scopeExceeded : nil))
        let picker = try market.fixture.delegate(market.insurer, rowScope: [RowScope(product: nil, column: "person", values: ["Ada"])])
        #expect(try market.fixture.refusal(of: request, by: picker) == .scopeExceeded)
    }

    @Test("a product that does not ask for it has its runs held against nothing")
    func unwatched() throws {
        var market = try ProtectedMarket(differencing: false)
        let queries = try market.otherQueries(["a", "b"])
        _ = try Self.run(&market, queries[0])
        #expect(try Self.told(&market, queries[1]) == [])
        let task = try market.fixture.mint(market.insurer, queries[1], [market.contract])
        let outcome = try market.fixture.outcome(of: queries[1]) { $0.comparedWith = [1] }
        let request = market.fixture.request(task: task, queries[1], [market.contract])
        #expect(try market.fixture.refusal(of: request, by: market.insurer.key, outcome) == .historyChanged)
    }
}
