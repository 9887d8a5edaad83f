import Encoding

/// Which versions the operator reads before they are in force.
public enum ContentReview: String, Sendable, CaseIterable, Codable {
    case none
    /// Until one version of the product has been approved.
    case first
    case every
}

/// The space's own rules of the catalogue: what may be listed, and how it is reviewed.
public struct CataloguePolicy: Sendable, Hashable, Codable {
    public var contentReview = ContentReview.none
    public var negativeList = NegativeList()
    public var extensionFields: [ExtensionField] = []
    /// The kinds of registered right that a listing of a form needs.
    public var requiredRights: [ProductForm: [RightKind]] = [:]
    public var gradeRules = [GradeRule.coreToGovernment]
    /// Whether a version is in force only once the operator has accepted its compliance declaration.
    public var requireCompliance = false
    /// Whether every version after the first says what is new.
    public var requireChanges = false

    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        contentReview = try cursor.optionalMember("contentReview")?.oneOf(ContentReview.self) ?? .none
        negativeList = NegativeList(try Self.terms(cursor.optionalMember("negativeList")))
        extensionFields = try Self.fields(cursor.optionalMember("extensionFields"))
        requiredRights = try Self.rights(cursor.optionalMember("requiredRights"))
        if let member = try cursor.optionalMember("gradeRules") {
            gradeRules = []
            for element in try member.array(maximumCount: 16) { gradeRules.append(try GradeRule(element)) }
        }
        requireCompliance = try cursor.optionalMember("requireCompliance")?.bool() ?? false
        requireChanges = try cursor.optionalMember("requireChanges")?.bool() ?? false
    }

    private static func terms(_ cursor: JSONCursor?) throws(JSONMismatch) -> [NegativeTerm] {
        var terms: [NegativeTerm] = []
        for element in try cursor?.array(maximumCount: 1000) ?? [] { terms.append(try NegativeTerm(element)) }
        return terms
    }

    private static func fields(_ cursor: JSONCursor?) throws(JSONMismatch) -> [ExtensionField] {
        var fields: [ExtensionField] = []
        for element in try cursor?.array(maximumCount: 64) ?? [] {
            let field = try ExtensionField(element)
            if fields.contains(where: { $0.name == field.name }) { throw element.mismatch("repeats the field \"\(field.name)\"") }
            fields.append(field)
        }
        return fields
    }

    private static func rights(_ cursor: JSONCursor?) throws(JSONMismatch) -> [ProductForm: [RightKind]] {
        var rights: [ProductForm: [RightKind]] = [:]
        for (name, kinds) in try cursor?.members() ?? [] {
            guard let form = ProductForm(rawValue: name) else {
                throw kinds.mismatch("is no form; they are \(ProductForm.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            for element in try kinds.array(minimumCount: 1, maximumCount: RightKind.allCases.count) {
                let kind = try element.oneOf(RightKind.self)
                if rights[form]?.contains(kind) == true { throw element.mismatch("repeats \(kind.rawValue)") }
                rights[form, default: []].append(kind)
            }
        }
        return rights
    }

    /// As it stands in a `space-policy` statement.
    public var json: JSONValue {
        var object: JSONObject = [
            "contentReview": .string(contentReview.rawValue),
            "negativeList": .array(negativeList.terms.map(\.json)),
            "extensionFields": .array(extensionFields.map(\.json)),
        ]
        let rights = requiredRights.sorted { $0.key.rawValue < $1.key.rawValue }
        object["requiredRights"] = .object(
            JSONObject(rights.map { ($0.key.rawValue, .array($0.value.map { .string($0.rawValue) })) }))
        object["gradeRules"] = .array(gradeRules.map(\.json))
        object["requireCompliance"] = .bool(requireCompliance)
        object["requireChanges"] = .bool(requireChanges)
        return .object(object)
    }

    static func isFieldName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), let first = bytes.first, (0x61...0x7A).contains(first | 0x20) else { return false }
        return bytes.allSatisfy {
            (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
        }
    }
}
