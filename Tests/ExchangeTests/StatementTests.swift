import Contracts
import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Signed statements")
struct StatementTests {
    /// One of every kind, with every member that its kind can have.
    static func samples() throws -> [StatementContent] {
        let market = try Market()
        let fixture = market.fixture
        var application = fixture.application("Yǒng'ān 保险", [.buyer, .auditor], [try SigningKey.numbered(99).verificationKey])
        application.country = "CN"
        application.creditCode = try UnifiedSocialCreditCode("91350100M000100Y43")
        let parameters = ParameterType.allCases.map { QueryParameter(name: "p_\($0.rawValue)", type: $0) }
        return [
            .spaceCharter(fixture.charter), try fixture.logKeys([0, 1]), .participantApplication(application),
            fixture.decision(market.airport.identifier, .suspend),
            .productListing(fixture.listing(market.airport, product: market.flights, version: 2)),
            .productWithdrawal(ProductWithdrawal(product: market.flights, reason: "")),
            .contract(try fixture.terms(market.insurer, [market.flights, market.weather])),
            .contractTermination(ContractTermination(contract: market.contract, reason: "期满")),
            .querySubmission(fixture.submission(market.insurer, [market.flights], mode: .rows, parameters: parameters)),
            QueryVerdict.revoke.statement(market.flightsQuery),
            fixture.request(market.jointQuery, [market.contract], ["a": 1, "b": true, "c": "二"]),
            .spacePolicy(SpacePolicy()),
        ]
    }

    private static func sign(_ content: StatementContent) throws -> SignedStatement {
        var fixture = try ExchangeFixture()
        if case .participantApplication = content { return try fixture.sign(content, by: try SigningKey.numbered(99)) }
        return try fixture.sign(content, by: fixture.operatorKey)
    }

    /// A statement with other bytes than its members would give, signed all the same.
    private static func signed(_ payload: String, _ kind: StatementKind) throws -> JSONValue {
        let key = try SigningKey.numbered(1)
        if kind == .contract {
            return GeneralJWS.sign(payload: Array(payload.utf8), type: kind.mediaType, key: key).json
        }
        return .string(JWS.sign(payload: Array(payload.utf8), type: kind.mediaType, key: key))
    }

    private static func document(_ content: StatementContent) throws -> JSONObject {
        let payload = content.payload(space: "86.gs", issuedAt: ExchangeFixture.start, nonce: "0123456789abcdef")
        return try #require(try JSONValue.parse(payload).objectValue)
    }

