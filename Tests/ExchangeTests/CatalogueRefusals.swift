import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// Each way in which the catalogue's rules refuse, by the steps that lead to it.
enum CatalogueRefusals {
    private static func refusal(_ market: inout Market, _ listing: ProductListing) throws -> RefusalCode? {
        try market.fixture.refusal(of: .productListing(listing), by: market.airport.key)
    }

    static let moid = ExternalIdentifier(scheme: "moid", value: "MOID 123")

    static let cases: [RefusalCode: RefusalTests.Case] = [
        .catalogueOnly: { market in
            let entry = market.fixture.entry(market.airport)
            let product = try Identifier(try market.fixture.submit(.productListing(entry), by: market.airport.key).subject)
            var terms = try market.fixture.terms(market.insurer, [market.flights])
            terms.products = [ContractProduct(product: product, version: 1, pricePerRun: 0)]
            return try market.fixture.refusal(of: .contract(terms), by: market.insurer.key)
        },
        .gradesContradict: { market in
            var listing = market.fixture.listing(market.airport)
            listing.grades = [SchemeGrade(scheme: .national, grade: "core")]
            return try refusal(&market, listing)
        },
        .gradeForbidsBuyer: { market in
            let terms = try core(&market)
            return try market.fixture.refusal(of: .contract(terms), by: market.insurer.key)
        },
        .negativeList: { market in
            try market.fixture.setCatalogue { $0.negativeList = NegativeList([NegativeTerm(term: "天气", reason: "气象法")]) }
            return try refusal(&market, market.fixture.listing(market.airport))
        },
        .extensionWrong: { market in
            var listing = market.fixture.listing(market.airport)
            listing.extensions = ["basin": "黄河"]
            return try refusal(&market, listing)
        },
        .changesMissing: { market in
            try market.fixture.setCatalogue { $0.requireChanges = true }
            return try refusal(&market, market.fixture.listing(market.airport, product: market.flights, version: 2))
        },
        .identifierTaken: { market in
            try market.fixture.submit(
                .productListing(market.fixture.entry(market.bureau, identifiers: [moid])), by: market.bureau.key)
            return try refusal(&market, market.fixture.entry(market.airport, identifiers: [moid]))
        },
        .identifierDropped: { market in
            let first = market.fixture.entry(market.airport, identifiers: [moid])
            let product = try Identifier(try market.fixture.submit(.productListing(first), by: market.airport.key).subject)
            return try refusal(&market, market.fixture.entry(market.airport, product: product, version: 2))
        },
        .inputMissing: { market in
            var listing = market.fixture.listing(market.airport)
            listing.productClass = .derived
            return try refusal(&market, listing)
        },
        .inputUnknown: { market in
            let nothing = Identifier(kind: .product, prefix: ExchangeFixture.prefix, payload: [1])
            return try refusal(&market, market.fixture.fullListing(market.airport, source: nothing).withoutExtensions)
        },
        .lineageCircular: { market in
            let derived = market.fixture.fullListing(market.bureau, source: market.flights).withoutExtensions
            let product = try Identifier(try market.fixture.submit(.productListing(derived), by: market.bureau.key).subject)
            var circular = market.fixture.listing(market.airport, product: market.flights, version: 2)
            circular.inputs = [ProductInput(name: "itself", origin: .free, licence: "own", product: product)]
            return try refusal(&market, circular)
        },
        .rightsMissing: { market in
            try market.fixture.setCatalogue { $0.requiredRights = [.dataset: [.operation]] }
            return try refusal(&market, market.fixture.listing(market.airport))
        },
        .complianceInconsistent: { market in
            var answers = ComplianceAnswers.harmless
            answers.coreData = true
            return try market.fixture.refusal(
                of: market.fixture.declaration(market.flights, answers: answers), by: market.airport.key)
        },
        .snapshotDiffers: { market in
            var assessment = market.fixture.assessment(market.flights)
            assessment.figures.rows += 1
            return try market.fixture.refusal(of: .catalogue(.assessment(assessment)), by: market.fixture.nodeKey)
        },
    ]

    /// Lists a product of core grade, and gives the insurer's terms over it.
    static func core(_ market: inout Market) throws -> ContractTerms {
        var listing = market.fixture.listing(market.airport, modes: [.aggregate])
        listing.grade = .important
        listing.grades = [SchemeGrade(scheme: .national, grade: "core")]
        let event = try market.fixture.submit(.productListing(listing), by: market.airport.key)
        return try market.fixture.terms(market.insurer, [try Identifier(event.subject)])
    }
}

extension ProductListing {
    /// As a space without fields of its own takes it.
    var withoutExtensions: ProductListing {
        var listing = self
        listing.extensions = [:]
        return listing
    }
}
