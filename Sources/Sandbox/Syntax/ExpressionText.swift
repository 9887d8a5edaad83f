/// Writes an expression as SQL for people: in refusals and as the name of an output column. Never executed.
enum ExpressionText {
    private static let signs: [String: String] = [
        "COMPARE_EQUAL": "=", "COMPARE_NOTEQUAL": "<>", "COMPARE_LESSTHAN": "<", "COMPARE_GREATERTHAN": ">",
        "COMPARE_LESSTHANOREQUALTO": "<=", "COMPARE_GREATERTHANOREQUALTO": ">=",
        "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM", "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
    ]

    static func write(_ expression: Expression, scope: Block?) -> String {
        func text(_ part: Expression) -> String { write(part, scope: scope) }
        func list(_ parts: [Expression]) -> String { parts.map(text).joined(separator: ", ") }
        switch expression.node {
        case .constant(let constant): return write(constant)
        case .parameter(let name): return "$" + name
        case .name(let names): return names.joined(separator: ".")
        case .column(let path): return scope.map { $0.definition(path).name } ?? "column"
        case .outer: return "a column of the query around"
        case .subquery(let subquery): return subquery.kind == .exists ? "EXISTS (…)" : "(SELECT …)"
        case .fragment: return "EXISTS (…)"
        case .window(let window): return "\(window.name)(\(list(window.arguments))) OVER (…)"
        case .call(let call): return write(call, text, list)
        case .comparison(let kind, let left, let right): return "\(text(left)) \(signs[kind] ?? "?") \(text(right))"
        case .between(let value, let lower, let upper): return "\(text(value)) BETWEEN \(text(lower)) AND \(text(upper))"
        case .conjunction(let isAnd, let parts): return "(" + parts.map(text).joined(separator: isAnd ? " AND " : " OR ") + ")"
        case .not(let part): return "NOT (\(text(part)))"
        case .isNull(let part, let isNegated): return "\(text(part)) IS \(isNegated ? "NOT " : "")NULL"
        case .membership(let value, let items, let isNegated): return "\(text(value)) \(isNegated ? "NOT " : "")IN (\(list(items)))"
        case .coalesce(let parts): return "coalesce(\(list(parts)))"
        case .choice(let branches, let otherwise):
            let whens = branches.map { " WHEN \(text($0.condition)) THEN \(text($0.result))" }.joined()
            return "CASE\(whens) ELSE \(text(otherwise)) END"
        case .cast(let part, let type): return "CAST(\(text(part)) AS \(type.name))"
        }
    }

    private static func write(
        _ call: FunctionCall, _ text: (Expression) -> String, _ list: ([Expression]) -> String
    ) -> String {
        if call.name == "count_star" { return "count(*)" + (call.filter.map { " FILTER (WHERE \(text($0)))" } ?? "") }
        if call.isOperator, call.arguments.count == 2 {
            return "(\(text(call.arguments[0])) \(call.name) \(text(call.arguments[1])))"
        }
        if call.isOperator, call.arguments.count == 1 { return call.name + text(call.arguments[0]) }
        let filter = call.filter.map { " FILTER (WHERE \(text($0)))" } ?? ""
        return "\(call.name)(\(call.isDistinct ? "DISTINCT " : "")\(list(call.arguments)))\(filter)"
    }

    private static func write(_ constant: Constant) -> String {
        switch constant {
        case .null: return "NULL"
        case .integer(let value): return String(value)
        case .decimal(let unscaled, _, let scale):
            guard scale > 0 else { return String(unscaled) }
            let digits = String(unscaled.magnitude)
            let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
            return "\(unscaled < 0 ? "-" : "")\(padded.dropLast(scale)).\(padded.suffix(scale))"
        case .double(let value): return "\(value)"
        case .text(let value): return "'" + value.replacing("'", with: "''") + "'"
        case .boolean(let value): return value ? "true" : "false"
        }
    }
}
