import Encoding
import Exchange
import Signing
import TransparencyLog

/// A space that lives in memory: it signs statements with fixed keys, decides them by the rules, and keeps the events.
struct TestSpace {
    static let prefix = "86.gs.audit"
    static let origin = "audit.example/log"

    /// What an entry is made of, before it is chained.
    struct Record {
        var event: Event
        var time: Timestamp

        var content: [UInt8] { LedgerEntry.content(event, time: time) }
    }

    let operatorKey = TestSpace.key(1)
    let logKey = TestSpace.key(2)
    private(set) var state = ExchangeState()
    var records: [Record] = []
    var time = Timestamp(milliseconds: 1_763_712_000_000)
    private var nonce = 0

    static func key(_ number: UInt8) -> SigningKey {
        guard let key = try? SigningKey(seed: [UInt8](repeating: number, count: 32)) else { return .generate() }
        return key
    }

    var signer: NoteSigner { get throws { try NoteSigner(name: Self.origin, key: logKey) } }

    /// Signs a statement as of now.
    mutating func sign(_ content: StatementContent, _ key: SigningKey) throws -> SignedStatement {
        nonce += 1
        time = time.advanced(byMilliseconds: 1000)
        let text = "nonce-" + String(1_000_000_000 + nonce)
        return try SignedStatement.sign(content, space: Self.prefix, issuedAt: time, nonce: text, key: key)
    }

    /// Signs a statement as of now with several keys.
    mutating func sign(_ content: StatementContent, _ keys: [SigningKey]) throws -> SignedStatement {
        var statement = try sign(content, keys.first ?? operatorKey)
        for key in keys.dropFirst() { statement = try statement.signedAlso(by: key) }
        return statement
    }

    /// Decides a statement and records the event.
    @discardableResult
    mutating func record(_ statement: SignedStatement, facts: Facts = .none) throws -> Event {
        let verified = try statement.verified(state.verificationKey)
        let event = try state.decide(Command(verified, facts: facts), at: time)
        force(event)
        return event
    }

    /// Records an event that no rule has looked at.
    mutating func force(_ event: Event) {
        records.append(Record(event: event, time: time))
        state.apply(event, at: time)
    }

    // MARK: The log's keys

    /// Number 0 is the charter's.
    static func logSigner(_ number: UInt8) throws -> NoteSigner {
        try NoteSigner(name: origin, key: key(number == 0 ? 2 : 100 + number))
    }

    func logKeys(_ numbers: [UInt8]) throws -> StatementContent {
        .logKeys(
            try LogKeys(
                handingOver: Self.origin, from: state.space?.logKeys ?? [], to: numbers.map { try Self.logSigner($0) },
                reason: "rotation"))
    }

    mutating func setLogKeys(_ numbers: [UInt8]) throws { try record(sign(try logKeys(numbers), operatorKey)) }

    // MARK: What happens in a space

    mutating func found() throws {
        let charter = SpaceCharter(
            name: ["en": "Audit space", "zh": "审计空间"], origin: Self.origin, logKeys: [try signer.verifier.description],
            operatorKey: operatorKey.verificationKey, currency: "CNY")
        try record(sign(.spaceCharter(charter), operatorKey))
    }

    mutating func apply(_ name: String, _ role: Role, _ key: SigningKey) throws -> Identifier {
        let application = ParticipantApplication(
            name: name, type: .enterprise, country: "SG", creditCode: nil, roles: [role], keys: [key.verificationKey])
        return try Identifier(record(sign(.participantApplication(application), key)).subject)
    }

    mutating func decide(_ participant: Identifier, _ verdict: ParticipantVerdict) throws {
        let decision = ParticipantDecision(participant: participant, decision: verdict, reason: "as examined")
        try record(sign(.participantDecision(decision), operatorKey))
    }

    mutating func list(
        _ provider: Identifier, _ key: SigningKey, product: Identifier? = nil, version: Int64 = 1
    ) throws -> Identifier {
        let listing = ProductListing(
            provider: provider, product: product, version: version, title: ["zh": "天气"], summary: ["en": "Weather"],
            keywords: ["weather"], productClass: .basic, grade: .public, form: .dataset, origin: .selfCollected,
            licence: "CC0", updateCycle: "daily", snapshot: Self.hash("snapshot \(version)"), rowCount: 100,
            columns: [ProductColumn(name: "hour", type: "BIGINT", role: .dimension)],
            aggregate: AggregateTerms(minimumGroupSize: 5, maximumRows: 100), rows: nil, pricePerRun: 1250)
        return try Identifier(record(sign(.productListing(listing), key)).subject)
    }

    func terms(
        _ buyer: Identifier, _ provider: Identifier, _ product: Identifier, maximumRuns: Int64 = 10
    ) -> ContractTerms {
        ContractTerms(
            buyer: buyer, providers: [provider],
            products: [ContractProduct(product: product, version: 1, pricePerRun: 1250)], purpose: .research,
            validFrom: time, validUntil: time.advanced(byMilliseconds: 86_400_000), maximumRuns: maximumRuns,
            resultRetentionDays: 7)
    }

    func submission(_ buyer: Identifier, _ product: Identifier) -> QuerySubmission {
        QuerySubmission(
            buyer: buyer, title: "By hour", mode: .aggregate,
            tables: [QueryTable(name: "weather", product: product, version: 1)], parameters: [],
            sql: "SELECT hour, count(*) FROM weather GROUP BY hour")
    }

    static let accepted = Facts.check(.accepted(policy: hash("policy"), engine: "duckdb 1.5.6"))

    static func completed(milliseconds: Int64 = 20) -> Facts {
        .outcome(
            .completed(
                RunFacts(
                    snapshots: ["weather": hash("snapshot 1")], policy: hash("policy"), engine: "duckdb 1.5.6",
                    rowCount: 24, suppressedGroups: 0, result: hash("result"), milliseconds: milliseconds)))
    }

    static func hash(_ text: String) -> String { SHA256.hash(text.utf8).description }
}
