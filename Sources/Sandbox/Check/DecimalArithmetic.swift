/// Fixed-point arithmetic as the engine does it, in 64 bits, so that a sum comes out as the engine's own would.
///
/// A sum of values of at most 18 digits cannot overflow the 38 that the engine adds in. Within one row a product can, where the
/// declared widths together have more than 18; then the row counts as having no value.
struct DecimalArithmetic: Sendable {
    static let widest = 18

    struct Shape: Sendable, Hashable {
        var width: Int
        var scale: Int
        /// Whether some row could be too large for it.
        var mayOverflow = false
        /// Whether a column of fixed point takes part.
        var isDecimal = false
    }

    let block: Block

    /// `nil` where the expression is not of sums, differences and products of fixed-point and whole numbers, or would need
    /// more than 18 digits anyway.
    func shape(of expression: Expression) -> Shape? {
        switch expression.node {
        case .column(let path): return block.type(path).flatMap(shape)
        case .constant(.integer(let value)): return Shape(width: String(value.magnitude).count, scale: 0)
        case .constant(.decimal(_, let width, let scale)): return Shape(width: width, scale: scale)
        case .call(let call) where call.isOperator && call.filter == nil && !call.isDistinct:
            let shapes = call.arguments.compactMap { shape(of: $0) }
            guard shapes.count == call.arguments.count, let first = shapes.first else { return nil }
            if shapes.count == 1 { return call.name == "-" || call.name == "+" ? first : nil }
            return shapes.count == 2 ? combined(call.name, first, shapes[1]) : nil
        default: return nil
        }
    }

    private func shape(_ type: ColumnType) -> Shape? {
        switch type.name {
        case "TINYINT", "UTINYINT": return Shape(width: 3, scale: 0)
        case "SMALLINT", "USMALLINT": return Shape(width: 5, scale: 0)
        case "INTEGER", "INT": return Shape(width: 10, scale: 0)
        default:
            guard type.name.hasPrefix("DECIMAL(") else { return nil }
            let numbers = type.name.dropFirst(8).dropLast().split(separator: ",").compactMap { Int($0) }
            guard numbers.count == 2, numbers[0] <= Self.widest else { return nil }
            return Shape(width: numbers[0], scale: numbers[1], isDecimal: true)
        }
    }

    private func combined(_ sign: String, _ one: Shape, _ other: Shape) -> Shape? {
        var result: Shape
        switch sign {
        case "+", "-":
            let scale = max(one.scale, other.scale)
            result = Shape(width: max(one.width - one.scale, other.width - other.scale) + scale + 1, scale: scale)
        case "*": result = Shape(width: one.width + other.width, scale: one.scale + other.scale)
        default: return nil
        }
        result.mayOverflow = one.mayOverflow || other.mayOverflow || result.width > Self.widest
        result.isDecimal = one.isDecimal || other.isDecimal
        result.width = min(result.width, Self.widest)
        return result.scale <= result.width ? result : nil
    }

    /// The expression so that it cannot fail on any row; `nil` where it is none of these.
    func safe(_ expression: Expression) -> (expression: Expression, mayOverflow: Bool)? {
        guard let shape = shape(of: expression), shape.isDecimal else { return nil }
        guard shape.mayOverflow else { return (expression, false) }
        return (Expression(.call(FunctionCall(name: "try", arguments: [expression])), offset: expression.offset), true)
    }
}
