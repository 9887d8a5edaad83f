/// One compiled (sub)schema: the assertions it makes, each absent where the document does not make it.
struct JSONSchemaRule: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case null, boolean, integer, number, string, array, object

        /// An integer is a number written without fraction or exponent: `1.0` is not one here, although JSON Schema
        /// would let it pass, because amounts of money must never be written so.
        func matches(_ value: JSONValue) -> Bool {
            switch (self, value) {
            case (.null, .null), (.boolean, .bool), (.integer, .integer), (.number, .integer), (.number, .number),
                (.string, .string), (.array, .array), (.object, .object):
                true
            default: false
            }
        }
    }

    struct Pattern: Sendable {
        var text: String
        var compiled: POSIXPattern
    }

    /// `false` for the schema `false`, which nothing satisfies.
    var isSatisfiable = true
    var kinds: [Kind]?
    /// Normalised with ``JSONValue/schemaNormalised``.
    var choices: [JSONValue]?
    var reference: String?
    var allOf: [JSONSchemaNode] = []
    var anyOf: [JSONSchemaNode] = []
    var oneOf: [JSONSchemaNode] = []

    var lengths = CountBounds()
    var pattern: Pattern?
    var isTimestamp = false

    var minimum: JSONValue?
    var maximum: JSONValue?

    var items: JSONSchemaNode?
    var itemCounts = CountBounds()
    var hasUniqueItems = false

    var properties: [(name: String, node: JSONSchemaNode)] = []
    var additionalProperties: JSONSchemaNode?
    var required: [String] = []
    var propertyCounts = CountBounds()

    /// Bounds on a count, both inclusive.
    struct CountBounds: Sendable {
        var minimum: Int?
        var maximum: Int?
    }

    /// The rules that judge the same value as this one.
    var inPlaceRules: [JSONSchemaNode] { allOf + anyOf + oneOf }
}

/// A rule that no longer changes, held by reference: to follow one costs no copy of all that it holds.
final class JSONSchemaNode: Sendable {
    let rule: JSONSchemaRule

    init(_ rule: JSONSchemaRule) { self.rule = rule }
}

extension JSONValue {
    /// The form in which two values that JSON Schema calls equal are equal: members sorted by name, and a number
    /// with no fraction as an integer.
    var schemaNormalised: JSONValue {
        switch self {
        case .number(let value): Int64(exactly: value).map { .integer($0) } ?? self
        case .array(let elements): .array(elements.map(\.schemaNormalised))
        case .object(let object):
            .object(
                object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                    .reduce(into: JSONObject()) { $0.appendUnchecked($1.name, $1.value.schemaNormalised) })
        default: self
        }
    }
}
