import Exchange
import Signing

// The steps of the catalogue: its policy, reviews, declarations and assessments.
extension ExchangeFixture {
    /// Sets the space's policy, with the catalogue's section changed.
    @discardableResult
    public mutating func setCatalogue(_ change: (inout CataloguePolicy) -> Void) throws -> Event {
        var policy = state.space?.policy ?? SpacePolicy()
        change(&policy.catalogue)
        return try submit(.spacePolicy(policy), by: operatorKey)
    }

    /// A listing without data.
    public func entry(
        _ provider: Party, _ number: Int = 1, product: Identifier? = nil, version: Int64 = 1,
        identifiers: [ExternalIdentifier] = []
    ) -> ProductListing {
        var listing = ProductListing(
            provider: provider.identifier, product: product, version: version,
            title: ["en": "Register of wells, sheet \(number)", "zh": "水井名录 第\(number)号"], summary: ["zh": "目录条目"],
            keywords: ["水井"], productClass: .basic, grade: .public, form: .report, origin: .selfCollected,
            licence: "CC0-1.0", updateCycle: "yearly", data: nil)
        listing.externalIdentifiers = identifiers
        return listing
    }

    /// A listing with every member that a listing can have.
    public func fullListing(_ provider: Party, source: Identifier, rights: [Identifier] = []) -> ProductListing {
        var listing = listing(provider)
        listing.productClass = .derived
        listing.description = ["en": "At length.\nIn two lines.", "zh": "详细说明"]
        listing.changes = ["en": "The first version."]
        listing.externalIdentifiers = [
            ExternalIdentifier(scheme: "moid", value: "MOID 123"), ExternalIdentifier(scheme: "doi", value: "10.1000/182"),
        ]
        listing.inputs = [
            ProductInput(name: "Radar", origin: .purchased, licence: "Contract 7", channel: "Satellite link, licence 12"),
            ProductInput(name: "Flights", origin: .cooperative, licence: "CC-BY-4.0", product: source),
        ]
        listing.coverage = Coverage(
            spatial: ["甘肃省庆阳市", "CN-62"], from: Self.start, until: Self.start.advanced(byMilliseconds: 86_400_000))
        listing.grades = [SchemeGrade(scheme: .national, grade: "general"), SchemeGrade(scheme: .tripartite, grade: "sensitive")]
        listing.extensions = ["basin": "黄河", "gauges": 12, "live": true]
        listing.rights = rights
        let figure = QualityFigure(value: "98.5", unit: "%", method: "Sample of 1,000 rows against the source")
        listing.qualityStatement = QualityStatement(accuracy: figure, freshness: QualityFigure(value: "600", unit: "s", method: "Delay of the feed"))
        return listing
    }

    public func review(_ product: Identifier, _ verdict: ProductVerdict) -> StatementContent { review(product, 1, verdict) }

    public func review(_ product: Identifier, _ version: Int64, _ verdict: ProductVerdict) -> StatementContent {
        .catalogue(.review(ProductReview(product: product, version: version, verdict: verdict, reason: "looked at by hand")))
    }

    public func declaration(
        _ product: Identifier, _ version: Int64 = 1, answers: ComplianceAnswers = .harmless
    ) -> StatementContent {
        .catalogue(.declaration(ComplianceDeclaration(product: product, version: version, answers: answers)))
    }

    public func complianceReview(_ product: Identifier, _ verdict: ComplianceVerdict) -> StatementContent {
        complianceReview(product, 1, verdict)
    }

    /// The operator's word on the declaration that the state knows.
    public func complianceReview(
        _ product: Identifier, _ version: Int64, _ verdict: ComplianceVerdict
    ) -> StatementContent {
        let declared = state.products[product]?.version(version)?.compliance?.declared.statement
        return .catalogue(
            .complianceReview(
                ComplianceReview(
                    product: product, version: version, declaration: declared ?? String(repeating: "0", count: 64),
                    verdict: verdict, reason: "answers checked")))
    }

    /// What the node would say of a version of three columns.
    public func assessment(_ product: Identifier, _ version: Int64 = 1) -> QualityAssessment {
        let data = state.products[product]?.version(version)?.data
        return QualityAssessment(
            product: product, version: version, snapshot: data?.snapshot ?? String(repeating: "0", count: 64),
            methodName: "hexi-quality", methodVersion: "1.0", report: SHA256.hash("the report".utf8).description,
            figures: QualityAssessment.Figures(
                rows: data?.rowCount ?? 0, columns: Int64(data?.columns.count ?? 1), minimumCompleteness: 970,
                meanCompleteness: 991, duplicates: 0, freshnessSeconds: 3600, issues: ["range-suspicious"]))
    }
}

extension ComplianceAnswers {
    public static let harmless = ComplianceAnswers(personalData: .none, lawfulSource: "Measured by ourselves")
}
