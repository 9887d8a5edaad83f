import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing

@Suite("Policy of the catalogue")
struct CataloguePolicyTests {
    static var full: CataloguePolicy {
        var policy = CataloguePolicy()
        policy.contentReview = .first
        policy.negativeList = NegativeList([
            NegativeTerm(term: "人脸", reason: "law"), NegativeTerm(term: "arms", reason: "law", place: .subject),
        ])
        policy.extensionFields = [
            ExtensionField(name: "basin", type: .choice, choices: ["黄河", "泾河"], isRequired: true, classes: [.basic]),
            ExtensionField(name: "gauges", type: .integer), ExtensionField(name: "live", type: .boolean),
            ExtensionField(name: "note", type: .text),
        ]
        policy.requiredRights = [.dataset: [.holding, .operation], .report: [.processing]]
        policy.gradeRules = [
            .coreToGovernment, GradeRule(strictness: 3, types: [.government, .enterprise], minimumLevel: .city),
            GradeRule(strictness: 2, types: [.institution]),
        ]
        policy.requireCompliance = true
        policy.requireChanges = true
        return policy
    }

    @Test("reads back from the statement that sets it")
    func roundTrip() throws {
        var fixture = try ExchangeFixture()
        for policy in [CataloguePolicy(), Self.full] {
            try fixture.setCatalogue { $0 = policy }
            #expect(fixture.state.space?.policy.catalogue == policy)
            #expect(try fixture.replayed() == fixture.state)
        }
    }

    @Test("left out has the values of a new space: nothing is reviewed, and core data is the government's")
    func defaults() throws {
        var fixture = try ExchangeFixture()
        try fixture.setCatalogue { $0 = Self.full }
        let payload = StatementHeader(
            kind: .spacePolicy, space: ExchangeFixture.prefix, issuedAt: fixture.time, nonce: fixture.freshNonce()
        ).document([("catalogue", [:])]).serialized()
        let jws = JWS.sign(payload: payload, type: StatementKind.spacePolicy.mediaType, key: fixture.operatorKey)
        try fixture.submit(try SignedStatement(.string(jws)))
        #expect(fixture.state.space?.policy.catalogue == CataloguePolicy())
        #expect(CataloguePolicy().gradeRules == [.coreToGovernment])
        #expect(CataloguePolicy().contentReview == .none)
    }

    private static let misfitting: [(String, JSONValue)] = [
        ("/catalogue/contentReview", "sometimes"), ("/catalogue/requireCompliance", 1),
        ("/catalogue/extensionFields/0/name", "9lives"), ("/catalogue/extensionFields/0/type", "number"),
        ("/catalogue/extensionFields/1", ["name": "basin", "type": "text"]),
        ("/catalogue/extensionFields/1", ["name": "depth", "type": "choice"]),
        ("/catalogue/extensionFields/1", ["name": "depth", "type": "text", "choices": ["a"]]),
        ("/catalogue/negativeList/0/term", "\u{200B}"), ("/catalogue/negativeList/0/in", "title"),
        ("/catalogue/gradeRules/0/strictness", 5), ("/catalogue/gradeRules/0/allowedBuyers/minimumLevel", "village"),
        ("/catalogue/gradeRules/2/allowedBuyers/minimumLevel", "county"),
        ("/catalogue/requiredRights/dataset/0", "ownership"), ("/catalogue/requiredRights/song", ["holding"]),
        ("/catalogue/colour", "red"),
    ]

    @Test("with anything else in it is refused at its place", arguments: misfitting)
    func misfits(pointer: String, value: JSONValue) throws {
        var fixture = try ExchangeFixture()
        var policy = SpacePolicy()
        policy.catalogue = Self.full
        var document = try JSONValue.parse(
            StatementContent.spacePolicy(policy).payload(space: ExchangeFixture.prefix, issuedAt: fixture.time, nonce: fixture.freshNonce()))
        document = try Self.replacing(document, Array(pointer.split(separator: "/").map(String.init)), value)
        let jws = JWS.sign(payload: document.serialized(), type: StatementKind.spacePolicy.mediaType, key: fixture.operatorKey)
        let error = try #require(throws: StatementError.self) { try SignedStatement(.string(jws)) }
        #expect(error.pointer?.hasPrefix(pointer) == true, "\(error)")
    }

    static func replacing(_ value: JSONValue, _ path: [String], _ new: JSONValue) throws -> JSONValue {
        guard let first = path.first else { return new }
        let rest = Array(path.dropFirst())
        if var elements = value.arrayValue {
            let index = try #require(Int(first))
            elements[index] = try replacing(elements[index], rest, new)
            return .array(elements)
        }
        var object = try #require(value.objectValue)
        object[first] = try replacing(object[first] ?? .null, rest, new)
        return .object(object)
    }

    // MARK: The space's own fields

    /// Values of the extension members, with the pointer at which they are refused, or `nil` where they are right.
    private static let fields: [(JSONObject, String?)] = [
        (["basin": "黄河"], nil), (["basin": "黄河", "gauges": 12, "live": false, "note": "a\nb"], nil), ([:], "/extensions"),
        (["gauges": 12], "/extensions"), (["basin": "长江"], "/extensions/basin"), (["basin": 1], "/extensions/basin"),
        (["basin": "黄河", "gauges": "12"], "/extensions/gauges"), (["basin": "黄河", "live": "yes"], "/extensions/live"),
        (["basin": "黄河", "note": true], "/extensions/note"), (["basin": "黄河", "Note": "x"], "/extensions/Note"),
        (["basin": "黄河", "depth": 1], "/extensions/depth"),
    ]

    @Test("adds fields to listings, which are checked by name and type", arguments: fields)
    func extensionFields(extensions: JSONObject, pointer: String?) throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Grid", [.provider])
        try fixture.setCatalogue { $0.extensionFields = Self.full.extensionFields }
        var listing = fixture.listing(provider)
        listing.extensions = extensions
        do {
            try fixture.submit(.productListing(listing), by: provider.key)
            #expect(pointer == nil)
        } catch let refusal as Refusal {
            #expect(refusal.code == .extensionWrong)
            #expect(refusal.pointer == pointer)
        }
    }

    @Test("asks for a field of the classes that have it only")
    func classes() throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Grid", [.provider])
        try fixture.setCatalogue { $0.extensionFields = Self.full.extensionFields }
        var listing = fixture.listing(provider)
        listing.productClass = .feature
        #expect(try fixture.refusal(of: .productListing(listing), by: provider.key) == nil)
        listing.extensions = ["basin": "黄河"]
        #expect(try fixture.refusal(of: .productListing(listing), by: provider.key) == .extensionWrong)
    }
}
