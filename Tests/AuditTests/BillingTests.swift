import Encoding
import Exchange
import Signing
import Testing

@testable import Audit

/// The second set of books, fed with entries that no rule has looked at: what a node could write that has the log's key
/// and, on top, a mistake in the rules of exchange on its side.
@Suite struct BillingTests {
    private static func reconcile(_ contents: [[UInt8]]) throws -> Reconciliation {
        let reconciler = Reconciler()
        for bytes in JournalWriter(contents: contents).entries { reconciler.take(try LedgerEntry(bytes)) }
        return reconciler.reconciliation
    }

    private static func reconcile(_ space: TestSpace) throws -> Reconciliation {
        try reconcile(space.records.map(\.content))
    }

    /// A space with one completed run, as entry 10.
    private static func withOneRun(maximumRuns: Int64 = 10) throws -> (space: TestSpace, parties: Parties) {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: maximumRuns)
        try space.run(parties)
        return (space, parties)
    }

    /// Records a completed run as an honest one is recorded, whatever the rules say.
    private static func forceRun(
        _ space: inout TestSpace, _ parties: Parties, like honest: Event, contracts: [Identifier]? = nil,
        key: SigningKey? = nil
    ) throws {
        let request = RunRequest(query: parties.query, contracts: contracts ?? [parties.contract], parameters: [:])
        let statement = try space.sign(.runRequest(request), key ?? parties.buyerKey)
        space.force(
            Event(
                type: .runCompleted, subject: statement.identifier(.run).text, actor: parties.buyer.text, body: honest.body,
                statement: statement))
    }

    // MARK: Honest ledgers

    @Test func anHonestLedgerHasNoDifferences() throws {
        var space = TestSpace()
        try space.liveThroughEverything()
        let result = try Self.reconcile(space)
        #expect(result.differences == [])
        #expect(result.total == Reconciliation.Amounts(uses: 1, recorded: 1250, recomputed: 1250))
        #expect(result.runsCompleted == 1)
        #expect(result.runsRefused == 2)
    }

    // MARK: Lies about charges

    @Test(arguments: [
        ("\"amount\":1250", "\"amount\":1251"), ("\"amount\":1250", "\"amount\":0"), ("\"amount\":1250", "\"amount\":-1250"),
        ("\"amount\":1250", "\"amount\":\"1250\""), ("\"charges\":[{", "\"charges\":[],\"others\":[{"),
        ("\"charges\":[{", "\"surcharges\":[{"),
    ])
    func aChangedChargeIsNamedWithWhatItShouldBe(_ old: String, _ new: String) throws {
        var contents = try Self.withOneRun().space.records.map(\.content)
        contents[10] = contents[10].replacing(old, with: new)
        let result = try Self.reconcile(contents)
        let difference = try #require(result.differences.first)
        #expect(result.differenceCount == 1)
        #expect(difference.rule == .charges)
        #expect(difference.seq == 10)
        #expect(difference.should.contains("1250 for"))
        #expect(difference.says != difference.should)
        #expect(!result.isReconciled)
    }

    @Test func aChargeForSomebodyElseIsNamed() throws {
        let (space, parties) = try Self.withOneRun()
        var contents = space.records.map(\.content)
        contents[10] = contents[10].replacing("\"payee\":\"\(parties.provider)\"", with: "\"payee\":\"\(parties.buyer)\"")
        let result = try Self.reconcile(contents)
        #expect(result.differences.map(\.rule) == [.charges])
        #expect(result.differences.first?.should.contains("to \(parties.provider)") == true)
        // What was taken from one account and put into another shows in both.
        #expect(result.accounts.count == 2)
        #expect(result.accounts.values.contains { $0.recorded == 0 && $0.recomputed == 1250 })
        #expect(result.accounts.values.contains { $0.recorded == 1250 && $0.recomputed == 0 })
    }

    @Test func aRepeatedChargeIsNamed() throws {
        let (space, _) = try Self.withOneRun()
        var forged = space
        guard let charge = forged.records[10].event.body["charges"]?.arrayValue?.first else { return }
        forged.records[10].event.body["charges"] = [charge, charge]
        #expect(try Self.reconcile(forged).differences.map(\.rule) == [.charges])
    }

    @Test func aRefusedRunThatIsChargedIsNamed() throws {
        var (space, parties) = try Self.withOneRun()
        try space.run(parties, facts: .outcome(.refusedBySandbox(code: "group-too-small", message: "nothing was left")))
        space.records[11].event.body["charges"] = space.records[10].event.body["charges"]
        let result = try Self.reconcile(space)
        #expect(result.differences.map(\.rule) == [.charges])
        #expect(result.differences.first?.seq == 11)
        #expect(result.differences.first?.should.contains("run.refused costs nothing") == true)
        #expect(result.total.recorded == 2500)
        #expect(result.total.recomputed == 1250)
    }

    @Test func anEntryThatIsNoRunButChargesIsNamed() throws {
        var (space, _) = try Self.withOneRun()
        space.records[9].event.body["charges"] = space.records[10].event.body["charges"]
        #expect(try Self.reconcile(space).differences.map(\.seq) == [9])
        // The type alone makes no run either.
        space.records[9].event.type = .runCompleted
        #expect(try Self.reconcile(space).differences.contains { $0.seq == 9 && $0.rule == .signer })
    }

    @Test func anotherSnapshotThanTheListedOneIsNamed() throws {
        var contents = try Self.withOneRun().space.records.map(\.content)
        contents[10] = contents[10].replacing(TestSpace.hash("snapshot 1"), with: TestSpace.hash("snapshot 2"))
        #expect(try Self.reconcile(contents).differences.map(\.rule) == [.product])
    }

    // MARK: Runs that were not allowed

    @Test func aRunThatNamesNoContractIsNamed() throws {
        var (space, parties) = try Self.withOneRun()
        try Self.forceRun(&space, parties, like: space.records[10].event, contracts: [])
        let result = try Self.reconcile(space)
        #expect(result.differences.map(\.rule) == [.contract, .charges])
        #expect(result.differences.allSatisfy { $0.seq == 11 })
        #expect(result.differences.last?.should.contains("no charge") == true)
    }

    @Test func aRunOnAContractThatAPartyDidNotSignIsNamed() throws {
        let (space, parties) = try Self.withOneRun()
        var contents = space.records.map(\.content)
        // The provider's signature is entry 7. Without it the node still says that the contract is active.
        contents.remove(at: 7)
        contents[6] = contents[6].replacing("\"active\":false", with: "\"active\":true")
        let result = try Self.reconcile(contents)
        let first = try #require(result.differences.first)
        #expect(first.rule == .contract)
        #expect(first.seq == 9)
        #expect(first.should.contains("was not signed by \(parties.provider)"))
    }

    @Test func aRunOfAQueryThatNobodyApprovedIsNamed() throws {
        let (space, _) = try Self.withOneRun()
        var contents = space.records.map(\.content)
        contents.remove(at: 9)
        let result = try Self.reconcile(contents)
        #expect(result.differences.map(\.rule) == [.query])
        #expect(result.differences.first?.should.contains("had not approved it") == true)
    }

    @Test func aRunOfARevokedQueryIsNamed() throws {
        var (space, parties) = try Self.withOneRun()
        let decision = QueryDecision(query: parties.query, decision: .revoke, reason: "")
        try space.record(space.sign(.queryDecision(decision), parties.providerKey))
        try Self.forceRun(&space, parties, like: space.records[10].event)
        #expect(try Self.reconcile(space).differences.map(\.rule) == [.query])
    }

    @Test func aRunByASuspendedBuyerAndOneOverASuspendedProvidersProductAreNamed() throws {
        let (space, parties) = try Self.withOneRun()
        for (suspended, rule) in [(parties.buyer, BillingDifference.Rule.signer), (parties.provider, .product)] {
            var copy = space
            try copy.decide(suspended, .suspend)
            try Self.forceRun(&copy, parties, like: space.records[10].event)
            #expect(try Self.reconcile(copy).differences.map(\.rule) == [rule])
        }
    }

    @Test func aRunSignedWithAnotherPartysKeyIsNamed() throws {
        var (space, parties) = try Self.withOneRun()
        try Self.forceRun(&space, parties, like: space.records[10].event, key: parties.providerKey)
        let rules = Set(try Self.reconcile(space).differences.map(\.rule))
        #expect(rules.isSuperset(of: [.signer, .query, .contract, .charges]))
    }

    @Test func aRunAfterTheContractEndedOrTheProductWasWithdrawnIsNamed() throws {
        let (space, parties) = try Self.withOneRun()
        var ended = space
        let termination = ContractTermination(contract: parties.contract, reason: "")
        try ended.record(ended.sign(.contractTermination(termination), parties.buyerKey))
        try Self.forceRun(&ended, parties, like: space.records[10].event)
        #expect(try Self.reconcile(ended).differences.map(\.rule) == [.contract, .charges])
        var withdrawn = space
        let withdrawal = ProductWithdrawal(product: parties.product, reason: "")
        try withdrawn.record(withdrawn.sign(.productWithdrawal(withdrawal), parties.providerKey))
        try Self.forceRun(&withdrawn, parties, like: space.records[10].event)
        #expect(try Self.reconcile(withdrawn).differences.map(\.rule) == [.product])
    }

    @Test func aRunOutsideTheContractsTimeIsNamed() throws {
        var (space, parties) = try Self.withOneRun()
        space.time = space.time.advanced(byMilliseconds: 86_500_000)
        try Self.forceRun(&space, parties, like: space.records[10].event)
        #expect(try Self.reconcile(space).differences.map(\.rule) == [.contract, .charges])
    }

    @Test func aRunBeyondTheContractsLimitIsNamed() throws {
        var (space, parties) = try Self.withOneRun(maximumRuns: 2)
        try space.run(parties)
        #expect(try Self.reconcile(space).differences == [])
        try Self.forceRun(&space, parties, like: space.records[10].event)
        let result = try Self.reconcile(space)
        #expect(result.differences.map(\.rule) == [.runLimit, .charges])
        #expect(result.differences.first?.seq == 12)
    }

    @Test func aRequestThatIsChargedTwiceOrLongAfterItWasSignedIsNamed() throws {
        let (space, parties) = try Self.withOneRun()
        var twice = space
        twice.force(space.records[10].event)
        let result = try Self.reconcile(twice)
        #expect(result.differences.map(\.rule) == [.replay])
        #expect(result.differences.first?.should.contains("as entry 10 already") == true)
        var late = space
        try Self.forceRun(&late, parties, like: space.records[10].event)
        late.records[11].time = late.records[11].time.advanced(byMilliseconds: 3_600_001)
        #expect(try Self.reconcile(late).differences.map(\.rule) == [.replay])
    }

    @Test func aContractAtAnotherPriceThanTheListedOneIsNamed() throws {
        var space = TestSpace()
        let parties = try space.openForRuns()
        var terms = space.terms(parties.buyer, parties.provider, parties.product)
        terms.products[0].pricePerRun = 1
        let statement = try space.sign(.contract(terms), parties.buyerKey).signedAlso(by: parties.providerKey)
        space.force(
            Event(
                type: .contractOffered, subject: statement.identifier(.contract).text, actor: parties.buyer.text,
                body: ["signers": [], "active": true], statement: statement))
        #expect(try Self.reconcile(space).differences.map(\.rule) == [.price])
    }

    @Test func aParticipantThatTheOperatorDidNotJudgeIsNamed() throws {
        var space = TestSpace()
        let parties = try space.openForRuns()
        let verdict = ParticipantDecision(participant: parties.buyer, decision: .suspend, reason: "")
        let statement = try space.sign(.participantDecision(verdict), parties.providerKey)
        space.force(
            Event(
                type: .participantSuspended, subject: parties.buyer.text, actor: Event.operatorActor, body: [:],
                statement: statement))
        let result = try Self.reconcile(space)
        #expect(result.differences.map(\.rule) == [.signer])
        #expect(result.differences.first?.concerns == [parties.buyer])
    }

    @Test func manyDifferencesAreCountedAndTheFirstAreKept() throws {
        var space = TestSpace()
        let parties = try space.openForRuns(maximumRuns: 2000)
        for _ in 0..<1010 { try space.run(parties) }
        let contents = space.records.map { $0.content.replacing("\"amount\":1250", with: "\"amount\":1251") }
        let result = try Self.reconcile(contents)
        #expect(result.differenceCount == 1010)
        #expect(result.differences.count == Reconciliation.maximumDifferences)
        #expect(result.total.recorded - result.total.recomputed == 1010)
    }
}
