import Contracts
import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

/// How the catalogue's statements are read and written.
@Suite("Statements of the catalogue")
struct CatalogueStatementTests {
    static let answers = ComplianceAnswers(
        personalData: .consented, consentEvidence: String(repeating: "ab", count: 32), crossBorder: true,
        exportAssessment: "数据出境安全评估 2026-17", importantData: true, lawfulSource: "Statute, article 7",
        thirdPartyRights: true, notes: "The radar's maker keeps the raw signal.")

    /// One of each kind, and listings of every shape, with whoever signs it.
    private static func samples() throws -> [(content: StatementContent, key: SigningKey)] {
        let market = try Market()
        let fixture = market.fixture
        let right = Identifier(kind: .right, prefix: ExchangeFixture.prefix, payload: [1])
        return [
            (fixture.review(market.flights, .refuse), fixture.operatorKey),
            (fixture.declaration(market.flights, answers: answers), market.airport.key),
            (fixture.complianceReview(market.flights, .reject), fixture.operatorKey),
            (.catalogue(.assessment(fixture.assessment(market.flights))), fixture.nodeKey),
            (.productListing(fixture.fullListing(market.airport, source: market.weather, rights: [right])), market.airport.key),
            (.productListing(fixture.entry(market.airport)), market.airport.key),
        ]
    }

    private static func signed(_ document: JSONValue, _ kind: StatementKind) throws -> SignedStatement {
        let key = try SigningKey.numbered(1)
        return try SignedStatement(.string(JWS.sign(payload: document.serialized(), type: kind.mediaType, key: key)))
    }

    private static func document(_ content: StatementContent) throws -> JSONValue {
        try JSONValue.parse(content.payload(space: "86.gs", issuedAt: ExchangeFixture.start, nonce: "0123456789abcdef"))
    }

    @Test("read back as they were signed, and satisfy the schema of their kind alone")
    func roundTrip() throws {
        let samples = try Self.samples()
        #expect(samples.prefix(4).map(\.content.kind) == StatementKind.ofCatalogue)
        for (content, key) in samples {
            let statement = try SignedStatement.sign(
                content, space: "86.gs", issuedAt: ExchangeFixture.start, nonce: "0123456789abcdef", key: key)
            let read = try SignedStatement(try JSONValue.parse(statement.json.serialized()))
            #expect(read.content == content)
            #expect(read.payload == statement.payload)
            #expect(read.content.payload(space: "86.gs", issuedAt: ExchangeFixture.start, nonce: "0123456789abcdef") == read.payload)
            for kind in StatementKind.allCases {
                let mismatch = ContractSchemas.mismatch(inStatement: try Self.document(content), kind: kind.rawValue)
                #expect((mismatch == nil) == (kind == content.kind), "\(content.kind) as \(kind)")
            }
        }
    }

    @Test("without a member that they need, with null for one, or with one that is not known, are refused")
    func members() throws {
        let optional: Set<String> = [
            "description", "changes", "externalIdentifiers", "inputs", "coverage", "grades", "extensions", "rights",
            "qualityStatement",
        ]
        for (content, _) in try Self.samples() {
            let whole = try #require(try Self.document(content).objectValue)
            for name in whole.names {
                var changed = whole
                changed[name] = nil
                if optional.contains(name) {
                    #expect(throws: Never.self) { try Self.signed(.object(changed), content.kind) }
                } else {
                    #expect(throws: StatementError.self, "\(content.kind) without \(name)") { try Self.signed(.object(changed), content.kind) }
                }
                changed = whole
                changed[name] = .null
                #expect(throws: StatementError.self, "\(name)") { try Self.signed(.object(changed), content.kind) }
            }
            var more = whole
            more["colour"] = "red"
            let error = try #require(throws: StatementError.self) { try Self.signed(.object(more), content.kind) }
            #expect(error.pointer == "/colour")
        }
    }

