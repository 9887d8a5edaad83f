/// A JSON Schema (draft 2020-12), compiled once and used to check many documents, from any thread.
///
/// It implements the part that this project's contracts need and refuses every other keyword, because a keyword
/// that is ignored is a rule that nobody enforces. Implemented are `$schema`, `$id`, `$defs`, `$ref` (to
/// `#/$defs/name` only), `title`, `description`, `$comment`, `examples`; `type`, `enum`, `const`; `allOf`, `anyOf`,
/// `oneOf`; `properties`, `required`, `additionalProperties`, `minProperties`, `maxProperties`; `items`, `minItems`,
/// `maxItems`, `uniqueItems`; `minLength`, `maxLength` (in Unicode scalars), `pattern`, `format` (`date-time` only,
/// in the one form of ``Timestamp``); `minimum`, `maximum`.
///
/// Two things are stricter than the specification: `1.0` is a number but no integer, and `pattern` takes only what
/// ECMA-262 and POSIX extended regular expressions both understand.
public struct JSONSchema: Sendable {
    let root: JSONSchemaNode
    let definitions: [String: JSONSchemaNode]

    public init(_ document: JSONValue) throws(JSONSchemaError) {
        (root, definitions) = try JSONSchemaCompiler.compile(document)
    }

    /// What is wrong with a value, in the order of the document; empty if it satisfies the schema.
    ///
    /// - Parameter maximumCount: after so many findings the check stops, so that a hostile document cannot make a
    ///   long report.
    public func validate(_ value: JSONValue, maximumCount: Int = 16) -> [JSONMismatch] {
        var validator = JSONSchemaValidator(definitions: definitions, maximumCount: max(1, maximumCount))
        validator.check(value, root)
        return validator.mismatches
    }

    /// Throws the first thing that is wrong with a value.
    public func check(_ value: JSONValue) throws(JSONMismatch) {
        if let first = validate(value, maximumCount: 1).first { throw first }
    }
}
