/// Why a query may not run: the rule, the offending piece, where it stands and what would be allowed.
public struct QueryRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The rules, by their machine names.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The text is no SQL that the engine reads.
        case syntaxError = "syntax-error"
        case tooLong = "too-long"
        case tooDeep = "too-deep"
        /// More tables, expressions or columns than one query may have.
        case tooMany = "too-many"
        /// Anything but exactly one SELECT.
        case notOneSelect = "not-one-select"
        /// A part of SQL that the checker does not know, or knows and does not allow.
        case syntaxNotAllowed = "syntax-not-allowed"
        case functionNotAllowed = "function-not-allowed"
        case tableNotAllowed = "table-not-allowed"
        case columnUnknown = "column-unknown"
        case columnAmbiguous = "column-ambiguous"
        /// The column exists, but its role forbids this use.
        case columnRole = "column-role"
        case typeMismatch = "type-mismatch"
        case joinNotAllowed = "join-not-allowed"
        /// A row of a protected product would meet more rows of another than its policy allows.
        case joinMultipliesRows = "join-multiplies-rows"
        case parameterUnknown = "parameter-unknown"
        case parameterValue = "parameter-value"
        /// The product offers no such mode.
        case modeNotOffered = "mode-not-offered"
        /// An output column in aggregate mode that is neither an aggregate nor a group's own value.
        case notAggregated = "not-aggregated"
        /// An aggregate whose argument could single out rows of its group.
        case selectiveAggregate = "selective-aggregate"
        case tooManyRows = "too-many-rows"
        /// No group rests on enough distinct privacy units. The same whether there were none or only small ones.
        case groupBelowMinimum = "group-below-minimum"
        /// The answer would differ from an earlier one of the same buyer by too few privacy units.
        case differencing
        /// The listed policy contradicts itself or the snapshot.
        case policyInvalid = "policy-invalid"
    }

    public var code: Code
    /// What is wrong, for a person.
    public var message: String
    /// The offending piece of the text; empty where there is none.
    public var piece: String
    /// Where the piece starts, in UTF-8 bytes from the start of the text; `nil` where the engine gave no place.
    public var offset: Int?
    /// How long the piece is in the text, in UTF-8 bytes, as far as that can be told.
    public var length: Int?
    /// From 1.
    public var line: Int?
    /// From 1, in characters.
    public var column: Int?
    /// What would be allowed; may be empty.
    public var hint: String

    public init(_ code: Code, _ message: String, piece: String = "", offset: Int? = nil, hint: String = "") {
        self.code = code
        self.message = message
        self.piece = piece
        self.offset = offset
        self.hint = hint
    }

    /// The same refusal with its place counted in the text: line, column and length.
    func located(in sql: String) -> QueryRefusal {
        let bytes = Array(sql.utf8)
        guard let offset = offset ?? SQLPiece.find(piece, in: bytes), offset >= 0, offset <= bytes.count else { return self }
        var located = self
        let before = String(decoding: bytes[..<offset], as: UTF8.self)
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        located.offset = offset
        located.line = lines.count
        located.column = (lines.last?.count ?? 0) + 1
        located.length = SQLPiece.length(of: piece, at: offset, in: bytes)
        return located
    }

    public var description: String {
        var text = message
        if let line, let column { text += " (line \(line), column \(column))" }
        if !hint.isEmpty { text += "; \(hint)" }
        return text
    }
}
