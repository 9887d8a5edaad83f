/// Finds the kind of every expression and refuses those that would need a hidden conversion: such a conversion can fail on a
/// single row, and whether it fails would tell about that row.
struct TypeChecker: Sendable {
    let block: Block
    /// The block around an inner query.
    var outer: Block?
    let parameters: [QueryParameter]
    let functions: FunctionCatalog

    func kind(of expression: Expression) throws(QueryRefusal) -> ValueKind {
        switch expression.node {
        case .constant(let constant): return constant.kind
        case .parameter(let name): return try parameter(name, expression).type.kind
        case .name(let names):
            throw QueryRefusal(.columnUnknown, "there is no column \"\(names.joined(separator: "."))\"", offset: expression.offset)
        case .column(let path): return block.type(path)?.kind ?? .null
        case .outer(let path): return outer?.type(path)?.kind ?? .null
        case .fragment: return .boolean
        case .window(let window): return try self.window(window, expression)
        case .subquery:
            throw QueryRefusal(
                .syntaxNotAllowed, "an inner query is not allowed in this place", piece: "SELECT", offset: expression.offset,
                hint: "use it in WHERE, HAVING or an output column")
        case .call(let call): return try scalar(call, expression)
        case .comparison(_, let left, let right):
            try require(left, fits: right)
            return .boolean
        case .between(let value, let lower, let upper):
            try require(value, fits: lower)
            try require(value, fits: upper)
            return .boolean
        case .conjunction(_, let parts):
            for part in parts { try requireBoolean(part) }
            return .boolean
        case .not(let part):
            try requireBoolean(part)
            return .boolean
        case .isNull(let part, _):
            _ = try kind(of: part)
            return .boolean
        case .membership(let value, let list, _):
            for item in list { try require(value, fits: item) }
            return .boolean
        case .coalesce(let parts): return try common(parts)
        case .choice(let branches, let otherwise):
            for branch in branches { try requireBoolean(branch.condition) }
            return try common(branches.map(\.result) + [otherwise])
        case .cast(let part, let type):
            _ = try kind(of: part)
            return type.kind ?? .null
        }
    }

    func requireBoolean(_ expression: Expression) throws(QueryRefusal) {
        let found = try kind(of: expression)
        guard found == .boolean || found == .null else {
            throw mismatch(expression, "a condition must be true or false, not \(found.rawValue)")
        }
    }

    func parameter(_ name: String, _ expression: Expression) throws(QueryRefusal) -> QueryParameter {
        guard let found = parameters.first(where: { foldedName($0.name) == foldedName(name) }) else {
            let declared = parameters.map { "$" + $0.name }.joined(separator: ", ")
            throw QueryRefusal(
                .parameterUnknown, "the parameter $\(name) is not declared", piece: "$" + name, offset: expression.offset,
                hint: declared.isEmpty ? "declare it with a type" : "declared: \(declared)")
        }
        return found
    }

    /// Ranks and counts are whole numbers; others are of the kind of what they look at.
    private func window(_ window: WindowCall, _ expression: Expression) throws(QueryRefusal) -> ValueKind {
        guard let form = functions.windows[window.name] else { throw functionRefusal(window.name, offset: expression.offset) }
        guard form.arguments.contains(window.arguments.count) else {
            throw QueryRefusal(
                .typeMismatch, "\(window.name) does not take \(window.arguments.count) arguments", piece: window.name,
                offset: expression.offset)
        }
        for part in window.parts { _ = try kind(of: part) }
        switch form.result {
        case .integer: return .integer
        case .decimal: return .decimal
        case .argument: return try window.arguments.first.map { argument throws(QueryRefusal) in try kind(of: argument) } ?? .null
        }
    }

    private func scalar(_ call: FunctionCall, _ expression: Expression) throws(QueryRefusal) -> ValueKind {
        guard let signatures = functions.scalars[call.name] else {
            if functions.aggregates[call.name] != nil {
                throw QueryRefusal(
                    .notAggregated, "the aggregate \(call.name) is not allowed in this place", piece: call.name,
                    offset: expression.offset, hint: "aggregates stand in SELECT, HAVING and ORDER BY, not inside each other")
            }
            throw functionRefusal(call.name, offset: expression.offset)
        }
        guard !call.isDistinct, call.filter == nil else {
            throw QueryRefusal(
                .syntaxNotAllowed, "DISTINCT and FILTER belong to aggregates, not to \(call.name)", piece: call.name,
                offset: expression.offset)
        }
        var kinds: [ValueKind] = []
        for argument in call.arguments { kinds.append(try kind(of: argument)) }
        for signature in signatures {
            if let result = signature.result(for: kinds) { return result }
        }
        throw QueryRefusal(
            .typeMismatch, "\(call.name) does not take (\(kinds.map(\.rawValue).joined(separator: ", ")))", piece: call.name,
            offset: expression.offset, hint: "convert with CAST")
    }

    func functionRefusal(_ name: String, offset: Int?) -> QueryRefusal {
        let names = functions.scalars.keys.filter { $0.first?.isLetter == true } + functions.aggregates.keys.filter { $0 != "count_star" }
        return QueryRefusal(
            .functionNotAllowed, "the function \(name) is not allowed", piece: name, offset: offset,
            hint: "allowed: " + names.sorted().joined(separator: ", "))
    }

    private func isLiteral(_ expression: Expression) -> Bool {
        if case .constant = expression.node { return true }
        return false
    }

    /// Whether two expressions meet without a conversion of a column's values. A literal text is converted once, before any
    /// row is read, so it may stand for a date.
    private func require(_ left: Expression, fits right: Expression) throws(QueryRefusal) {
        let leftKind = try kind(of: left)
        let rightKind = try kind(of: right)
        if leftKind == rightKind || leftKind == .null || rightKind == .null { return }
        if leftKind.isNumber && rightKind.isNumber || leftKind.isMoment && rightKind.isMoment { return }
        let temporal: Set<ValueKind> = [.date, .timestamp, .time, .interval]
        if temporal.contains(leftKind), rightKind == .text, isLiteral(right) { return }
        if temporal.contains(rightKind), leftKind == .text, isLiteral(left) { return }
        throw mismatch(right, "\(leftKind.rawValue) cannot be compared with \(rightKind.rawValue)")
    }

    private func common(_ parts: [Expression]) throws(QueryRefusal) -> ValueKind {
        var result = ValueKind.null
        for part in parts {
            let found = try kind(of: part)
            if found == .null || found == result { continue }
            if result == .null {
                result = found
            } else if found.isNumber && result.isNumber {
                result = .decimal
            } else if found.isMoment && result.isMoment {
                result = .timestamp
            } else {
                throw mismatch(part, "\(result.rawValue) and \(found.rawValue) cannot be results of one expression")
            }
        }
        return result
    }

    private func mismatch(_ expression: Expression, _ reason: String) -> QueryRefusal {
        QueryRefusal(
            .typeMismatch, reason, piece: ExpressionText.write(expression, scope: block), offset: expression.nearestOffset,
            hint: "convert with CAST, or compare like with like")
    }
}
