import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@testable import Audit

/// What the auditor makes of tasks, artefacts, consents and privacy budgets, with books of its own.
@Suite struct RunBooksTests {
    private static func reconcile(_ fixture: ExchangeFixture) throws -> Reconciliation {
        let reconciler = Reconciler()
        for line in fixture.lines { reconciler.take(try LedgerEntry(line)) }
        return reconciler.conclude(AuditReport(source: "", isChainOnly: false))
    }

    /// Records a completed run as a lying node might, without asking the rules.
    private static func force(
        _ fixture: inout ExchangeFixture, _ content: StatementContent, by party: Party, like honest: Event,
        _ change: (inout JSONObject) -> Void = { _ in }
    ) throws {
        let statement = try fixture.sign(content, by: party.key)
        var body = honest.body
        change(&body)
        fixture.record(
            Event(
                type: .runCompleted, subject: statement.identifier(.run).text, actor: party.identifier.text, body: body,
                statement: statement))
    }

    @Test func anHonestLedgerHasNoDifferencesAndItsSpendingIsAddedUp() throws {
        let story = try RunsStory()
        let result = try Self.reconcile(story.fixture)
        #expect(result.differences == [])
        let key = Reconciliation.PrivacyAccountKey(buyer: story.market.insurer.identifier.text, product: story.market.flights.text)
        #expect(result.privacy == [key: Reconciliation.PrivacyUse(runs: 1, epsilon: 800)])
        #expect(result.json["privacy"]?.arrayValue?.first?["epsilonThousandths"] == 800)
    }

