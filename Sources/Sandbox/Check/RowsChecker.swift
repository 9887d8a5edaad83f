/// What runs in rows mode: named columns of one open table.
struct RowsPlan: Sendable, Hashable {
    var outputs: [AggregatePlan.Output]
    var filter: [Expression]
    var order: [OrderItem]
}

/// Checks a query in rows mode: one table, its listed columns, plain conditions on them.
struct RowsChecker: Sendable {
    let statement: SelectStatement
    let scope: Scope
    let types: TypeChecker

    func check() throws(QueryRefusal) -> RowsPlan {
        guard scope.tables.count == 1, let table = scope.tables.first, let policy = table.policy.rows else {
            throw QueryRefusal(
                .joinNotAllowed, "rows are offered from one table at a time", offset: statement.tables.last?.offset,
                hint: "ask for the tables in separate queries")
        }
        guard statement.groups.isEmpty, statement.having == nil else {
            throw QueryRefusal(
                .syntaxNotAllowed, "GROUP BY and HAVING are not allowed in rows mode", piece: "GROUP BY",
                offset: statement.groups.first?.nearestOffset, hint: "ask in aggregate mode")
        }
        let listed = Set(policy.columns.map(foldedName))
        var outputs: [AggregatePlan.Output] = []
        for item in statement.items { outputs += try output(item, listed, policy) }
        var order: [OrderItem] = []
        for item in statement.order { order.append(try ordered(item, listed, outputs)) }
        var filter: [Expression] = []
        if let written = statement.filter {
            let resolved = try scope.resolve(written)
            try requireListed(resolved, listed)
            try types.requireBoolean(resolved)
            filter = RowFilter.conjuncts(LiteralTyping(types: types).rewrite(resolved))
        }
        return RowsPlan(outputs: outputs, filter: filter, order: order)
    }

    private func output(
        _ item: SelectItem, _ listed: Set<String>, _ policy: RowsPolicy
    ) throws(QueryRefusal) -> [AggregatePlan.Output] {
        guard let expression = item.expression else {
            return policy.columns.compactMap { name in
                scope.find(name, in: 0).map { .init(name: name, expression: Expression(.column($0))) }
            }
        }
        let resolved = try scope.resolve(expression)
        guard case .column(let path) = resolved.node else {
            throw QueryRefusal(
                .syntaxNotAllowed, "rows mode gives columns, not expressions", piece: ExpressionText.write(resolved, scope: scope),
                offset: resolved.nearestOffset, hint: "columns: " + policy.columns.joined(separator: ", "))
        }
        try requireListed(resolved, listed)
        return [.init(name: item.alias.isEmpty ? scope.definition(path).name : item.alias, expression: resolved)]
    }

    private func ordered(
        _ item: OrderItem, _ listed: Set<String>, _ outputs: [AggregatePlan.Output]
    ) throws(QueryRefusal) -> OrderItem {
        var item = item
        if case .constant(.integer(let number)) = item.expression.node, number >= 1, number <= Int64(outputs.count) {
            item.expression = outputs[Int(number) - 1].expression
            return item
        }
        if case .name(let names) = item.expression.node, names.count == 1,
            let output = outputs.first(where: { foldedName($0.name) == foldedName(names[0]) })
        {
            item.expression = output.expression
            return item
        }
        item.expression = try scope.resolve(item.expression)
        guard case .column = item.expression.node else {
            throw QueryRefusal(
                .syntaxNotAllowed, "rows mode orders by columns", offset: item.expression.nearestOffset)
        }
        try requireListed(item.expression, listed)
        return item
    }

    private func requireListed(_ expression: Expression, _ listed: Set<String>) throws(QueryRefusal) {
        for path in expression.columns where !listed.contains(foldedName(scope.definition(path).name)) {
            let name = scope.definition(path).name
            throw QueryRefusal(
                .columnRole, "\"\(name)\" is not among the columns that this product offers as rows", piece: name,
                offset: expression.nearestOffset, hint: "offered: \(listed.sorted().joined(separator: ", "))")
        }
    }
}
