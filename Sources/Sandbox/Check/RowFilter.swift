/// Checks WHERE in aggregate mode: dimensions, filters and join keys freely; measures only for being there or missing.
struct RowFilter: Sendable {
    let scope: Scope
    let types: TypeChecker

    /// The conditions that must all hold.
    func read(_ written: Expression) throws(QueryRefusal) -> [Expression] {
        let resolved = try scope.resolve(written)
        try types.requireBoolean(resolved)
        try check(resolved)
        return Self.conjuncts(resolved)
    }

    static func conjuncts(_ expression: Expression) -> [Expression] {
        if case .conjunction(isAnd: true, let parts) = expression.node { return parts.flatMap(conjuncts) }
        return [expression]
    }

    private func check(_ expression: Expression) throws(QueryRefusal) {
        if case .isNull(let part, _) = expression.node, case .column(let path) = part.node, scope.role(path) == .measure { return }
        if case .column(let path) = expression.node {
            let column = scope.definition(path)
            guard column.role == .dimension || column.role == .filter || column.role == .joinKey else {
                throw QueryRefusal(
                    .columnRole, "\"\(column.name)\" is a \(column.role.rawValue) column and may not be filtered by",
                    piece: column.name, offset: expression.offset,
                    hint: column.role == .measure
                        ? "only \(column.name) IS NULL or IS NOT NULL; or use CASE inside an aggregate"
                        : "filter by dimension, filter or join_key columns")
            }
        }
        for part in expression.children { try check(part) }
    }
}
