import Encoding

/// What the catalogue knows of one product, as it is indexed.
public struct CatalogueDocument: Sendable, Hashable {
    /// The status of a product that searches find; those of any other are found only by who asks for them too.
    public static let listedStatus = "listed"
    public static let withdrawnStatus = "withdrawn"

    public var identifier: String
    /// The provider's identifier.
    public var provider: String
    /// Titles by language tag (BCP 47), for example `zh` and `en`.
    public var titles: [String: String]
    /// Descriptions by language tag.
    public var descriptions: [String: String]
    public var keywords: [String]
    public var grade: String
    public var `class`: String
    /// What kind of thing it is, such as a dataset or a service.
    public var form: String
    public var updateCycle: String
    /// Other registers' numbers of it, each found as well as the identifier itself.
    public var externalIdentifiers: [ExternalIdentifier]
    public var status: String
    public var updated: Timestamp
    /// Number of the ledger entry that this version comes from.
    public var seq: UInt64
    /// What a search gives back: the product as the catalogue shows it.
    public var body: JSONValue

    public init(
        identifier: String, provider: String, titles: [String: String], descriptions: [String: String],
        keywords: [String], grade: String, class productClass: String, form: String = "", updateCycle: String = "",
        externalIdentifiers: [ExternalIdentifier] = [], status: String, updated: Timestamp, seq: UInt64, body: JSONValue
    ) {
        self.identifier = identifier
        self.provider = provider
        self.titles = titles
        self.descriptions = descriptions
        self.keywords = keywords
        self.grade = grade
        self.class = productClass
        self.form = form
        self.updateCycle = updateCycle
        self.externalIdentifiers = externalIdentifiers
        self.status = status
        self.updated = updated
        self.seq = seq
        self.body = body
    }
}

extension CatalogueDocument {
    /// A number that another register gave the thing, such as a MOID or a DOI.
    public struct ExternalIdentifier: Sendable, Hashable {
        public var scheme: String
        public var value: String

        public init(scheme: String, value: String) {
            self.scheme = scheme
            self.value = value
        }
    }
}

/// A search. All words of the text must be found, in whatever order and language; an empty text finds everything.
public struct CatalogueQuery: Sendable, Hashable {
    /// What the user typed, at most 512 bytes and 16 words; nothing in it is an operator.
    public var text: String
    public var provider: String?
    public var grade: String?
    public var `class`: String?
    public var form: String?
    public var updateCycle: String?
    /// One of the product's own keywords, as it is written there.
    public var keyword: String?
    public var includeWithdrawn: Bool
    /// Of what the counts are wanted beside the hits.
    public var facets: [CatalogueFacet]
    /// How many hits a page may have, 1 to 200.
    public var limit: Int
    /// The `nextCursor` of the page before; `nil` for the first page.
    public var cursor: String?

    public init(
        text: String, provider: String? = nil, grade: String? = nil, class productClass: String? = nil,
        form: String? = nil, updateCycle: String? = nil, keyword: String? = nil, includeWithdrawn: Bool = false,
        facets: [CatalogueFacet] = [], limit: Int = 20, cursor: String? = nil
    ) {
        self.text = text
        self.provider = provider
        self.grade = grade
        self.class = productClass
        self.form = form
        self.updateCycle = updateCycle
        self.keyword = keyword
        self.facets = facets
        self.includeWithdrawn = includeWithdrawn
        self.limit = limit
        self.cursor = cursor
    }
}

/// What a search can be narrowed by, and counted by.
public enum CatalogueFacet: String, Sendable, Hashable, CaseIterable {
    case `class`, grade, form, updateCycle, provider, keyword
}

/// How many of the products found have one value of a facet.
public struct FacetCount: Sendable, Hashable {
    public var value: String
    public var count: Int

    public init(value: String, count: Int) {
        self.value = value
        self.count = count
    }
}

/// One found product.
public struct CatalogueHit: Sendable, Hashable {
    public var identifier: String
    /// How well it matches, 0 is best: 0 a title or the identifier is the search text; 1 a title begins with its first
    /// word, and titles hold all words; 2 titles hold all words; 3 titles and keywords do; 4 all texts together do.
    /// Without search text it is 4. Within a rank the latest update comes first.
    public var rank: Int
    public var status: String
    public var updated: Timestamp
    public var seq: UInt64
    public var body: JSONValue
}

/// One page of hits, best first.
public struct CataloguePage: Sendable, Hashable {
    public var hits: [CatalogueHit]
    /// How many products match in all; counting stops at 1,000.
    public var total: Int
    /// `false` where `total` is 1,000 and more may match.
    public var totalIsExact: Bool
    /// For each facet that was asked for, the most frequent values, at most fifty, the most frequent first.
    public var facets: [CatalogueFacet: [FacetCount]] = [:]
    /// `false` where more than 10,000 products match the text: then the latest 10,000 of them were counted.
    public var facetsAreExact = true
    /// For the query's `cursor`, to get the next page; `nil` on the last one. A product that is updated between two
    /// pages moves to the front of its rank, and so may be missed by who is past it; none is given twice unless so moved.
    public var nextCursor: String?
}
