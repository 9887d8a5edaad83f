import Encoding

/// What a product was made from.
public struct ProductInput: Sendable, Hashable {
    public var name: String
    public var origin: ProductOrigin
    public var licence: String
    /// The product of this space that it is, where it is one.
    public var product: Identifier?
    /// The channel by which it comes, with that channel's licence.
    public var channel: String?

    public init(name: String, origin: ProductOrigin, licence: String, product: Identifier? = nil, channel: String? = nil) {
        self.name = name
        self.origin = origin
        self.licence = licence
        self.product = product
        self.channel = channel
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        name = try cursor.member("name").text(1...200)
        origin = try cursor.member("origin").oneOf(ProductOrigin.self)
        licence = try cursor.member("licence").text(1...200)
        product = try cursor.optionalMember("product")?.identifier(.product)
        channel = try cursor.optionalMember("channel")?.text(1...200)
    }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "origin": .string(origin.rawValue), "licence": .string(licence)]
        object["product"] = product.map { .string($0.text) }
        object["channel"] = channel.map { .string($0) }
        return .object(object)
    }
}

/// Which places and which time the data speaks of.
public struct Coverage: Sendable, Hashable {
    /// Names or codes of places, at most sixteen.
    public var spatial: [String]
    public var from: Timestamp?
    public var until: Timestamp?

    public init(spatial: [String], from: Timestamp? = nil, until: Timestamp? = nil) {
        self.spatial = spatial
        self.from = from
        self.until = until
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        spatial = try cursor.optionalMember("spatial")?.strings(maximumCount: 16, each: 200) ?? []
        from = try cursor.optionalMember("from")?.timestamp()
        until = try cursor.optionalMember("until")?.timestamp()
        if let from, let until, until < from { throw try cursor.member("until").mismatch("must not be before \"from\"") }
    }

    var json: JSONValue {
        var object: JSONObject = [:]
        if !spatial.isEmpty { object["spatial"] = .array(spatial.map { .string($0) }) }
        object["from"] = from.map { .string($0.description) }
        object["until"] = until.map { .string($0.description) }
        return .object(object)
    }
}

/// One figure of quality, as the provider states it.
public struct QualityFigure: Sendable, Hashable {
    /// A decimal number as text, such as `98.5`.
    public var value: String
    public var unit: String
    /// How it was found.
    public var method: String

    public init(value: String, unit: String, method: String) {
        self.value = value
        self.unit = unit
        self.method = method
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        value = try cursor.member("value").decimal()
        unit = try cursor.member("unit").text(1...32)
        method = try cursor.member("method").text(1...500)
    }

    var json: JSONValue { ["value": .string(value), "unit": .string(unit), "method": .string(method)] }
}

/// What the provider says of its data's quality. What the node finds out is a `quality-assessment`.
public struct QualityStatement: Sendable, Hashable {
    public var accuracy: QualityFigure?
    public var completeness: QualityFigure?
    public var freshness: QualityFigure?
    public var precision: QualityFigure?

    public init(
        accuracy: QualityFigure? = nil, completeness: QualityFigure? = nil, freshness: QualityFigure? = nil,
        precision: QualityFigure? = nil
    ) {
        self.accuracy = accuracy
        self.completeness = completeness
        self.freshness = freshness
        self.precision = precision
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        func figure(_ name: String) throws(JSONMismatch) -> QualityFigure? {
            guard let member = try cursor.optionalMember(name) else { return nil }
            return try QualityFigure(member)
        }
        accuracy = try figure("accuracy")
        completeness = try figure("completeness")
        freshness = try figure("freshness")
        precision = try figure("precision")
        if figures.isEmpty { throw cursor.mismatch("states no figure; leave it out, or give accuracy, completeness, freshness or precision") }
    }

    /// Those that are stated, each with its name.
    public var figures: [(name: String, figure: QualityFigure)] {
        [("accuracy", accuracy), ("completeness", completeness), ("freshness", freshness), ("precision", precision)]
            .compactMap { name, figure in figure.map { (name, $0) } }
    }

    var json: JSONValue { .object(JSONObject(figures.map { ($0.name, $0.figure.json) })) }
}

extension JSONCursor {
    /// A decimal number as text: at most eighteen digits before the point and twelve after it.
    func decimal() throws(JSONMismatch) -> String {
        let text = try string(maximumCount: 32)
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false).map(\.utf8)
        let isDecimal = (1...2).contains(parts.count) && parts.allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) } }
            && (1...18).contains(parts[0].count) && (parts.count == 1 || (1...12).contains(parts[1].count))
        guard isDecimal else { throw mismatch("must be a decimal number such as \"98.5\"") }
        return text
    }
}
