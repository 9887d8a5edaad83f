/// Checks a query in rows mode: one table, its listed columns, plain conditions on them.
struct RowsChecker {
    let planner: QueryPlanner
    let statement: QueryStatement

    func check() throws(QueryRefusal) -> Relation {
        guard let select = statement.select, statement.common.isEmpty else {
            throw QueryRefusal(
                .syntaxNotAllowed, "rows mode takes one plain SELECT, without WITH or UNION", piece: "SELECT", hint: "ask in aggregate mode")
        }
        let isPlain = select.tables.allSatisfy { $0.tableName != nil }
        let scope = isPlain ? try planner.scope(select.tables, common: QueryPlanner.Common(), outer: nil) : Scope()
        guard select.tables.count == 1, isPlain else {
            throw QueryRefusal(
                .joinNotAllowed, "rows are offered from one table at a time", offset: select.tables.last?.offset,
                hint: "ask for the tables in separate queries")
        }
        guard let policy = planner.tables.first?.rows else {
            throw QueryRefusal(.modeNotOffered, "the product offers no rows")
        }
        guard select.groups.isEmpty, select.groupingSets.isEmpty, select.having == nil, !select.isDistinct, select.qualify == nil else {
            throw QueryRefusal(
                .syntaxNotAllowed, "GROUP BY, HAVING, DISTINCT and QUALIFY are not allowed in rows mode", piece: "GROUP BY",
                offset: select.groups.first?.nearestOffset, hint: "ask in aggregate mode")
        }
        let listed = Listed(names: Set(policy.columns.map(foldedName)), scope: scope)
        var relation = Relation(block: scope.block, outputs: [])
        for item in select.items { relation.outputs += try output(item, listed, policy) }
        for item in statement.order { relation.order.append(try ordered(item, listed, relation.outputs)) }
        if let written = select.filter {
            let resolved = try scope.resolve(written)
            try listed.require(resolved)
            try planner.types(scope.block).requireBoolean(resolved)
            relation.block.filters = resolved.conjuncts
        }
        relation.ties = [Expression(.column(ColumnPath(table: 0, column: ColumnPath.rowIdentifier)))]
        return relation
    }

    /// The columns that the product offers as rows.
    private struct Listed {
        let names: Set<String>
        let scope: Scope

        func require(_ expression: Expression) throws(QueryRefusal) {
            for path in expression.columns where !names.contains(foldedName(scope.definition(path).name)) {
                let name = scope.definition(path).name
                throw QueryRefusal(
                    .columnRole, "\"\(name)\" is not among the columns that this product offers as rows", piece: name,
                    offset: expression.nearestOffset, hint: "offered: \(names.sorted().joined(separator: ", "))")
            }
        }
    }

    private func output(_ item: SelectItem, _ listed: Listed, _ policy: RowsPolicy) throws(QueryRefusal) -> [Relation.Output] {
        let scope = listed.scope
        guard let expression = item.expression else {
            guard item.relation.isEmpty else { throw QueryRefusal(.syntaxNotAllowed, "table.* is not allowed", piece: "*", offset: item.offset) }
            var outputs: [Relation.Output] = []
            for name in policy.columns {
                if let column = try scope.lookUp([name], offset: nil) { outputs.append(.init(name: name, expression: column)) }
            }
            return outputs
        }
        let resolved = try scope.resolve(expression)
        guard case .column(let path) = resolved.node else {
            throw QueryRefusal(
                .syntaxNotAllowed, "rows mode gives columns, not expressions", piece: ExpressionText.write(resolved, scope: scope.block),
                offset: resolved.nearestOffset, hint: "columns: " + policy.columns.joined(separator: ", "))
        }
        try listed.require(resolved)
        return [.init(name: item.alias.isEmpty ? scope.definition(path).name : item.alias, expression: resolved)]
    }

    private func ordered(_ item: OrderItem, _ listed: Listed, _ outputs: [Relation.Output]) throws(QueryRefusal) -> OrderItem {
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
        item.expression = try listed.scope.resolve(item.expression)
        guard case .column = item.expression.node else {
            throw QueryRefusal(
                .syntaxNotAllowed, "rows mode orders by columns", offset: item.expression.nearestOffset)
        }
        try listed.require(item.expression)
        return item
    }
}
