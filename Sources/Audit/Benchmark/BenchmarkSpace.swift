import Encoding
import Exchange
import Signing
import TransparencyLog

/// A space in which one buyer runs one query over and over: the life of a ledger that has grown long.
struct BenchmarkSpace {
    private static let prefix = "86.benchmark"
    private static let digest = SHA256.hash([]).description

    let signer: NoteSigner
    private let operatorKey = SigningKey.generate()
    private let providerKey = SigningKey.generate()
    private let buyerKey = SigningKey.generate()
    private let ledger: BenchmarkLedger
    private var state = ExchangeState()
    private var time = Timestamp(milliseconds: 1_763_712_000_000)
    private var count = 0

    init(_ ledger: BenchmarkLedger) throws {
        self.ledger = ledger
        signer = try NoteSigner(name: "benchmark.example/log", key: .generate())
    }

    /// The charter alone.
    mutating func found() throws {
        try record(
            .spaceCharter(
                SpaceCharter(
                    name: ["en": "Benchmark"], origin: signer.name, logKeys: [signer.verifier.description],
                    operatorKey: operatorKey.verificationKey, currency: "CNY")), operatorKey)
    }

    /// Everything up to an approved query, and then so many completed runs of it.
    mutating func run(times: Int) throws {
        try found()
        let provider = try register("Provider", .provider, providerKey)
        let buyer = try register("Buyer", .buyer, buyerKey)
        let product = try record(.productListing(listing(provider)), providerKey).identifier(.product)
        // Results that are not kept are not remembered: in a real space they are destroyed again.
        let terms = ContractTerms(
            buyer: buyer, providers: [provider],
            products: [ContractProduct(product: product, version: 1, pricePerRun: 100)], purpose: .research, validFrom: time,
            validUntil: time.advanced(byMilliseconds: 4_000_000_000_000), maximumRuns: 1_000_000_000, resultRetentionDays: 0)
        let offer = try record(.contract(terms), buyerKey)
        try record(offer.signedAlso(by: providerKey))
        let submission = QuerySubmission(
            buyer: buyer, title: "Count", mode: .aggregate,
            tables: [QueryTable(name: "data", product: product, version: 1)], parameters: [],
            sql: "SELECT place, count(*) FROM data GROUP BY place")
        let accepted = Facts.check(.accepted(policy: Self.digest, engine: "engine"))
        let query = try record(.querySubmission(submission), buyerKey, accepted).identifier(.query)
        try record(.queryDecision(QueryDecision(query: query, decision: .approve, reason: "")), providerKey)
        let request = RunRequest(query: query, contracts: [offer.identifier(.contract)], parameters: [:])
        let facts = RunFacts(
            snapshots: ["data": Self.digest], policy: Self.digest, engine: "engine", rowCount: 10, suppressedGroups: 0,
            result: Self.digest, milliseconds: 20)
        for _ in 0..<times { try record(.runRequest(request), buyerKey, .outcome(.completed(facts))) }
    }

    private mutating func register(_ name: String, _ role: Role, _ key: SigningKey) throws -> Identifier {
        let application = ParticipantApplication(
            name: name, type: .institution, country: "SG", creditCode: nil, roles: [role], keys: [key.verificationKey])
        let participant = try record(.participantApplication(application), key).identifier(.participant)
        let approval = ParticipantDecision(participant: participant, decision: .approve, reason: "")
        try record(.participantDecision(approval), operatorKey)
        return participant
    }

    private func listing(_ provider: Identifier) -> ProductListing {
        ProductListing(
            provider: provider, product: nil, version: 1, title: ["en": "Data"], summary: ["en": "Data"], keywords: [],
            productClass: .basic, grade: .public, form: .dataset, origin: .selfCollected, licence: "CC0",
            updateCycle: "daily", snapshot: Self.digest, rowCount: 1000,
            columns: [ProductColumn(name: "place", type: "VARCHAR", role: .dimension)],
            aggregate: AggregateTerms(minimumGroupSize: 5, maximumRows: 100), rows: nil, pricePerRun: 100)
    }

    @discardableResult
    private mutating func record(
        _ content: StatementContent, _ key: SigningKey, _ facts: Facts = .none
    ) throws -> SignedStatement {
        count += 1
        // A run a second: the memory of recent runs, against replays, then stays as small as in a real space.
        time = time.advanced(byMilliseconds: 1000)
        let nonce = "benchmark-" + String(1_000_000_000 + count)
        let statement = try SignedStatement.sign(content, space: Self.prefix, issuedAt: time, nonce: nonce, key: key)
        try record(statement, facts)
        return statement
    }

    private mutating func record(_ statement: SignedStatement, _ facts: Facts = .none) throws {
        let verified = try statement.verified(state.verificationKey)
        let event = try state.decide(Command(verified, facts: facts), at: time)
        try ledger.append(LedgerEntry.content(event, time: time))
        state.apply(event, at: time)
    }
}