    @Test("of every kind read back as they were signed")
    func roundTrip() throws {
        let samples = try Self.samples()
        #expect(samples.map(\.kind) == StatementKind.ofTrade)
        #expect(
            Set(StatementKind.ofTrade + StatementKind.ofIdentity + StatementKind.ofCatalogue + StatementKind.ofRights
                + StatementKind.ofRuns)
                == Set(StatementKind.allCases))
        for content in samples {
            let statement = try Self.sign(content)
            let read = try SignedStatement(try JSONValue.parse(statement.json.serialized()))
            #expect(read.content == content)
            #expect(read.kind == content.kind)
            #expect(read.payload == statement.payload)
            #expect(read.header.space == ExchangeFixture.prefix)
            #expect(read.content.payload(space: read.header.space, issuedAt: read.header.issuedAt, nonce: read.header.nonce) == read.payload)
        }
    }

    @Test("of every kind satisfy the published schema of their kind, and no other's")
    func schemas() throws {
        for content in try Self.samples() {
            let document = JSONValue.object(try Self.document(content))
            for kind in StatementKind.allCases {
                let mismatch = ContractSchemas.mismatch(inStatement: document, kind: kind.rawValue)
                #expect((mismatch == nil) == (kind == content.kind), "\(content.kind) as \(kind): \(String(describing: mismatch))")
            }
        }
    }

    @Test("with an unknown member are refused with its place")
    func unknownMembers() throws {
        for content in try Self.samples() {
            var document = try Self.document(content)
            document["colour"] = "red"
            try Self.expectMismatch(at: "/colour", document, content.kind)
        }
        let listing = try Self.document(try Self.samples()[4])
        var modes = try #require(listing["modes"]?.objectValue)
        modes["downloads"] = [:]
        var changed = listing
        changed["modes"] = .object(modes)
        try Self.expectMismatch(at: "/modes/downloads", changed, .productListing)
    }

    @Test("without one of their members, or with null for it, are refused")
    func missingMembers() throws {
        let optional: Set<String> = ["nodeKeys", "offline", "identity", "catalogue", "rights", "runs", "creditCode", "product"]
        for content in try Self.samples() {
            let whole = try Self.document(content)
            for name in whole.names where !optional.contains(name) || content.kind == .productWithdrawal {
                var document = whole
                document[name] = nil
                try Self.expectMismatch(at: "", document, content.kind)
                document = whole
                document[name] = .null
                #expect(throws: StatementError.self) {
                    try SignedStatement(try Self.signed(JSONValue.object(document).serializedString(), content.kind))
                }
            }
        }
    }

    private static func expectMismatch(at pointer: String, _ document: JSONObject, _ kind: StatementKind) throws {
        do {
            _ = try SignedStatement(try signed(JSONValue.object(document).serializedString(), kind))
            Issue.record("a \(kind.rawValue) is accepted that differs at \(pointer)")
        } catch let error as StatementError {
            #expect(error.pointer == pointer, "\(kind.rawValue): \(error)")
        }
    }

    private static let misfits: [(String, JSONValue)] = [
        ("/version", 1), ("/provider", "86.gs/P"), ("/snapshot/sha256", "00"), ("/price/perRun", -1),
        ("/price/perRun", .number(5.0)), ("/version", 0), ("/title", [:]), ("/title", ["e": "x"]), ("/title", ["en": ""]),
        ("/title", ["en": "two\nlines"]), ("/summary", ["en": "bell \u{7}"]), ("/licence", "\u{202E}reversed"),
        ("/keywords", ["a", "a"]), ("/class", "other"), ("/modes", [:]), ("/modes/rows/columns", ["station"]),
        ("/modes/rows/columns", ["absent"]), ("/modes/rows/columns", []), ("/grade", "important"),
        ("/snapshot/columns/0/role", "privacy_unit"), ("/snapshot/columns/1/name", "ORIGIN"), ("/issuedAt", "2026-11-21"),
        ("/issuedAt", "2026-02-30T00:00:00.000Z"), ("/nonce", "short"), ("/space", "-"), ("/kind", "contract"),
    ]

    @Test("keep to what the members must say together", arguments: misfits)
    func conditions(pointer: String, value: JSONValue) throws {
        let document = JSONValue.object(try Self.document(try Self.samples()[4]))
        let changed = try #require(Self.setting(document, pointer.split(separator: "/").map(String.init)[...], value))
        #expect(throws: StatementError.self) {
            try SignedStatement(try Self.signed(changed.serializedString(), .productListing))
        }
    }

    /// The document with one value set, at a place that it has.
    private static func setting(_ document: JSONValue, _ path: ArraySlice<String>, _ value: JSONValue) -> JSONValue? {
        guard let step = path.first else { return value }
        if case .array(var elements) = document {
            guard let index = Int(step), elements.indices.contains(index),
                let inner = setting(elements[index], path.dropFirst(), value)
            else { return nil }
            elements[index] = inner
            return .array(elements)
        }
        guard var object = document.objectValue, let member = object[step],
            let inner = setting(member, path.dropFirst(), value)
        else { return nil }
        object[step] = inner
        return .object(object)
    }

    @Test("with a changed payload, signature or key do not verify")
    func tampering() throws {
        let statement = try Self.sign(try Self.samples()[3])
        let text = try #require(statement.json.stringValue)
        let key = try SigningKey.numbered(1).verificationKey
        _ = try statement.verified { _ in key }
        #expect(throws: StatementError.unknownKey(key.keyIdentifier)) { try statement.verified { _ in nil } }
        let other = try SigningKey.numbered(2).verificationKey
        #expect(throws: StatementError.badSignature(keyIdentifier: key.keyIdentifier)) { try statement.verified { _ in other } }
        var refused = 0
        for place in text.utf8.indices {
            var changed = Array(text.utf8)
            let offset = text.utf8.distance(from: text.utf8.startIndex, to: place)
            changed[offset] = changed[offset] == 0x41 ? 0x42 : 0x41
            do { _ = try SignedStatement(.string(String(decoding: changed, as: UTF8.self))).verified { _ in key } } catch { refused += 1 }
        }
        #expect(refused == text.utf8.count)
    }

    @Test("stand only for the kind that their signature names")
    func types() throws {
        let payload = String(decoding: try Self.sign(try Self.samples()[3]).payload, as: UTF8.self)
        let key = try SigningKey.numbered(1)
        #expect(throws: StatementError.unknownType("JWT")) {
            try SignedStatement(.string(JWS.sign(payload: Array(payload.utf8), type: "JWT", key: key)))
        }
        #expect(throws: StatementError.self) { try SignedStatement(try Self.signed(payload, .queryDecision)) }
    }

    @Test("come in the form of their kind: contracts and many-keyed applications general, all else compact")
    func forms() throws {
        let samples = try Self.samples()
        let key = try SigningKey.numbered(1)
        for content in samples {
            let payload = try Self.sign(content).payload
            let type = content.kind.mediaType
            let json = content.kind == .contract
                ? JSONValue.string(JWS.sign(payload: payload, type: type, key: key))
                : GeneralJWS.sign(payload: payload, type: type, key: key).json
            #expect(throws: StatementError.wrongForm(content.kind)) { try SignedStatement(json) }
        }
    }

    @Test("that are no JSON, too deep, or too long for an entry are refused")
    func limits() throws {
        for payload in ["", "{", "[]", "{\"kind\":\"space-charter\",\"kind\":\"space-charter\"}", String(repeating: "[", count: 17)] {
            #expect(throws: StatementError.self) { try SignedStatement(try Self.signed(payload, .spaceCharter)) }
        }
        let market = try Market()
        var submission = market.fixture.submission(market.insurer, [market.flights])
        submission.sql = String(repeating: "x", count: QuerySubmission.maximumTextCount)
        _ = try Self.sign(.querySubmission(submission))
        submission.sql += "x"
        #expect(throws: StatementError.self) { try Self.sign(.querySubmission(submission)) }
        submission.sql = String(repeating: "\u{1}", count: 10)
        #expect(throws: StatementError.self) { try Self.sign(.querySubmission(submission)) }
        let spaces = String(repeating: " ", count: SignedStatement.maximumCount)
        #expect(throws: StatementError.self) {
            let payload = String(decoding: try Self.sign(try Self.samples()[3]).payload, as: UTF8.self)
            return try SignedStatement(try Self.signed(payload + spaces, .participantDecision))
        }
    }

    @Test("count characters as the schema does, so that a name of 200 Chinese characters is a name")
    func characters() throws {
        var application = try ExchangeFixture().application("", [.buyer], [try SigningKey.numbered(99).verificationKey])
        application.name = String(repeating: "庆", count: 200)
        #expect(try Self.sign(.participantApplication(application)).content == .participantApplication(application))
        application.name += "庆"
        #expect(throws: StatementError.self) { try Self.sign(.participantApplication(application)) }
    }

    @Test("of a Chinese organisation carry its credit code")
    func creditCode() throws {
        var application = try ExchangeFixture().application("庆阳", [.buyer], [try SigningKey.numbered(99).verificationKey])
        application.country = "CN"
        #expect(throws: StatementError.self) { try Self.sign(.participantApplication(application)) }
        application.type = .individual
        _ = try Self.sign(.participantApplication(application))
    }

    @Test("of parties to a contract name each once, and as many as one JWS takes signatures")
    func parties() throws {
        let market = try Market()
        var terms = try market.fixture.terms(market.insurer, [market.flights])
        terms.providers = [market.insurer.identifier]
        #expect(throws: StatementError.self) { try Self.sign(.contract(terms)) }
        terms.providers = (0..<15).map { Identifier(kind: .participant, prefix: "86", payload: [$0]) }
        _ = try Self.sign(.contract(terms))
        terms.providers.append(Identifier(kind: .participant, prefix: "86", payload: [15]))
        #expect(throws: StatementError.self) { try Self.sign(.contract(terms)) }
        terms = try market.fixture.terms(market.insurer, [market.flights])
        terms.validUntil = terms.validFrom
        #expect(throws: StatementError.self) { try Self.sign(.contract(terms)) }
        terms = try market.fixture.terms(market.insurer, [market.flights])
        terms.products.append(ContractProduct(product: market.flights, version: 1, pricePerRun: 0))
        #expect(throws: StatementError.self) { try Self.sign(.contract(terms)) }
    }
}
