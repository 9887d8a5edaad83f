import Encoding

/// What the catalogue knows of one product, as it is indexed.
public struct CatalogueDocument: Sendable, Hashable {
    /// The status that hides a product from searches which do not ask for withdrawn ones.
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
    public var status: String
    public var updated: Timestamp
    /// Number of the ledger entry that this version comes from.
    public var seq: UInt64
    /// What a search gives back: the product as the catalogue shows it.
    public var body: JSONValue

    public init(
        identifier: String, provider: String, titles: [String: String], descriptions: [String: String],
        keywords: [String], grade: String, class productClass: String, status: String, updated: Timestamp, seq: UInt64,
        body: JSONValue
    ) {
        self.identifier = identifier
        self.provider = provider
        self.titles = titles
        self.descriptions = descriptions
        self.keywords = keywords
        self.grade = grade
        self.class = productClass
        self.status = status
        self.updated = updated
        self.seq = seq
        self.body = body
    }
}

/// A search. All words of the text must be found, in whatever order and language; an empty text finds everything.
public struct CatalogueQuery: Sendable, Hashable {
    /// What the user typed, at most 512 bytes and 16 words; nothing in it is an operator.
    public var text: String
    public var provider: String?
    public var grade: String?
    public var `class`: String?
    public var includeWithdrawn: Bool
    /// How many hits a page may have, 1 to 200.
    public var limit: Int
    /// The `nextCursor` of the page before; `nil` for the first page.
    public var cursor: String?

    public init(
        text: String, provider: String? = nil, grade: String? = nil, class productClass: String? = nil,
        includeWithdrawn: Bool = false, limit: Int = 20, cursor: String? = nil
    ) {
        self.text = text
        self.provider = provider
        self.grade = grade
        self.class = productClass
        self.includeWithdrawn = includeWithdrawn
        self.limit = limit
        self.cursor = cursor
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
    /// For the query's `cursor`, to get the next page; `nil` on the last one. A product that is updated between two
    /// pages moves to the front of its rank, and so may be missed by who is past it; none is given twice unless so moved.
    public var nextCursor: String?
}