    private static let digest = JSONValue.string(String(repeating: "0", count: 64))
    /// By sample, what does not fit, and where the refusal points.
    private static let misfitting: [(sample: Int, pointer: String, value: JSONValue)] = [
        (0, "/reason", ""), (0, "/verdict", "accept"), (0, "/version", 0), (0, "/product", "86.gs/P"),
        (1, "/answers/personalData", "some"), (1, "/answers/consentEvidence", "00"), (1, "/answers/crossBorder", "no"),
        (1, "/answers/lawfulSource", ""), (2, "/declaration", "0"), (2, "/reason", ""), (3, "/snapshot", "x"),
        (3, "/figures/completeness/minimum", 1001), (3, "/figures/completeness/mean", 1), (3, "/figures/duplicates", 26_116),
        (3, "/figures/issues/0", "Not a code"), (3, "/figures/columns", 0),
        (4, "/externalIdentifiers/0/scheme", "MOID"), (4, "/externalIdentifiers/0/scheme", ""),
        (4, "/externalIdentifiers/0/value", "\u{200B}"), (4, "/externalIdentifiers/1", ["scheme": "moid", "value": "moid  123"]),
        (4, "/inputs/0/origin", "found"), (4, "/inputs/1/product", "86.gs/D"), (4, "/coverage/until", "2026-01-01T00:00:00.000Z"),
        (4, "/coverage", [:]), (4, "/grades/0/grade", "sensitive"), (4, "/grades/1", ["scheme": "national", "grade": "general"]),
        (4, "/grades/0/scheme", "secret"), (4, "/extensions/basin", .number(1.5)), (4, "/extensions/basin", "a\u{7}"),
        (4, "/extensions/9lives", 1), (4, "/extensions", [:]), (4, "/rights/0", "86.gs/T"),
        (4, "/qualityStatement/accuracy/value", "about 98"), (4, "/qualityStatement/accuracy/value", "1."),
        (4, "/qualityStatement", [:]), (4, "/description/en", "\u{202E}gnp.exe"), (4, "/changes", [:]),
        (5, "/snapshot", ["sha256": digest, "rows": 1, "columns": [["name": "a", "type": "b", "role": "dimension"]]]),
        (5, "/price", ["perRun": 1]), (5, "/modes", ["aggregate": ["minimumGroupSize": 1, "maximumRows": 1]]),
    ]

    @Test("keep to what the members must say together", arguments: misfitting)
    func misfits(sample: Int, pointer: String, value: JSONValue) throws {
        let content = try Self.samples()[sample].content
        let path = pointer.split(separator: "/").map(String.init)
        let document = try CataloguePolicyTests.replacing(try Self.document(content), path, value)
        let error = try #require(throws: StatementError.self) { try Self.signed(document, content.kind) }
        // A part of the description of data is amiss as a whole.
        #expect(sample == 5 ? error.pointer == "" : error.pointer?.hasPrefix(pointer) == true, "\(error)")
    }

    /// Answers that contradict themselves, with a word of the reason.
    private static let contradictory: [(ComplianceAnswers, String)] = [
        (ComplianceAnswers(personalData: .consented, lawfulSource: "x"), "consentEvidence"),
        (ComplianceAnswers(personalData: .none, consentEvidence: String(repeating: "0", count: 64), lawfulSource: "x"), "consented"),
        (ComplianceAnswers(personalData: .none, crossBorder: true, lawfulSource: "x"), "exportAssessment"),
        (ComplianceAnswers(personalData: .none, exportAssessment: "x", lawfulSource: "x"), "crossBorder"),
        (ComplianceAnswers(personalData: .none, crossBorder: true, exportAssessment: "x", coreData: true, lawfulSource: "x"), "country"),
        (ComplianceAnswers(personalData: .none, coreData: true, importantData: true, lawfulSource: "x"), "not both"),
        (ComplianceAnswers(personalData: .none, lawfulSource: "x", thirdPartyRights: true), "notes"),
        (ComplianceAnswers(personalData: .otherBasis, lawfulSource: "x"), "notes"),
    ]

    @Test("answer the compliance checklist without contradiction", arguments: contradictory)
    func contradictions(answers: ComplianceAnswers, word: String) throws {
        let market = try Market()
        let document = try Self.document(market.fixture.declaration(market.flights, answers: answers))
        let error = try #require(throws: StatementError.self) { try Self.signed(document, .complianceDeclaration) }
        #expect("\(error)".contains(word), "\(error)")
    }
}
