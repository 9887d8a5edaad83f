/// Why a JSON Schema document is refused, with the place inside it as a JSON Pointer (RFC 6901).
public enum JSONSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A keyword that is not implemented. It would have been ignored in silence, and with it a rule.
    case unknownKeyword(pointer: String, keyword: String)
    /// A keyword whose value has the wrong form.
    case invalidKeyword(pointer: String, reason: String)
    /// A `$ref` that names no definition.
    case unresolvedReference(pointer: String, reference: String)
    /// A definition that refers to itself without descending into the value, so that checking would never end.
    case endlessReference(definition: String)

    public var description: String {
        switch self {
        case .unknownKeyword(let pointer, let keyword):
            "schema at \(Self.place(pointer)): the keyword \"\(keyword)\" is not one that this checker implements"
        case .invalidKeyword(let pointer, let reason): "schema at \(Self.place(pointer)): \(reason)"
        case .unresolvedReference(let pointer, let reference):
            "schema at \(Self.place(pointer)): \"\(reference)\" names no schema under #/$defs"
        case .endlessReference(let definition): "schema definition \"\(definition)\" refers to itself without end"
        }
    }

    private static func place(_ pointer: String) -> String { pointer.isEmpty ? "the root" : pointer }
}