    @Test func aRunWithoutItsTaskIsFound() throws {
        var market = try ProtectedMarket()
        let query = try market.query(.aggregate)
        let honest = try market.run(.aggregate)
        guard case .runRequest(let used) = honest.statement.content, let task = used.task else { return #expect(Bool(false)) }
        let nothing = Identifier(kind: .task, prefix: ExchangeFixture.prefix, payload: [1])
        let cancelled = try market.fixture.mint(market.insurer, query, [market.contract])
        try market.fixture.submit(.run(.taskCancellation(TaskCancellation(task: cancelled, reason: ""))), by: market.airport.key)
        let open = try market.fixture.mint(market.insurer, query, [market.contract])
        let fixture = market.fixture
        let lies: [(StatementContent, Int64)] = [
            (fixture.request(query, [market.contract]), 0), (fixture.request(task: task, query, [market.contract]), 0),
            (fixture.request(task: nothing, query, [market.contract]), 0), (fixture.request(task: cancelled, query, [market.contract]), 0),
            (fixture.request(task: open, query, [market.contract], ["a": 1]), 0),
            (fixture.request(task: open, query, [market.contract]), 86_400_000),
        ]
        for (request, late) in lies {
            var fixture = market.fixture
            fixture.time = fixture.time.advanced(byMilliseconds: late)
            try Self.force(&fixture, request, by: market.insurer, like: honest)
            #expect(try Self.reconcile(fixture).differences.map(\.rule) == [.task], "\(request)")
        }
        var honestFixture = market.fixture
        try Self.force(&honestFixture, fixture.request(task: open, query, [market.contract]), by: market.insurer, like: honest)
        #expect(try Self.reconcile(honestFixture).differences == [])
    }

    @Test func aBudgetThatIsOverspentIsFoundWhateverTheNodeSays() throws {
        var market = try ProtectedMarket()
        let query = try market.query(.private)
        let tasks = try (0..<2).map { _ in try market.fixture.mint(market.insurer, query, [market.contract]) }
        let honest = try market.run(.private)
        let free = try market.fixture.mint(market.insurer, query, [market.contract])
        func request(_ task: Identifier) -> StatementContent { market.fixture.request(task: task, query, [market.contract]) }
        var fixture = market.fixture
        try Self.force(&fixture, request(tasks[0]), by: market.insurer, like: honest)
        #expect(try Self.reconcile(fixture).differences == [])
        try Self.force(&fixture, request(tasks[1]), by: market.insurer, like: honest)
        #expect(try Self.reconcile(fixture).differences.map(\.rule) == [.budget])
        for lie in [nil, ["epsilon": 1, "mechanism": "laplace", "rho": 1]] as [JSONValue?] {
            var fixture = market.fixture
            try Self.force(&fixture, request(free), by: market.insurer, like: honest) { $0["privacy"] = lie }
            #expect(try Self.reconcile(fixture).differences.map(\.rule) == [.budget])
        }
    }

    @Test func theBooksAgreeWithTheRulesOnWhatABudgetAllows() throws {
        // Many runs of one cost: the rules' whole numbers may stop earlier than the papers' formulas, never later.
        for (cost, mechanism) in [(10, .laplace), (37, .laplace), (10, .gaussian), (400, .gaussian)] as [(Int64, PrivacyMechanism)] {
            let spending = try #require(PrivacyCost(epsilon: cost, mechanism: mechanism))
            let budget = try #require(ExchangeFixture.privateTerms.budget)
            var account = PrivacyAccount()
            var spent: [RunBooks.Spent] = []
            while account.fits(spending, in: budget) {
                account.add(spending)
                spent.append(RunBooks.Spent(day: 0, epsilon: cost, isGaussian: mechanism == .gaussian))
            }
            #expect(RunBooks.epsilon(spent, 6) <= 2)
            spent.append(RunBooks.Spent(day: 0, epsilon: cost, isGaussian: mechanism == .gaussian))
            #expect(spent.count > PrivacyBudget.maximumRuns || RunBooks.epsilon(spent, 6) > 1.999)
        }
    }

    @Test func everySentenceSaysWhoDidWhat() throws {
        let story = try RunsStory()
        var state = ExchangeState()
        var sentences: [EventType: [String]] = [:]
        for line in story.fixture.lines {
            let entry = try LedgerEntry(line)
            try state.replay(entry)
            sentences[entry.event.type, default: []].append(EntrySentence(entry, after: state).text)
        }
        for type in EventType.ofRuns {
            for text in try #require(sentences[type]) {
                #expect(["Airport (P…", "气象局 (P…", "Insurer (P…", "the operator ", "the node "].contains { text.hasPrefix($0) }, "\(text)")
                #expect(!text.contains("\n") && !text.contains("  "), "\(text)")
            }
            let words = ReportWords.type(type)
            #expect(words.zh != type.rawValue && words.en != type.rawValue, "\(type)")
        }
        func has(_ type: EventType, _ part: String) -> Bool { sentences[type]?.contains { $0.contains(part) } == true }
        #expect(has(.taskMinted, "for ε 0.8") && has(.taskMinted, "is to be sealed"))
        #expect(has(.taskCancelled, "the operator cancelled") && has(.taskCancelled, "of Insurer (P…"))
        #expect(has(.artefactReleased, "other providers have yet to say") && has(.artefactReleased, "assessment 7"))
        #expect(has(.consentGiven, "token ") && has(.resultDestroyed, "as its buyer asked") && has(.runCompleted, "for ε 0.8"))
        for status in ArtefactStatus.allCases { #expect(ReportWords.status(status.rawValue).zh != status.rawValue) }
    }

    @Test func theReportShowsTasksArtefactsAndWhatWasSpent() async throws {
        let fixture = try RunsStory().fixture
        let contents = try fixture.lines.map { line in
            let entry = try LedgerEntry(line)
            return LedgerEntry.content(entry.event, time: entry.time)
        }
        let writer = JournalWriter(contents: contents)
        let folder = try TestFolder(writer.journal, writer.checkpoint(try fixture.logSigner(0)))
        let collector = SurveyCollector()
        let report = try await Auditor(.folder(folder.path)).run(visitor: collector)
        #expect(report.isSound, "\(String(describing: report.problem))")
        #expect(collector.reconciliation.differences == [])
        #expect(collector.survey.usedTasks == 6)
        let html = ReportPage(
            collector, language: .en, producedAt: Timestamp(milliseconds: 1_795_000_000_000), producer: "test").html
        for text in ["Tasks minted", "Artefacts of programs", "destroyed", "refused", "Spent of privacy budgets", ">0.800<"] {
            #expect(html.contains(text), "\(text) is not in the report")
        }
    }
}
