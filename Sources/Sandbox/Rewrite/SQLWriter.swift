/// Writes checked expressions as SQL that runs.
///
/// No piece of the buyer's own text is passed on: identifiers are quoted, constants are written anew (a text that is not plain
/// goes in as hexadecimal digits), and functions come from the allow-list. A parameter is left as a placeholder, which
/// `SQLTemplate` replaces by its value; the placeholder's control characters can occur nowhere else.
struct SQLWriter: Sendable {
    /// How a column of the query's tables is called in the text.
    let column: @Sendable (ColumnPath) -> String
    /// How a column of the query around this one is called.
    let outer: @Sendable (ColumnPath) -> String
    /// Folded names of the parameters, by position.
    let parameters: [String]

    init(
        parameters: [QueryParameter], column: @escaping @Sendable (ColumnPath) -> String,
        outer: @escaping @Sendable (ColumnPath) -> String = { _ in "NULL" }
    ) {
        self.outer = outer
        self.parameters = parameters.map { foldedName($0.name) }
        self.column = column
    }

    /// An expression whose failure on one row must not stop the query (and so tell about the row): each call or conversion in
    /// it, together with what it is applied to, becomes NULL there. Comparisons, tests for NULL and logic cannot fail.
    func safe(_ expression: Expression) -> String { write(expression, isSafe: true) }

    /// An aggregate call. Its argument's values cannot fail (`MeasureWriter`); the conditions of a CASE are made safe one by
    /// one, so that a row whose condition fails falls into ELSE, where the guards count it too.
    func aggregate(_ expression: Expression) -> String {
        guard case .call(let call) = expression.node else { return write(expression) }
        return Self.call(call, call.arguments.map(self.argument))
    }

    /// What an aggregate takes of one row.
    func argument(_ argument: Expression) -> String {
        guard case .choice(let branches, let otherwise) = argument.node else { return write(argument) }
        return choice(branches.map { (safe($0.condition), self.argument($0.result)) }, otherwise: self.argument(otherwise))
    }

    /// - Parameter isSafe: whether calls and conversions are to give NULL where they fail.
    func write(_ expression: Expression, isSafe: Bool = false) -> String {
        func part(_ expression: Expression) -> String { write(expression, isSafe: isSafe) }
        func list(_ parts: [Expression]) -> String { parts.map(part).joined(separator: ", ") }
        switch expression.node {
        case .constant(let constant): return Self.write(constant)
        case .parameter(let name): return parameter(name)
        case .name(let names): return names.map(Self.identifier).joined(separator: ".")
        case .column(let path): return column(path)
        case .outer(let path): return outer(path)
        case .fragment(let fragment): return fragment.sql
        case .window(let window): return self.window(window)
        // Inner queries are planned before anything is written; NULL would be the harmless reading.
        case .subquery: return "NULL"
        case .call(let call):
            let written = Self.call(call, call.arguments.map { write($0) })
            return isSafe ? "TRY(\(written))" : written
        case .cast(let inner, let type):
            // Impossible constants were refused when the template was tried, and what cannot be converted is NULL.
            return "TRY_CAST(\(part(inner)) AS \(type.name))"
        case .comparison(let kind, let left, let right):
            return "(\(part(left)) \(Self.signs[kind] ?? "=") \(part(right)))"
        case .between(let value, let lower, let upper): return "(\(part(value)) BETWEEN \(part(lower)) AND \(part(upper)))"
        case .conjunction(let isAnd, let parts): return "(" + parts.map(part).joined(separator: isAnd ? " AND " : " OR ") + ")"
        case .not(let inner): return "(NOT \(part(inner)))"
        case .isNull(let inner, let isNegated): return "(\(part(inner)) IS \(isNegated ? "NOT " : "")NULL)"
        case .membership(let value, let items, let isNegated):
            return "(\(part(value)) \(isNegated ? "NOT " : "")IN (\(list(items))))"
        case .coalesce(let parts): return "COALESCE(\(list(parts)))"
        case .choice(let branches, let otherwise):
            return choice(branches.map { (part($0.condition), part($0.result)) }, otherwise: part(otherwise))
        }
    }

    private static let signs: [String: String] = [
        "COMPARE_EQUAL": "=", "COMPARE_NOTEQUAL": "<>", "COMPARE_LESSTHAN": "<", "COMPARE_GREATERTHAN": ">",
        "COMPARE_LESSTHANOREQUALTO": "<=", "COMPARE_GREATERTHANOREQUALTO": ">=",
        "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM", "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
    ]

    private func window(_ window: WindowCall) -> String {
        var inside: [String] = []
        if !window.partition.isEmpty { inside.append("PARTITION BY " + window.partition.map(safe).joined(separator: ", ")) }
        if !window.order.isEmpty {
            inside.append("ORDER BY " + window.order.map { safe($0.expression) + BlockWriter.direction($0) }.joined(separator: ", "))
        }
        let call = Self.call(FunctionCall(name: window.name, arguments: []), window.arguments.map(safe))
        return "\(call) OVER (\(inside.joined(separator: " ")))"
    }

    private func choice(_ branches: [(String, String)], otherwise: String) -> String {
        "CASE" + branches.map { " WHEN \($0.0) THEN \($0.1)" }.joined() + " ELSE \(otherwise) END"
    }

    private func parameter(_ name: String) -> String {
        // An unknown name is refused by the type checker; NULL would be the harmless reading.
        parameters.firstIndex(of: foldedName(name)).map(SQLTemplate.placeholder) ?? "NULL"
    }

    /// Names that the parser gives a meaning of their own unless they are quoted.
    private static let keywords: Set<String> = [
        "left", "right", "position", "substring", "trim", "least", "greatest", "nullif", "overlay", "extract",
    ]

    static func call(_ call: FunctionCall, _ arguments: [String]) -> String {
        if call.name == "count_star" { return "count(*)" }
        if call.isOperator, arguments.count == 2 { return "(\(arguments[0]) \(call.name) \(arguments[1]))" }
        if call.isOperator, arguments.count == 1 { return "(\(call.name) \(arguments[0]))" }
        let isPlain = call.name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        let name = isPlain && !keywords.contains(call.name) ? call.name : identifier(call.name)
        return "\(name)(\(call.isDistinct ? "DISTINCT " : "")\(arguments.joined(separator: ", ")))"
    }

    // MARK: Constants and names

    /// A quoted identifier. Names have no control characters (`TablePolicy.validate`).
    static func identifier(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    static func write(_ constant: Constant) -> String {
        switch constant {
        case .null: return "NULL"
        case .integer(let value): return value < 0 ? "(\(value))" : String(value)
        case .decimal(let unscaled, let width, let scale):
            let digits = String(unscaled.magnitude)
            let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
            let text = "\(unscaled < 0 ? "-" : "")\(padded.dropLast(scale)).\(padded.suffix(scale))"
            return "CAST('\(text)' AS DECIMAL(\(width),\(scale)))"
        case .double(let value): return "CAST('\(value)' AS DOUBLE)"
        case .text(let value): return text(value)
        case .boolean(let value): return value ? "true" : "false"
        }
    }

    /// Bytes beside letters and digits that mean nothing inside quotes, at any place of a line.
    private static let harmless = Set(" _-#%,:/+*.()<>=&@~".utf8)

    /// A text constant: in quotes where every byte is harmless, else by its bytes.
    static func text(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || harmless.contains(byte)
        }
        return isPlain ? "'\(value)'" : EngineScript.literal(Array(value.utf8))
    }
}
