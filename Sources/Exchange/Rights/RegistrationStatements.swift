import Encoding

/// A holder registers a data resource. Its evidence is on the ledger as salted hashes only.
public struct ResourceRegistration: Sendable, Hashable {
    public var holder: Identifier
    /// By language tag.
    public var title: [String: String]
    public var summary: [String: String]
    public var grade: ResourceGrade
    public var origin: ProductOrigin
    /// On what law, contract or consent the data was collected, in words; empty where there is none to name.
    public var lawfulBasis: String
    public var externalIdentifiers: [ExternalIdentifier]
    public var evidence: [EvidenceReference]

    public init(
        holder: Identifier, title: [String: String], summary: [String: String], grade: ResourceGrade,
        origin: ProductOrigin, lawfulBasis: String, externalIdentifiers: [ExternalIdentifier] = [],
        evidence: [EvidenceReference] = []
    ) {
        self.holder = holder
        self.title = title
        self.summary = summary
        self.grade = grade
        self.origin = origin
        self.lawfulBasis = lawfulBasis
        self.externalIdentifiers = externalIdentifiers
        self.evidence = evidence
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        holder = try cursor.member("holder").identifier(.participant)
        title = try cursor.member("title").languageMap(maximumCount: 300)
        summary = try cursor.member("summary").languageMap(maximumCount: 2000, allowsLines: true)
        grade = try cursor.member("grade").oneOf(ResourceGrade.self)
        let source = try cursor.member("source")
        origin = try source.member("origin").oneOf(ProductOrigin.self)
        lawfulBasis = try source.member("lawfulBasis").text(0...1000, allowsLines: true)
        externalIdentifiers = try ExternalIdentifier.list(cursor.optionalMember("externalIdentifiers"))
        evidence = try cursor.evidence()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("holder", .string(holder.text)), ("title", .languageMap(title)), ("summary", .languageMap(summary)),
            ("grade", .string(grade.rawValue)),
            ("source", ["origin": .string(origin.rawValue), "lawfulBasis": .string(lawfulBasis)]),
            ("externalIdentifiers", externalIdentifiers.isEmpty ? nil : .array(externalIdentifiers.map(\.json))),
            ("evidence", .evidence(evidence)),
        ]
    }
}

/// Somebody asks for a right to be registered.
public struct RightApplication: Sendable, Hashable {
    public var kind: RightKind
    /// A resource or a product.
    public var over: Identifier
    public var holder: Identifier
    /// By language tag.
    public var title: [String: String]
    public var ground: RightGround
    /// The registered right from which it derives.
    public var basis: Identifier?
    /// Whether nobody else may have a right of the same kind over the same thing.
    public var isExclusive: Bool
    public var term: RightTerm
    /// Where the right is good; everywhere if nothing is said.
    public var territory: String?
    public var evidence: [EvidenceReference]

    public init(
        kind: RightKind, over: Identifier, holder: Identifier, title: [String: String], ground: RightGround,
        basis: Identifier? = nil, isExclusive: Bool, term: RightTerm, territory: String? = nil,
        evidence: [EvidenceReference] = []
    ) {
        self.kind = kind
        self.over = over
        self.holder = holder
        self.title = title
        self.ground = ground
        self.basis = basis
        self.isExclusive = isExclusive
        self.term = term
        self.territory = territory
        self.evidence = evidence
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        kind = try cursor.member("rightKind").oneOf(RightKind.self)
        over = try cursor.member("over").thing()
        holder = try cursor.member("holder").identifier(.participant)
        title = try cursor.member("title").languageMap(maximumCount: 300)
        ground = try cursor.member("ground").oneOf(RightGround.self)
        basis = try cursor.optionalMember("basis")?.identifier(.right)
        isExclusive = try cursor.member("exclusive").bool()
        term = try RightTerm(cursor)
        territory = try cursor.optionalMember("territory")?.text(1...300)
        evidence = try cursor.evidence()
    }

    public var members: [(String, JSONValue?)] {
        [
            ("rightKind", .string(kind.rawValue)), ("over", .string(over.text)), ("holder", .string(holder.text)),
            ("title", .languageMap(title)), ("ground", .string(ground.rawValue)),
            ("basis", basis.map { .string($0.text) }), ("exclusive", .bool(isExclusive)),
        ] + term.members + [("territory", territory.map { .string($0) }), ("evidence", .evidence(evidence))]
    }
}

/// An applicant takes an application back before it is decided.
public struct RightWithdrawal: Sendable, Hashable {
    public var right: Identifier
    public var reason: String

    public init(right: Identifier, reason: String) {
        self.right = right
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        reason = try cursor.reason()
    }

    public var members: [(String, JSONValue?)] { [("right", .string(right.text)), ("reason", .string(reason))] }
}
