import CommandLineInterface
import Encoding
import Sandbox

/// The verdict of the machine check on a query, told as a good compiler tells it: what is wrong and where, the piece of text
/// underlined, why there is such a rule, and what would be allowed.
struct QueryDiagnostic: Sendable {
    /// `{code, message, piece, line, column, hint}`, and `length` where the node knows it.
    let fault: JSONValue
    let sql: String
    /// What the text is called: a file's name, "-" or "query".
    let name: String

    func lines(style: TextStyle = TextStyle(isOn: false)) -> [String] {
        let code = fault.text("code")
        let place = SQLPlace(fault)
        var head = TextWidth.printable(name)
        if let place, place.line >= 1 { head += ":\(place.line):\(max(place.column, 1))" }
        var lines = ["\(style.strong(head + ":")) \(style.error("refused:")) \(style.strong(fault.text("message"))) [\(code)]"]
        lines += place?.lines(sql: sql, style: style) ?? []
        if let why = Self.why(code) { lines.append("\(style.strong("rule:")) \(why)") }
        if !fault.text("hint").isEmpty { lines.append("\(style.strong("allowed:")) \(fault.text("hint"))") }
        for note in fault.list("notes") { lines.append("\(style.strong("note:")) \(TextWidth.printable(note.stringValue ?? ""))") }
        return lines
    }

    /// Why there is this rule, in a sentence or two; `nil` for a code that this program does not know.
    static func why(_ code: String) -> String? {
        guard let code = QueryRefusal.Code(rawValue: code) else { return nil }
        return writing(code) ?? naming(code) ?? disclosing(code)
    }

    private static func writing(_ code: QueryRefusal.Code) -> String? {
        switch code {
        case .syntaxError: "the text must be SQL as the engine itself reads it; nothing is guessed"
        case .tooLong, .tooDeep, .tooMany: "a query must stay small enough to be checked, and read by the provider who approves it"
        case .notOneSelect: "a query only reads: exactly one SELECT, without statements before or after it"
        case .syntaxNotAllowed: "a part of SQL is allowed only if it is known what it lets through; the rest is refused"
        case .functionNotAllowed:
            "only functions of a reviewed list may be called: none that reads files, settings or the clock, draws random numbers, or gives one row's own value of protected data"
        case .typeMismatch: "types must fit before there is any data, so that no error can depend on a row"
        case .parameterUnknown, .parameterValue: "parameters are declared with a type, and filled with constants only"
        default: nil
        }
    }

    private static func naming(_ code: QueryRefusal.Code) -> String? {
        switch code {
        case .tableNotAllowed: "a query sees the tables that were given to it by name, and nothing else"
        case .columnUnknown: "columns that the provider keeps back do not exist for a query"
        case .columnAmbiguous: "a name must mean one column"
        case .columnRole: "the provider gave every column a role, which says whether it may be grouped by, filtered by, joined on, summed or only counted"
        case .joinNotAllowed: "tables of different owners meet on declared keys only, so that nobody can read one out by shaping the other"
        case .joinMultipliesRows: "a row that meets many others weighs more in a sum, and could be read out of it"
        case .modeNotOffered: "each product says in which ways it may be asked"
        case .policyInvalid: "a policy that contradicts itself protects nothing, so nothing runs under it"
        default: nil
        }
    }

    private static func disclosing(_ code: QueryRefusal.Code) -> String? {
        switch code {
        case .notAggregated: "only statistics over groups leave, never a row's own value"
        case .selectiveAggregate: "every row of a group must count alike in its aggregates, so that none of them can be singled out"
        case .tooManyRows: "a result has a largest size, so that it cannot carry the data away"
        case .differencing: "two answers that differ by a few people only would together tell of them"
        case .groupBelowMinimum: "a group is shown only if it rests on enough different people, animals or firms; that there are too few looks like none at all"
        default: nil
        }
    }
}
