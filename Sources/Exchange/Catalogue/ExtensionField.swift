import Encoding

/// A field that a space adds to the fixed core of its listings.
public struct ExtensionField: Sendable, Hashable, Codable {
    public enum FieldType: String, Sendable, CaseIterable, Codable { case text, integer, boolean, choice }

    public var name: String
    public var type: FieldType
    /// For a choice: what may be chosen.
    public var choices: [String]
    public var isRequired: Bool
    /// The classes whose listings have the field; every one's if empty.
    public var classes: [ProductClass]

    public init(
        name: String, type: FieldType, choices: [String] = [], isRequired: Bool = false, classes: [ProductClass] = []
    ) {
        self.name = name
        self.type = type
        self.choices = choices
        self.isRequired = isRequired
        self.classes = classes
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        name = try cursor.member("name").string(maximumCount: 64)
        guard CataloguePolicy.isFieldName(name) else {
            throw try cursor.member("name").mismatch("must be 1 to 64 letters, digits, \"_\" and \"-\", a letter first")
        }
        type = try cursor.member("type").oneOf(FieldType.self)
        choices = try cursor.optionalMember("choices")?.strings(maximumCount: 100, each: 100) ?? []
        if (type == .choice) == choices.isEmpty {
            throw cursor.mismatch("a field of the type choice names its \"choices\"; a field of another type has none")
        }
        isRequired = try cursor.optionalMember("required")?.bool() ?? false
        var classes: [ProductClass] = []
        for element in try cursor.optionalMember("classes")?.array(minimumCount: 1, maximumCount: 3) ?? [] {
            let one = try element.oneOf(ProductClass.self)
            if classes.contains(one) { throw element.mismatch("repeats \(one.rawValue)") }
            classes.append(one)
        }
        self.classes = classes
    }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "type": .string(type.rawValue)]
        if !choices.isEmpty { object["choices"] = .array(choices.map { .string($0) }) }
        object["required"] = .bool(isRequired)
        if !classes.isEmpty { object["classes"] = .array(classes.map { .string($0.rawValue) }) }
        return .object(object)
    }

    func applies(to productClass: ProductClass) -> Bool { classes.isEmpty || classes.contains(productClass) }

    /// What would be right, where a value is not.
    func fault(_ value: JSONValue) -> String? {
        switch (type, value) {
        case (.text, .string), (.integer, .integer), (.boolean, .bool): return nil
        case (.choice, .string(let text)) where choices.contains { $0.utf8.elementsEqual(text.utf8) }: return nil
        case (.choice, _): return "must be one of \(choices.joined(separator: ", "))"
        default: return "must be of the type \(type.rawValue), is \(value.kindName)"
        }
    }
}
