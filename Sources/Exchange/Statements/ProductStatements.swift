import Encoding

/// How a column may be used (DESIGN: the product's column roles).
public enum ColumnRole: String, Sendable, CaseIterable, Codable {
    /// Names the person, firm or thing that the disclosure control protects.
    case privacyUnit = "privacy_unit"
    case dimension
    /// A value that is summed and averaged, and not filtered by.
    case measure
    /// A value that is summed and averaged, and also filtered and grouped by; never shown as a row's own.
    case attribute
    case filter
    case joinKey = "join_key"
    case hidden

    /// Whether rows may be chosen by the column's values.
    public var canFilter: Bool {
        switch self {
        case .dimension, .attribute, .filter, .joinKey: true
        case .privacyUnit, .measure, .hidden: false
        }
    }
}

public struct ProductColumn: Sendable, Hashable, Codable {
    public var name: String
    /// The engine's type name.
    public var type: String
    public var role: ColumnRole

    public init(name: String, type: String, role: ColumnRole) {
        self.name = name
        self.type = type
        self.role = role
    }
}

public enum ProductClass: String, Sendable, CaseIterable, Codable { case basic, feature, derived }
public enum ProductGrade: String, Sendable, CaseIterable, Codable { case `public`, restricted, important }
public enum ProductForm: String, Sendable, CaseIterable, Codable { case dataset, service, package, report, model }
public enum ProductOrigin: String, Sendable, CaseIterable, Codable {
    case selfCollected = "self-collected"
    case purchased, free, cooperative
}

/// A signed description of one version of a product.
public struct ProductListing: Sendable, Hashable {
    public var provider: Identifier
    /// Absent in the first version, whose statement gives the product its identifier.
    public var product: Identifier?
    public var version: Int64
    public var title: [String: String]
    public var summary: [String: String]
    public var keywords: [String]
    public var productClass: ProductClass
    public var grade: ProductGrade
    public var form: ProductForm
    public var origin: ProductOrigin
    public var licence: String
    public var updateCycle: String
    /// `nil` for an entry of the catalogue only.
    public var data: ProductData?
    /// At length, by language.
    public var description: [String: String] = [:]
    public var externalIdentifiers: [ExternalIdentifier] = []
    public var inputs: [ProductInput] = []
    /// What is new in this version, by language.
    public var changes: [String: String] = [:]
    public var coverage: Coverage?
    /// Grades by schemes beside that of `grade`.
    public var grades: [SchemeGrade] = []
    /// Fields that the space's policy defines: texts, integers, booleans.
    public var extensions = JSONObject()
    /// The registered rights (kind T) that the listing rests on.
    public var rights: [Identifier] = []
    public var qualityStatement: QualityStatement?

    public var isCatalogueOnly: Bool { data == nil }

    public init(
        provider: Identifier, product: Identifier?, version: Int64, title: [String: String], summary: [String: String],
        keywords: [String], productClass: ProductClass, grade: ProductGrade, form: ProductForm, origin: ProductOrigin,
        licence: String, updateCycle: String, data: ProductData?
    ) {
        self.provider = provider
        self.product = product
        self.version = version
        self.title = title
        self.summary = summary
        self.keywords = keywords
        self.productClass = productClass
        self.grade = grade
        self.form = form
        self.origin = origin
        self.licence = licence
        self.updateCycle = updateCycle
        self.data = data
    }

    /// A listing of data for queries.
    public init(
        provider: Identifier, product: Identifier?, version: Int64, title: [String: String], summary: [String: String],
        keywords: [String], productClass: ProductClass, grade: ProductGrade, form: ProductForm, origin: ProductOrigin,
        licence: String, updateCycle: String, snapshot: String, rowCount: Int64, columns: [ProductColumn],
        aggregate: AggregateTerms?, rows: RowsTerms?, pricePerRun: Int64
    ) {
        self.init(
            provider: provider, product: product, version: version, title: title, summary: summary, keywords: keywords,
            productClass: productClass, grade: grade, form: form, origin: origin, licence: licence,
            updateCycle: updateCycle,
            data: ProductData(
                snapshot: snapshot, rowCount: rowCount, columns: columns, aggregate: aggregate, rows: rows,
                pricePerRun: pricePerRun))
    }
}

public struct ProductWithdrawal: Sendable, Hashable {
    public var product: Identifier
    public var reason: String

    public init(product: Identifier, reason: String) {
        self.product = product
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        product = try cursor.member("product").identifier(.product)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [("product", .string(product.text)), ("reason", .string(reason))]
    }
}
