import Contracts
import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Statements about runs")
struct RunStatementTests {
    /// One of every kind with every member that its kind can have, and a listing and submissions of the modes that belong to them.
    private static func samples() throws -> [StatementContent] {
        let market = try ProtectedMarket()
        let fixture = market.fixture
        let run = Identifier(kind: .run, prefix: ExchangeFixture.prefix, payload: [1])
        let task = Identifier(kind: .task, prefix: ExchangeFixture.prefix, payload: [2])
        var listing = fixture.protectedListing(market.airport)
        listing.data?.aggregate?.dominance = AggregateTerms.Dominance(contributors: 2, percent: 80)
        listing.data?.aggregate?.maximumJoinMultiplicity = 3
        listing.data?.aggregate?.priorPosteriorPercent = 10
        listing.data?.aggregate?.countBase = 5
        listing.data?.aggregate?.significantDigits = 6
        listing.data?.aggregate?.perturbation = 2
        listing.data?.aggregate?.extremes = true
        var gaussian = fixture.submission(.private, market.insurer, [market.flights])
        gaussian.privacy = PrivacyCost(epsilon: 10, mechanism: .gaussian)
        var metrics = fixture.submission(.metrics, market.insurer, [market.flights])
        metrics.program?.metrics.append(
            ProgramSubmission.Metric(name: "counts", type: .integer, lower: DecimalNumber(-5), upper: DecimalNumber("1000.0") ?? DecimalNumber(1), size: 12))
        return [
            .run(
                .task(
                    TaskRequest(
                        query: try market.query(.aggregate), contracts: [market.contract], parameters: ["a": 1, "b": true, "c": "二"],
                        deadline: fixture.time, priority: .low, isSealed: true))),
            .run(.taskCancellation(TaskCancellation(task: task, reason: "不再需要"))),
            .run(.destruction(ResultDestruction(run: run, ground: .retention))), fixture.artefactDecision(run, .release),
            fixture.consent(market.flights, market.insurer), fixture.consentEnd(market.flights, market.insurer),
            fixture.request(task: task, try market.query(.aggregate), [market.contract]), .productListing(listing),
            .querySubmission(gaussian), .querySubmission(metrics),
            .querySubmission(fixture.submission(.match, market.insurer, [market.flights])),
        ]
    }

    private static func document(_ content: StatementContent) throws -> JSONObject {
        let payload = content.payload(space: "86.gs", issuedAt: ExchangeFixture.start, nonce: "0123456789abcdef")
        return try #require(try JSONValue.parse(payload).objectValue)
    }

    @discardableResult
    private static func signed(_ document: JSONValue, _ kind: StatementKind) throws -> SignedStatement {
        let key = try SigningKey.numbered(1)
        return try SignedStatement(.string(JWS.sign(payload: document.serialized(), type: kind.mediaType, key: key)))
    }

    @Test("read back as they were signed, and satisfy the schema of their kind alone")
    func roundTrip() throws {
        let samples = try Self.samples()
        #expect(samples.prefix(6).map(\.kind) == StatementKind.ofRuns.filter { $0 != .runRequest })
        for content in samples {
            let document = JSONValue.object(try Self.document(content))
            let read = try Self.signed(document, content.kind)
            #expect(read.content == content)
            #expect(try Self.document(read.content) == document.objectValue)
            for kind in StatementKind.allCases {
                let mismatch = ContractSchemas.mismatch(inStatement: document, kind: kind.rawValue)
                #expect((mismatch == nil) == (kind == content.kind), "\(content.kind) as \(kind): \(String(describing: mismatch))")
            }
        }
    }

    @Test("without a member that they need, with null for one, or with one that is not known, are refused")
    func members() throws {
        let optional: Set<String> = ["deadline", "priority", "sealed", "task"]
        for content in try Self.samples() {
            let whole = try Self.document(content)
            for name in whole.names {
                var changed = whole
                changed[name] = nil
                if optional.contains(name), content.kind != .taskCancellation {
                    #expect(throws: Never.self) { try Self.signed(.object(changed), content.kind) }
                } else {
                    #expect(throws: StatementError.self, "\(content.kind) without \(name)") { try Self.signed(.object(changed), content.kind) }
                }
                changed[name] = .null
                #expect(throws: StatementError.self, "\(content.kind) with null for \(name)") { try Self.signed(.object(changed), content.kind) }
            }
            var more = whole
            more["colour"] = "red"
            let error = try #require(throws: StatementError.self) { try Self.signed(.object(more), content.kind) }
            #expect(error.pointer == "/colour")
        }
    }

