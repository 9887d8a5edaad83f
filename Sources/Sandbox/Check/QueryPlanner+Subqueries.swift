// Inner queries in expressions.

extension QueryPlanner {
    /// An expression with its inner queries planned. One that gives a value becomes a source of the block, joined so that it adds
    /// no row and drops none; EXISTS and IN become finished conditions.
    ///
    /// - Parameter isCondition: whether the expression is one of the conditions that all rows of the block meet. Only there may
    ///   EXISTS and IN look at protected rows: elsewhere other rows could cover for those that are too few.
    func planned(
        _ expression: Expression, in scope: inout Scope, common: Common, isCondition: Bool
    ) throws(QueryRefusal) -> Expression {
        switch expression.node {
        case .subquery(let subquery):
            switch subquery.kind {
            case .scalar: return try scalar(subquery, expression, &scope, common)
            case .exists: return try existence(subquery, nil, expression, scope, common, mayBeProtected: isCondition)
            case .membership:
                guard let operand = subquery.operand else { return expression }
                let planned = try planned(operand, in: &scope, common: common, isCondition: false)
                return try existence(subquery, planned, expression, scope, common, mayBeProtected: isCondition)
            }
        case .not(let part) where isCondition:
            return Expression(.not(try planned(part, in: &scope, common: common, isCondition: true)), offset: expression.offset)
        default:
            var copy = scope
            let result = try expression.mapChildren { (part: Expression) throws(QueryRefusal) in
                try planned(part, in: &copy, common: common, isCondition: false)
            }
            scope = copy
            return result
        }
    }

    // MARK: One value

    private func scalar(
        _ subquery: Subquery, _ expression: Expression, _ scope: inout Scope, _ common: Common
    ) throws(QueryRefusal) -> Expression {
        let inner = try relation(subquery.query, common: common, outer: scope)
        guard inner.outputs.count == 1 else {
            throw QueryRefusal(
                .syntaxNotAllowed, "an inner query that stands for a value must have one output column, not \(inner.outputs.count)",
                piece: "SELECT", offset: expression.offset)
        }
        guard !inner.block.isProtected else {
            throw QueryRefusal(
                .notAggregated, "an inner query that stands for a value must be an aggregate, not raw rows", piece: "SELECT",
                offset: expression.offset, hint: "write (SELECT avg(…) FROM …)")
        }
        guard inner.isSingle || !inner.correlation.isEmpty || inner.limit == "1" else {
            throw QueryRefusal(
                .syntaxNotAllowed, "an inner query that stands for a value must give one row", piece: "SELECT", offset: expression.offset,
                hint: "use an aggregate without GROUP BY")
        }
        _ = try BlockRules(block: inner.block, types: types(inner.block)).check()
        var wider = inner
        wider.outputs += inner.correlation.map { .init(name: "", expression: $0.key) }
        let columns = try columns(wider, role: { _ in .attribute })
        let source = "(\(text(wider) { "c\($0)" }))"
        var added = try derived(wider, source: source, columns: columns) { atom in
            atom.isReleased = true
            atom.isSingle = true
            atom.join = .left
        }
        let shift = scope.block.atoms.count
        guard shift > 0 else {
            throw QueryRefusal(.tableNotAllowed, "the query reads no table", offset: expression.offset, hint: "add FROM with a table of the contract")
        }
        for (index, pair) in inner.correlation.enumerated() {
            let key = Expression(.column(ColumnPath(table: shift, column: index + 1)))
            guard case .outer(let path) = pair.outer.node else { continue }
            try requireOuterKey(path, scope.block, pair.outer)
            added.block.atoms[0].on.append(Expression(.comparison("COMPARE_EQUAL", key, Expression(.column(path)))))
        }
        scope.block.atoms += added.block.atoms
        return Expression(.column(ColumnPath(table: shift, column: 0)), offset: expression.offset)
    }

    /// A column of the surrounding rows that picks a value for each of them.
    private func requireOuterKey(_ path: ColumnPath, _ block: Block, _ place: Expression) throws(QueryRefusal) {
        try BlockRules(block: block, types: types(block)).checkUse(Expression(.column(path), offset: place.offset))
    }

    // MARK: EXISTS and IN

    private func existence(
        _ subquery: Subquery, _ operand: Expression?, _ expression: Expression, _ scope: Scope, _ common: Common, mayBeProtected: Bool
    ) throws(QueryRefusal) -> Expression {
        let outer = scope.block
        var query = subquery.query
        if operand == nil { query = withoutOutputs(query) }
        var inner = try relation(query, common: common, outer: scope)
        if inner.limit != nil || inner.offset != nil { inner = try mergeable(inner, offset: expression.offset) }
        guard inner.correlation.isEmpty else {
            throw QueryRefusal(
                .syntaxNotAllowed, "an aggregate that depends on the query around it may not stand in IN or EXISTS", piece: "SELECT",
                offset: expression.offset, hint: "compare a value with (SELECT … ) instead")
        }
        let innerTypes = types(inner.block, outer: outer)
        if inner.block.isProtected || !inner.block.atoms.isEmpty { _ = try BlockRules(block: inner.block, types: innerTypes).check() }
        var units: [FragmentUnit] = []
        if inner.block.isProtected {
            units = try unitsAround(inner, operand, outer, expression, mayBeProtected: mayBeProtected)
        }
        var read = inner.block.filters.reduce(into: Set<ColumnPath>()) { $0.formUnion($1.outerColumns) }
        for output in inner.outputs { read.formUnion(output.expression.outerColumns) }
        read.formUnion(operand?.columns ?? [])
        let sql = try written(inner, operand, outer, expression)
        let columns = read.sorted { ($0.table, $0.column) < ($1.table, $1.column) }.map { Expression(.column($0), offset: expression.offset) }
        return Expression(.fragment(Fragment(sql: sql, columns: columns, units: units)), offset: expression.offset)
    }

