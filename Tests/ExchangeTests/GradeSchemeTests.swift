import Exchange
import ExchangeTestKit
import Testing

@Suite("Grades of several schemes")
struct GradeSchemeTests {
    /// Written down a second time: which of the four levels each grade can mean.
    private static let meanings: [GradeScheme: [String: Set<Int64>]] = [
        .openness: ["public": [1], "restricted": [2], "important": [3, 4]],
        .national: ["general": [1, 2], "important": [3], "core": [4]],
        .tripartite: ["general": [1, 2], "sensitive": [2, 3], "core": [4]],
    ]

    private static func grades(_ scheme: GradeScheme) -> [String?] { [nil] + scheme.grades.map(\.name) }

    @Test("fit together when one level fits all of them, and the least strict such level counts")
    func everyCombination() throws {
        let fixture = try ExchangeFixture()
        let provider = Party(name: "P", key: fixture.operatorKey, identifier: Identifier(kind: .participant, prefix: "86.gs", payload: [1]))
        for grade in ProductGrade.allCases {
            for national in Self.grades(.national) {
                for tripartite in Self.grades(.tripartite) {
                    var listing = fixture.entry(provider)
                    listing.grade = grade
                    var levels = Self.meanings[.openness]?[grade.rawValue] ?? []
                    for (scheme, name) in [(GradeScheme.national, national), (.tripartite, tripartite)] {
                        guard let name else { continue }
                        listing.grades.append(SchemeGrade(scheme: scheme, grade: name))
                        levels.formIntersection(Self.meanings[scheme]?[name] ?? [])
                    }
                    #expect((listing.strictnessRange == nil) == levels.isEmpty, "\(grade) \(listing.grades)")
                    #expect(listing.strictness == (levels.min() ?? 4), "\(grade) \(listing.grades)")
                }
            }
        }
    }

    @Test("that contradict each other are refused at their place, with those that would fit")
    func contradiction() throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Grid", [.provider])
        var listing = fixture.listing(provider)
        listing.grades = [SchemeGrade(scheme: .tripartite, grade: "sensitive"), SchemeGrade(scheme: .national, grade: "important")]
        let refusal = try #require(throws: Refusal.self) { try fixture.submit(.productListing(listing), by: provider.key) }
        #expect(refusal.code == .gradesContradict)
        #expect(refusal.pointer == "/grades/1/grade")
        #expect(refusal.message.contains("general would fit"))
        listing.grades[1].grade = "general"
        #expect(try fixture.refusal(of: .productListing(listing), by: provider.key) == nil)
        listing.grade = .public
        let second = try #require(throws: Refusal.self) { try fixture.submit(.productListing(listing), by: provider.key) }
        #expect(second.pointer == "/grades/0/grade")
        #expect(second.message.contains("general would fit"))
    }
}

@Suite("Grade rules")
struct GradeRuleTests {
    /// A market, a product of core grade, and a buyer of a type and level.
    private static func stage(
        _ type: ParticipantType, _ level: GovernmentLevel?
    ) throws -> (fixture: ExchangeFixture, airport: Party, buyer: Party, product: Identifier) {
        var fixture = try ExchangeFixture()
        let airport = try fixture.register("Airport", [.provider])
        let key = try fixture.freshKey()
        var application = fixture.application("Buyer", [.buyer], [key.verificationKey])
        application.type = type
        application.level = level
        let event = try fixture.submit(.participantApplication(application), by: key)
        let buyer = Party(name: "Buyer", key: key, identifier: try Identifier(event.subject))
        try fixture.decide(buyer.identifier, .approve)
        var listing = fixture.listing(airport, modes: [.aggregate])
        listing.grade = .important
        listing.grades = [SchemeGrade(scheme: .national, grade: "core")]
        let product = try Identifier(try fixture.submit(.productListing(listing), by: airport.key).subject)
        return (fixture, airport, buyer, product)
    }

    @Test("of a new space let core data go to government at county level or above, and to nobody else")
    func defaults() throws {
        let allowed: Set<GovernmentLevel> = [.county, .city, .province, .national]
        for level in GovernmentLevel.allCases {
            var (fixture, _, buyer, product) = try Self.stage(.government, level)
            let terms = try fixture.terms(buyer, [product])
            let code = try fixture.refusal(of: .contract(terms), by: buyer.key)
            #expect(code == (allowed.contains(level) ? nil : .gradeForbidsBuyer), "\(level)")
        }
        for type in ParticipantType.allCases where type != .government {
            var (fixture, _, buyer, product) = try Self.stage(type, nil)
            let terms = try fixture.terms(buyer, [product])
            #expect(try fixture.refusal(of: .contract(terms), by: buyer.key) == .gradeForbidsBuyer, "\(type)")
        }
    }

    @Test("say who may buy, and as what the buyer is registered")
    func message() throws {
        var (fixture, _, buyer, product) = try Self.stage(.government, .township)
        let terms = try fixture.terms(buyer, [product])
        let refusal = try #require(throws: Refusal.self) { try fixture.submit(.contract(terms), by: buyer.key) }
        #expect(refusal.message.contains("government bodies at county level or above"))
        #expect(refusal.message.contains("township government"))
        #expect(refusal.pointer == "/products/0")
    }

    @Test("are asked again at every run: what the policy forbids meanwhile is refused")
    func atEveryRun() throws {
        var market = try Market()
        try market.fixture.run(market.insurer, market.flightsQuery, [market.contract])
        try market.fixture.setCatalogue { $0.gradeRules = [GradeRule(strictness: 2, types: [.government, .institution])] }
        let request = market.fixture.request(market.flightsQuery, [market.contract])
        let event = try market.fixture.submit(request, by: market.insurer.key, .outcome(.refusedByRules))
        #expect(event.type == .runRefused)
        #expect(event.body["code"] == "grade-forbids-buyer")
        try market.fixture.setCatalogue { $0.gradeRules = [] }
        try market.fixture.run(market.insurer, market.flightsQuery, [market.contract])
        #expect(try market.fixture.replayed() == market.fixture.state)
    }
}
