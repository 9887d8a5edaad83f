import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// Statements signed once, from which random histories draw; signing and parsing are tested elsewhere, and this makes
/// thousands of histories quick.
struct HistoryPool: Sendable {
    struct Draw: Sendable {
        let statement: VerifiedStatement
        /// For a run: what it would report if it went well.
        let completed: RunFacts?
    }

    let base: Market
    let rival: Party
    /// By what they are about; a history chooses the group first, so that rare kinds come up.
    private(set) var groups: [[Draw]] = []
    private(set) var contracts: [Identifier: ContractTerms] = [:]
    private var fixture: ExchangeFixture

    init() throws {
        var base = try Market(seed: 7, maximumRuns: 3)
        rival = try base.fixture.register("Rival", [.buyer, .provider])
        self.base = base
        fixture = base.fixture
        try addDecisions()
        try addProducts()
        try addContracts()
        try addLogKeys()
    }

    /// Rotations of the ledger's key, of which a history takes those that fit what it has come to.
    private mutating func addLogKeys() throws {
        let steps: [([UInt8], [UInt8])] = [([0], [0, 1]), ([0, 1], [1]), ([1], [1, 2]), ([0, 1], [0]), ([0], [2]), ([1], [0, 1])]
        var changes: [Draw] = []
        for (index, (before, after)) in steps.enumerated() {
            let change = try LogKeys(
                handingOver: ExchangeFixture.origin, from: before.map { try fixture.logSigner($0).verifier.description },
                to: after.map { try fixture.logSigner($0) }, reason: "")
            changes.append(try draw(.logKeys(change), by: fixture.operatorKey, at: Int64(index) * 10_000))
        }
        groups.append(changes)
    }

    private mutating func draw(
        _ content: StatementContent, by key: SigningKey, at offset: Int64 = 0, completed: RunFacts? = nil
    ) throws -> Draw {
        let issuedAt = fixture.time.advanced(byMilliseconds: offset)
        let statement = try fixture.sign(content, by: key, issuedAt: issuedAt)
        return Draw(statement: try statement.verified(fixture.state.verificationKey), completed: completed)
    }

    private mutating func addDecisions() throws {
        var decisions: [Draw] = []
        for party in [base.airport, base.bureau, base.insurer, rival] {
            for step in 0..<6 {
                let verdict: ParticipantVerdict = step % 2 == 0 ? .suspend : .resume
                let decision = fixture.decision(party.identifier, verdict)
                decisions.append(try draw(decision, by: fixture.operatorKey, at: Int64(step) * 20_000))
            }
        }
        groups.append(decisions)
        var applications: [Draw] = []
        for number in UInt8(200)..<203 {
            let key = try SigningKey.numbered(number)
            let application = fixture.application("New \(number)", [.buyer], [key.verificationKey])
            let draw = try draw(.participantApplication(application), by: key)
            applications.append(draw)
            for (index, verdict) in [ParticipantVerdict.approve, .refuse, .suspend, .resume].enumerated() {
                let decision = fixture.decision(draw.statement.statement.identifier(.participant), verdict)
                applications.append(try self.draw(decision, by: fixture.operatorKey, at: Int64(index)))
            }
        }
        groups.append(applications)
    }

    private mutating func addProducts() throws {
        var products: [Draw] = []
        for version in Int64(2)...4 {
            let listing = fixture.listing(base.airport, product: base.flights, version: version, price: version)
            products.append(try draw(.productListing(listing), by: base.airport.key))
        }
        products.append(try draw(.productListing(fixture.listing(rival)), by: rival.key))
        let withdrawal = ProductWithdrawal(product: base.weather, reason: "")
        products.append(try draw(.productWithdrawal(withdrawal), by: base.bureau.key))
        groups.append(products)
    }

    /// Contracts of two buyers, each with its signatures one by one, its queries, their decisions and their runs.
    private mutating func addContracts() throws {
        var (signing, querying, running): ([Draw], [Draw], [Draw]) = ([], [], [])
        contracts[base.contract] = fixture.state.contracts[base.contract]?.terms
        for (query, products) in [(base.flightsQuery, [base.flights]), (base.jointQuery, [base.flights, base.weather])] {
            try addRuns(base.insurer, query, products, [[base.contract]], to: &running)
        }
        for (buyer, maximumRuns) in [(base.insurer, Int64(1)), (base.insurer, 2), (rival, 2)] {
            let terms = try fixture.terms(buyer, [base.flights, base.weather], maximumRuns: maximumRuns)
            let offer = try draw(.contract(terms), by: buyer.key)
            let identifier = offer.statement.statement.identifier(.contract)
            contracts[identifier] = terms
            signing.append(offer)
            for provider in [base.airport, base.bureau] {
                let further = try offer.statement.statement.signedAlso(by: provider.key)
                signing.append(Draw(statement: try further.verified(fixture.state.verificationKey), completed: nil))
            }
            let end = ContractTermination(contract: identifier, reason: "")
            signing.append(try draw(.contractTermination(end), by: buyer.key))
            let query = try draw(.querySubmission(fixture.submission(buyer, [base.flights])), by: buyer.key)
            querying.append(query)
            let queryIdentifier = query.statement.statement.identifier(.query)
            for (index, verdict) in [QueryVerdict.approve, .approve, .revoke, .refuse].enumerated() {
                querying.append(try draw(verdict.statement(queryIdentifier), by: base.airport.key, at: Int64(index) * 1000))
            }
            let choices = [[identifier], [identifier, base.contract], [base.contract], []]
            try addRuns(buyer, queryIdentifier, [base.flights], choices, to: &running)
            try addRuns(base.insurer, base.jointQuery, [base.flights, base.weather], [[identifier]], to: &running)
        }
        groups += [signing, signing, signing, querying, querying, querying] + Array(repeating: running, count: 8)
    }

    private mutating func addRuns(
        _ buyer: Party, _ query: Identifier, _ products: [Identifier], _ choices: [[Identifier]], to running: inout [Draw]
    ) throws {
        var snapshots: [String: String] = [:]
        for (index, product) in products.enumerated() {
            snapshots["table_\(index)"] = fixture.state.products[product]?.version(1)?.data?.snapshot
        }
        let facts = RunFacts(
            snapshots: snapshots, policy: ExchangeFixture.policy, engine: ExchangeFixture.engine, rowCount: 5,
            suppressedGroups: 0, result: SHA256.hash("r".utf8).description, milliseconds: 20)
        for choice in choices {
            for offset in [Int64(0), 30_000, 200_000] {
                running.append(try draw(fixture.request(query, choice), by: buyer.key, at: offset, completed: facts))
            }
        }
    }

    /// A random statement, with facts such as a node might report.
    func next(_ generator: inout FixedGenerator) -> Command {
        let group = groups[Int.random(in: 0..<groups.count, using: &generator)]
        let draw = group[Int.random(in: 0..<group.count, using: &generator)]
        let kind = draw.statement.statement.kind
        if kind == .querySubmission {
            let fault = QueryFault(code: "raw-rows", message: "", piece: "*", line: 1, column: 8)
            return Command(draw.statement, facts: generator.once(in: 5) ? .check(.refused(fault)) : ExchangeFixture.accepted)
        }
        guard let completed = draw.completed else { return Command(draw.statement) }
        let failed = RunOutcome.refusedBySandbox(code: "time-limit", message: "")
        return Command(draw.statement, facts: .outcome(generator.once(in: 6) ? failed : .completed(completed)))
    }
}
