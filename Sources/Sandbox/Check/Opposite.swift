// Conditions and their opposites, so that "urgent" and "not urgent" count as one way to split a group.

extension Expression {
    private static let opposites = [
        "COMPARE_EQUAL": "COMPARE_NOTEQUAL", "COMPARE_NOTEQUAL": "COMPARE_EQUAL", "COMPARE_LESSTHAN": "COMPARE_GREATERTHANOREQUALTO",
        "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHAN", "COMPARE_GREATERTHAN": "COMPARE_LESSTHANOREQUALTO",
        "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHAN",
    ]
    private static let oppositeCalls = ["~~": "!~~", "!~~": "~~", "~~*": "!~~*", "!~~*": "~~*"]

    /// The same condition with every NOT pushed inwards.
    var normal: Expression {
        switch node {
        case .not(let part): part.opposite
        case .conjunction(let isAnd, let parts): Expression(.conjunction(isAnd: isAnd, parts.map(\.normal)))
        default: self
        }
    }

    /// What holds exactly where this is false (and is unknown where this is unknown), with every NOT pushed inwards.
    var opposite: Expression {
        switch node {
        case .not(let part): return part.normal
        case .conjunction(let isAnd, let parts): return Expression(.conjunction(isAnd: !isAnd, parts.map(\.opposite)))
        case .comparison(let sign, let left, let right):
            guard let other = Self.opposites[sign] else { return Expression(.not(self)) }
            return Expression(.comparison(other, left, right))
        case .isNull(let part, let isNegated): return Expression(.isNull(part, isNegated: !isNegated))
        case .membership(let value, let list, let isNegated): return Expression(.membership(value, list, isNegated: !isNegated))
        case .call(var call) where call.isOperator:
            guard let other = Self.oppositeCalls[call.name] else { return Expression(.not(self)) }
            call.name = other
            return Expression(.call(call))
        default: return Expression(.not(self))
        }
    }
}
