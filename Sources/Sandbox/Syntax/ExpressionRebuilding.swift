extension Expression {
    /// The same expression with each direct part replaced.
    func mapChildren<Failure: Error>(
        _ transform: (Expression) throws(Failure) -> Expression
    ) throws(Failure) -> Expression {
        func all(_ parts: [Expression]) throws(Failure) -> [Expression] {
            var result: [Expression] = []
            result.reserveCapacity(parts.count)
            for part in parts { result.append(try transform(part)) }
            return result
        }
        var copy = self
        switch node {
        case .constant, .parameter, .name, .column, .outer: break
        case .subquery(var subquery):
            if let operand = subquery.operand { subquery.operand = try transform(operand) }
            copy.node = .subquery(subquery)
        case .fragment(var fragment):
            fragment.columns = try all(fragment.columns)
            for index in fragment.units.indices { fragment.units[index].column = try transform(fragment.units[index].column) }
            copy.node = .fragment(fragment)
        case .window(var window):
            window.arguments = try all(window.arguments)
            window.partition = try all(window.partition)
            for index in window.order.indices { window.order[index].expression = try transform(window.order[index].expression) }
            copy.node = .window(window)
        case .call(var call):
            call.arguments = try all(call.arguments)
            if let filter = call.filter { call.filter = try transform(filter) }
            copy.node = .call(call)
        case .comparison(let kind, let left, let right):
            copy.node = .comparison(kind, try transform(left), try transform(right))
        case .between(let value, let lower, let upper):
            copy.node = .between(try transform(value), try transform(lower), try transform(upper))
        case .conjunction(let isAnd, let parts): copy.node = .conjunction(isAnd: isAnd, try all(parts))
        case .coalesce(let parts): copy.node = .coalesce(try all(parts))
        case .not(let part): copy.node = .not(try transform(part))
        case .isNull(let part, let isNegated): copy.node = .isNull(try transform(part), isNegated: isNegated)
        case .cast(let part, let type): copy.node = .cast(try transform(part), type)
        case .membership(let value, let list, let isNegated):
            copy.node = .membership(try transform(value), try all(list), isNegated: isNegated)
        case .choice(let branches, let otherwise):
            var rebuilt: [CaseBranch] = []
            for branch in branches {
                rebuilt.append(CaseBranch(condition: try transform(branch.condition), result: try transform(branch.result)))
            }
            copy.node = .choice(rebuilt, otherwise: try transform(otherwise))
        }
        return copy
    }
}