    /// What EXISTS selects does not matter.
    private func withoutOutputs(_ query: QueryStatement) -> QueryStatement {
        guard case .select(var select) = query.body, select.groups.isEmpty, select.having == nil, !select.isDistinct,
            !select.items.contains(where: { $0.expression.map(isAggregated) ?? false })
        else { return query }
        select.items = [SelectItem(expression: Expression(.constant(.integer(1))), alias: "one")]
        var copy = query
        copy.order = []
        copy.body = .select(select)
        return copy
    }

    private func written(
        _ inner: Relation, _ operand: Expression?, _ outer: Block, _ expression: Expression
    ) throws(QueryRefusal) -> String {
        let sql = text(inner, outer: outer) { "c\($0)" }
        guard let operand else { return "EXISTS (\(sql))" }
        guard inner.outputs.count == 1, let output = inner.outputs.first else {
            throw QueryRefusal(
                .syntaxNotAllowed, "IN needs an inner query with one output column", piece: "IN", offset: expression.offset)
        }
        let one = try types(outer).kind(of: operand)
        let other = try types(inner.block, outer: outer).kind(of: output.expression)
        guard one == other || one.isNumber && other.isNumber || one.isMoment && other.isMoment || one == .null || other == .null else {
            throw QueryRefusal(
                .typeMismatch, "\(one.rawValue) cannot be compared with \(other.rawValue)",
                piece: ExpressionText.write(operand, scope: outer), offset: expression.offset, hint: "convert with CAST")
        }
        note([operand], outer)
        return "(\(writer(outer).write(operand)) IN (\(sql)))"
    }

    /// Where the inner rows are protected, each of their privacy units must equal a column of the surrounding rows: then that
    /// column's values tell whom the condition is about, and they are counted like units.
    private func unitsAround(
        _ inner: Relation, _ operand: Expression?, _ outer: Block, _ expression: Expression, mayBeProtected: Bool
    ) throws(QueryRefusal) -> [FragmentUnit] {
        guard mayBeProtected else {
            throw QueryRefusal(
                .selectiveAggregate, "EXISTS and IN over protected rows must be conditions that all rows meet", piece: "EXISTS",
                offset: expression.offset, hint: "put it into WHERE, joined to the other conditions by AND")
        }
        let known = BlockUnits(inner.block)
        var pairs: [(inner: ColumnPath, outer: ColumnPath)] = []
        for condition in inner.block.filters {
            guard case .comparison("COMPARE_EQUAL", let left, let right) = condition.node else { continue }
            if case .column(let one) = left.node, case .outer(let other) = right.node { pairs.append((one, other)) }
            if case .outer(let other) = left.node, case .column(let one) = right.node { pairs.append((one, other)) }
        }
        if case .column(let around) = operand?.node, case .column(let path) = inner.outputs.first?.expression.node { pairs.append((path, around)) }
        for pair in pairs {
            // A unit may meet nothing but keys of its own owner.
            if inner.block.role(pair.inner) == .privacyUnit {
                try requireKey(pair.outer, outer, of: inner.block.atoms[pair.inner.table], pair.inner, inner.block, expression)
            } else {
                try BlockRules(block: inner.block, types: types(inner.block, outer: outer))
                    .checkUse(Expression(.column(pair.inner), offset: expression.offset))
            }
        }
        var units: [FragmentUnit] = []
        for unit in known.all {
            guard !unit.isRow, let pair = pairs.first(where: { known.equalities.areEqual($0.inner, unit.path) }) else {
                throw QueryRefusal(
                    .selectiveAggregate, "EXISTS and IN over protected rows need the equality of their privacy unit (\(unit.name)) with a column outside",
                    piece: "EXISTS", offset: expression.offset, hint: "add \(unit.name) = … to the inner WHERE, or join the table instead")
            }
            try requireKey(pair.outer, outer, of: inner.block.atoms[pair.inner.table], pair.inner, inner.block, expression)
            units.append(
                FragmentUnit(column: Expression(.column(pair.outer)), table: unit.table, minimum: inner.block.minimumGroupSize,
                    tables: inner.block.tables))
        }
        return units
    }

    private func requireKey(
        _ path: ColumnPath, _ outer: Block, of inside: Atom, _ inner: ColumnPath, _ innerBlock: Block, _ place: Expression
    ) throws(QueryRefusal) {
        let outside = outer.atoms[path.table]
        let isKey = [.privacyUnit, .joinKey].contains(outer.role(path)) || outside.isReleased
        guard isKey, inside.owner == outside.owner, !inside.owner.isEmpty else {
            let name = outer.definition(path).name
            throw QueryRefusal(
                .columnRole, "\"\(name)\" may not be compared with \(innerBlock.definition(inner).name), a privacy unit or its key", piece: name,
                offset: place.offset, hint: "only keys of the same owner's tables may")
        }
    }
}
