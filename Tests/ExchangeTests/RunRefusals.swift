import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// Each way in which the rules of tasks and of what runs leave behind refuse, by the steps that lead to it.
enum RunRefusals {
    /// The steps play in a market of protected data, which takes the place of the one that is handed in.
    private static func inProtected(
        differencing: Bool = true, _ steps: @escaping @Sendable (inout ProtectedMarket) throws -> RefusalCode?
    ) -> RefusalTests.Case {
        { market in
            var protected = try ProtectedMarket(differencing: differencing)
            let code = try steps(&protected)
            market.fixture = protected.fixture
            return code
        }
    }

    /// With which code a run is recorded as refused by the rules.
    private static func recorded(_ market: inout ProtectedMarket, _ request: StatementContent) throws -> RefusalCode? {
        let event = try market.fixture.submit(request, by: market.insurer.key, .outcome(.refusedByRules))
        return event.type == .runRefused ? event.body["code"]?.stringValue.flatMap(RefusalCode.init) : nil
    }

    private static func task(_ market: inout ProtectedMarket, _ mode: QueryMode = .aggregate) throws -> Identifier {
        try market.fixture.mint(market.insurer, market.query(mode), [market.contract], market.parameters(mode))
    }

    static let cases: [RefusalCode: RefusalTests.Case] = [
        .taskMissing: inProtected { market in
            try recorded(&market, market.fixture.request(try market.query(.aggregate), [market.contract]))
        },
        .taskDiffers: inProtected { market in
            let task = try task(&market)
            return try recorded(&market, market.fixture.request(task: task, try market.query(.private), [market.contract]))
        },
        .taskUsed: inProtected { market in
            let task = try task(&market)
            let request = market.fixture.request(task: task, try market.query(.aggregate), [market.contract])
            try market.fixture.submit(request, by: market.insurer.key, market.fixture.outcome(of: market.query(.aggregate)))
            return try recorded(&market, request)
        },
        .taskCancelled: inProtected { market in
            let task = try task(&market)
            try market.fixture.submit(.run(.taskCancellation(TaskCancellation(task: task, reason: ""))), by: market.insurer.key)
            return try recorded(&market, market.fixture.request(task: task, try market.query(.aggregate), [market.contract]))
        },
        .taskExpired: inProtected { market in
            let task = try task(&market)
            market.fixture.time = market.fixture.time.advanced(byMilliseconds: 86_400_000)
            return try recorded(&market, market.fixture.request(task: task, try market.query(.aggregate), [market.contract]))
        },
        .tasksTooMany: inProtected { market in
            var policy = SpacePolicy()
            policy.runs.maximumOpenTasks = 2
            try market.fixture.submit(.spacePolicy(policy), by: market.fixture.operatorKey)
            _ = try (task(&market), task(&market))
            let third = market.fixture.taskRequest(try market.query(.aggregate), [market.contract])
            return try market.fixture.refusal(of: third, by: market.insurer.key)
        },
        .historyFull: inProtected { market in
            var policy = SpacePolicy()
            policy.runs.maximumEarlierRuns = 1
            try market.fixture.submit(.spacePolicy(policy), by: market.fixture.operatorKey)
            let queries = try market.otherQueries(["a", "b", "c"])
            for query in queries.prefix(2) { try market.fixture.runTask(market.insurer, query, [market.contract]) }
            return try market.fixture.refusal(of: market.fixture.taskRequest(queries[2], [market.contract]), by: market.insurer.key)
        },
        .historyChanged: inProtected { market in
            let task = try task(&market)
            let outcome = try market.fixture.outcome(of: try market.query(.aggregate))
            let other = try market.otherQueries(["another"])[0]
            try market.fixture.runTask(market.insurer, other, [market.contract])
            let request = market.fixture.request(task: task, try market.query(.aggregate), [market.contract])
            return try market.fixture.refusal(of: request, by: market.insurer.key, outcome)
        },
        .privacyCostTooHigh: inProtected { market in
            let dear = market.fixture.submission(.private, market.insurer, [market.flights], privacy: PrivacyCost(epsilon: 1001))
            return try market.fixture.refusal(of: .querySubmission(dear), by: market.insurer.key, ExchangeFixture.accepted)
        },
        .budgetExhausted: inProtected { market in
            // ε 0.8 fits twice into 2.
            let late = try task(&market, .private)
            try market.run(.private)
            try market.run(.private)
            return try recorded(&market, market.fixture.request(task: late, try market.query(.private), [market.contract]))
        },
        .consentMissing: inProtected { market in
            let request = market.fixture.taskRequest(try market.query(.match), [market.contract], market.parameters(.match))
            return try market.fixture.refusal(of: request, by: market.insurer.key)
        },
        .matchLimitReached: inProtected { market in
            try market.fixture.submit(market.fixture.consent(market.flights, market.insurer), by: market.airport.key)
            try market.run(.match)
            try market.run(.match)
            let request = market.fixture.taskRequest(try market.query(.match), [market.contract], market.parameters(.match))
            return try market.fixture.refusal(of: request, by: market.insurer.key)
        },
        .programNotAllowed: inProtected { market in
            var submission = market.fixture.submission(.metrics, market.insurer, [market.flights])
            submission.program?.runtime = .executable
            return try market.fixture.refusal(of: .querySubmission(submission), by: market.insurer.key, ExchangeFixture.accepted)
        },
        .artefactDiffers: inProtected { market in
            let run = try Identifier(try market.run(.metrics).subject)
            let other = SHA256.hash("another file".utf8).description
            return try market.fixture.refusal(of: market.fixture.artefactDecision(run, .release, sha256: other), by: market.airport.key)
        },
    ]
}