    private static let digest = JSONValue.string(String(repeating: "0", count: 64))
    /// By sample, the member that is changed, and to what.
    private static let misfitting: [(sample: Int, pointer: String, value: JSONValue)] = [
        (0, "/query", "86.gs/Q"), (0, "/contracts", ["86.gs/C"]), (0, "/parameters/a", .number(1.5)), (0, "/parameters/a", []),
        (0, "/deadline", "tomorrow"), (0, "/priority", "high"), (0, "/sealed", false), (0, "/sealed", "yes"),
        (1, "/task", "86.gs/X"), (1, "/reason", "bell \u{7}"), (2, "/ground", "because"), (2, "/run", "86.gs/K"),
        (3, "/artefact", "../weights"), (3, "/sha256", "00"), (3, "/decision", "revoke"), (3, "/assessment/reference", ""),
        (3, "/assessment/sha256", "x"), (4, "/token", "Ada"), (4, "/validUntil", "2020-01-01T00:00:00.000Z"), (5, "/token", ""),
        (6, "/task", "86.gs/T"), (7, "/modes/aggregate/differencing", false), (7, "/modes/aggregate/dominance/contributors", 6),
        (7, "/modes/aggregate/perturbation", 11), (7, "/modes/private/epsilon", 0), (7, "/modes/private/epsilon", 999),
        (7, "/modes/private/deltaExponent", 3), (7, "/modes/private/periodDays", 0), (7, "/modes/private/bounds/0/column", "age_2"),
        (7, "/modes/private/bounds/0/column", "origin"), (7, "/modes/private/bounds/0/upper", 0),
        (7, "/modes/private/bounds/0/upper", "1e3"), (7, "/modes/private/bounds/0/upper", "01"),
        (7, "/modes/private/bounds/0/upper", .number(5.5)), (7, "/modes/match/subject", "origin"), (7, "/modes/match/maximumPerDay", 0),
        (7, "/modes/metrics/runtimes", []), (7, "/modes/metrics/runtimes", ["perl"]), (7, "/modes/metrics/artefacts", false),
        (7, "/modes/metrics/significantDigits", 16), (7, "/snapshot/columns/0/role", "filter"), (8, "/privacy/epsilon", 0),
        (8, "/privacy/mechanism", "laplace"), (8, "/privacy/mechanism", "none"), (8, "/mode", "aggregate"), (8, "/mode", "metrics"),
        (9, "/program/entry", "../main.py"), (9, "/program/entry", "/main.py"), (9, "/program/entry", ".hidden"),
        (9, "/program/entry", "a//b"), (9, "/program/entry", "-rf"), (9, "/program/entry", "a b"), (9, "/program/bundle", "00"),
        (9, "/program/metrics", []), (9, "/program/metrics/0/upper", 0), (9, "/program/metrics/0/name", "loss of life"),
        (9, "/program/metrics/1/lower", "0.5"), (9, "/program/metrics/1/size", 0), (9, "/program/metrics/1/size", 10_000),
        (9, "/program/metrics/1/name", "loss"), (9, "/program/artefacts/0/maximumBytes", 0), (9, "/program/runtime", "perl"),
        (9, "/mode", "private"), (10, "/parameters/0/type", "integer"), (10, "/parameters", []), (10, "/mode", "private"),
    ]

    @Test("keep to their ranges, and to what the members must say together", arguments: misfitting)
    func misfits(sample: Int, pointer: String, value: JSONValue) throws {
        let content = try Self.samples()[sample]
        let path = pointer.split(separator: "/").map(String.init)
        let document = try CataloguePolicyTests.replacing(.object(try Self.document(content)), path, value)
        #expect(throws: StatementError.self) { try Self.signed(document, content.kind) }
    }

    @Test("say of a release on which assessment it rests")
    func assessment() throws {
        let run = Identifier(kind: .run, prefix: ExchangeFixture.prefix, payload: [1])
        var document = try Self.document(try ExchangeFixture().artefactDecision(run, .release))
        document["assessment"] = nil
        #expect(throws: StatementError.self) { try Self.signed(.object(document), .artefactDecision) }
        document["decision"] = "refuse"
        #expect(throws: Never.self) { try Self.signed(.object(document), .artefactDecision) }
    }

    @Test("have numbers that are compared exactly, as integers or as texts")
    func decimals() throws {
        let ascending = [
            DecimalNumber(.min), DecimalNumber("-12.5"), DecimalNumber("-12.49"), DecimalNumber("-0.00000000000000001"), DecimalNumber(0),
            DecimalNumber("0.00000000000000001"), DecimalNumber("0.3"), DecimalNumber(1), DecimalNumber("999999999999999999"), DecimalNumber(.max),
        ].compactMap { $0 }
        #expect(ascending.count == 10)
        for (index, number) in ascending.enumerated() {
            for (other, second) in ascending.enumerated() { #expect((number < second) == (index < other)) }
        }
        for text in ["", "-", ".5", "5.", "1.2.3", "+1", "1e3", "007", "0x10", "1234567890123456789", "١", " 1"] {
            #expect(DecimalNumber(text) == nil, "\(text)")
        }
        #expect(DecimalNumber("5.00")?.isWhole == true && DecimalNumber("5.01")?.isWhole == false)
    }
}
