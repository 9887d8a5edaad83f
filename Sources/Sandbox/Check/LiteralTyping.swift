/// Gives every text that stands for a date or time its type, so that what runs converts it explicitly, and every conversion of a
/// constant can be tried once before the query is accepted.
///
/// Left to the engine, an impossible date would be an error only if some row reaches the comparison, and so would tell
/// whether one does.
struct LiteralTyping: Sendable {
    let types: TypeChecker

    func rewrite(_ expression: Expression) -> Expression {
        let rewritten = expression.mapChildren { rewrite($0) }
        switch rewritten.node {
        case .comparison(let sign, let left, let right):
            return Expression(.comparison(sign, typed(left, like: right), typed(right, like: left)), offset: rewritten.offset)
        case .between(let value, let lower, let upper):
            return Expression(
                .between(typed(value, like: lower), typed(lower, like: value), typed(upper, like: value)), offset: rewritten.offset)
        case .membership(let value, let list, let isNegated):
            let value = list.first.map { typed(value, like: $0) } ?? value
            return Expression(.membership(value, list.map { typed($0, like: value) }, isNegated: isNegated), offset: rewritten.offset)
        default: return rewritten
        }
    }

    private func typed(_ literal: Expression, like other: Expression) -> Expression {
        guard case .constant(.text) = literal.node, let kind = try? types.kind(of: other) else { return literal }
        let name: String
        switch kind {
        case .date: name = "DATE"
        case .time: name = "TIME"
        case .interval: name = "INTERVAL"
        case .timestamp:
            let isZoned = other.columns.contains { types.block.type($0)?.name.hasSuffix("ZONE") == true }
            name = isZoned ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP"
        default: return literal
        }
        return Expression(.cast(literal, CastType(id: name)), offset: literal.offset)
    }

    /// Every conversion of a constant in these expressions.
    static func conversions(in expressions: [Expression]) -> [Expression] {
        var found: [Expression] = []
        func collect(_ expression: Expression) {
            if case .cast(let part, _) = expression.node, case .constant = part.node, !found.contains(expression) {
                found.append(expression)
            }
            for part in expression.children { collect(part) }
        }
        for expression in expressions { collect(expression) }
        return found
    }
}
