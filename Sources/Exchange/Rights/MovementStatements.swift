import Encoding

/// A right passes to another holder; both sign.
public struct RightTransfer: Sendable, Hashable {
    public var right: Identifier
    public var from: Identifier
    public var to: Identifier
    /// What is given for it, in words, if the parties wish to say.
    public var consideration: String?

    public init(right: Identifier, from: Identifier, to: Identifier, consideration: String? = nil) {
        self.right = right
        self.from = from
        self.to = to
        self.consideration = consideration
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        from = try cursor.member("from").identifier(.participant)
        to = try cursor.member("to").identifier(.participant)
        if from == to { throw try cursor.member("to").mismatch("must be another participant than \"from\"") }
        consideration = try cursor.optionalMember("consideration")?.text(1...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("from", .string(from.text)), ("to", .string(to.text)),
            ("consideration", consideration.map { .string($0) }),
        ]
    }
}

/// One part of a right that is split.
public struct RightPart: Sendable, Hashable {
    public var holder: Identifier
    /// Of the whole right, not of the part that is split.
    public var share: Fraction

    public init(holder: Identifier, share: Fraction) {
        self.holder = holder
        self.share = share
    }
}

/// A right is split into parts, each with a certificate of its own; the holder signs, and everybody else who gets a part.
public struct RightSplit: Sendable, Hashable {
    public var right: Identifier
    /// Two or more; a holder may get several.
    public var parts: [RightPart]

    public static let partCounts = 2...32

    public init(right: Identifier, parts: [RightPart]) {
        self.right = right
        self.parts = parts
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        var parts: [RightPart] = []
        let counts = Self.partCounts
        for element in try cursor.member("parts").array(minimumCount: counts.lowerBound, maximumCount: counts.upperBound) {
            parts.append(
                RightPart(
                    holder: try element.member("holder").identifier(.participant),
                    share: try element.member("share").share()))
        }
        self.parts = parts
    }

    public var members: [(String, JSONValue?)] {
        let values = parts.map { part -> JSONValue in
            ["holder": .string(part.holder.text), "share": .string(part.share.description)]
        }
        return [("right", .string(right.text)), ("parts", .array(values))]
    }
}

/// A holder makes one certificate of several parts of the same right.
public struct RightMerge: Sendable, Hashable {
    public var holder: Identifier
    /// Two or more, none twice.
    public var rights: [Identifier]

    public init(holder: Identifier, rights: [Identifier]) {
        self.holder = holder
        self.rights = rights
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        holder = try cursor.member("holder").identifier(.participant)
        var rights: [Identifier] = []
        for element in try cursor.member("rights").array(minimumCount: 2, maximumCount: 32) {
            let right = try element.identifier(.right)
            if rights.contains(right) { throw element.mismatch("names a right twice") }
            rights.append(right)
        }
        self.rights = rights
    }

    public var members: [(String, JSONValue?)] {
        [("holder", .string(holder.text)), ("rights", .array(rights.map { .string($0.text) }))]
    }
}

/// A holder amends what a certificate says. What is left out stays.
public struct RightChange: Sendable, Hashable {
    public var right: Identifier
    public var title: [String: String]?
    public var territory: String?
    /// Further evidence.
    public var evidence: [EvidenceReference]
    public var reason: String

    public init(
        right: Identifier, title: [String: String]? = nil, territory: String? = nil, evidence: [EvidenceReference] = [],
        reason: String
    ) {
        self.right = right
        self.title = title
        self.territory = territory
        self.evidence = evidence
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        title = try cursor.optionalMember("title")?.languageMap(maximumCount: 300)
        territory = try cursor.optionalMember("territory")?.text(1...300)
        evidence = try cursor.evidence()
        reason = try cursor.reason()
        if title == nil, territory == nil, evidence.isEmpty {
            throw cursor.mismatch("must amend something: give \"title\", \"territory\" or \"evidence\"")
        }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("right", .string(right.text)), ("title", title.map { .languageMap($0) }),
            ("territory", territory.map { .string($0) }), ("evidence", .evidence(evidence)),
            ("reason", .string(reason)),
        ]
    }
}

/// A holder extends a right that is about to end.
public struct RightRenewal: Sendable, Hashable {
    public var right: Identifier
    /// Months count from the present end.
    public var term: RightTerm

    public init(right: Identifier, term: RightTerm) {
        self.right = right
        self.term = term
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        right = try cursor.member("right").identifier(.right)
        term = try RightTerm(cursor)
    }

    public var members: [(String, JSONValue?)] { [("right", .string(right.text))] + term.members }
}
