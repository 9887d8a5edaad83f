// UNION, INTERSECT and EXCEPT, and the end of the plan.

extension QueryPlanner {
    func combined(_ combination: Combination, order: [OrderItem], common: Common) throws(QueryRefusal) -> Relation {
        let left = try relation(combination.left, common: common, outer: nil)
        let right = try relation(combination.right, common: common, outer: nil)
        for side in [left, right] where side.block.isProtected {
            throw QueryRefusal(
                .notAggregated, "\(combination.kind.rawValue) would combine raw rows: each side must be grouped",
                piece: combination.kind.rawValue, offset: side.outputs.first?.expression.nearestOffset,
                hint: "aggregate each side first, or join the tables")
        }
        guard left.outputs.count == right.outputs.count else {
            throw QueryRefusal(
                .typeMismatch, "the two sides of \(combination.kind.rawValue) have \(left.outputs.count) and \(right.outputs.count) columns",
                piece: combination.kind.rawValue)
        }
        let kinds = try combinedKinds(left, right, combination)
        for side in [left, right] { _ = try BlockRules(block: side.block, types: types(side.block)).check() }
        let sign = combination.kind.rawValue + (combination.keepsDuplicates ? " ALL" : "")
        let source = "((\(text(left) { "c\($0)" })) \(sign) (\(text(right) { "c\($0)" })))"
        let columns = kinds.enumerated().map { ColumnDefinition(name: "c\($0)", type: $1.typeName, role: .attribute) }
        var whole = left
        whole.isSingle = false
        var result = try derived(whole, source: source, columns: columns) { atom in
            atom.isReleased = true
            atom.tables.formUnion(right.block.tables)
            if right.block.owner != left.block.owner { atom.owner = "" }
        }
        result.isSingle = false
        result.ties = result.outputs.map(\.expression)
        result.order = try order.map { item throws(QueryRefusal) in try ordered(item, result) }
        return result
    }

    private func combinedKinds(
        _ left: Relation, _ right: Relation, _ combination: Combination
    ) throws(QueryRefusal) -> [ValueKind] {
        var kinds: [ValueKind] = []
        for (one, other) in zip(left.outputs, right.outputs) {
            let first = try types(left.block).kind(of: one.expression)
            let second = try types(right.block).kind(of: other.expression)
            if first == second || second == .null {
                kinds.append(first)
            } else if first == .null {
                kinds.append(second)
            } else if first.isNumber && second.isNumber {
                kinds.append(.decimal)
            } else if first.isMoment && second.isMoment {
                kinds.append(.timestamp)
            } else {
                throw QueryRefusal(
                    .typeMismatch, "\"\(one.name)\" is \(first.rawValue) on one side of \(combination.kind.rawValue) and \(second.rawValue) on the other",
                    piece: one.name, offset: other.expression.nearestOffset, hint: "convert with CAST")
            }
        }
        return kinds
    }

    /// ORDER BY over a combination names output columns, by name or number.
    private func ordered(_ item: OrderItem, _ relation: Relation) throws(QueryRefusal) -> OrderItem {
        var item = item
        var scope = Scope(block: relation.block)
        try scope.add(.init(name: "", columns: relation.outputs), offset: nil)
        let items = relation.outputs.map { SelectItem(expression: $0.expression, alias: $0.name) }
        if let meant = try NameResolver(scope: scope, items: items).ordinal(item.expression, what: "ORDER BY") {
            item.expression = meant
        } else {
            item.expression = try scope.resolve(item.expression)
        }
        _ = try types(relation.block).kind(of: item.expression)
        return item
    }

    /// The whole plan of a query in aggregate mode.
    func plan(_ statement: QueryStatement) throws(QueryRefusal) -> (plan: QueryPlan, columns: [String]) {
        let relation = try relation(statement, common: Common(), outer: nil)
        try requireReleased(relation, statement)
        _ = try BlockRules(block: relation.block, types: types(relation.block)).check()
        return whole(relation)
    }

    /// The whole plan of a query in rows mode.
    func rowsPlan(_ statement: QueryStatement) throws(QueryRefusal) -> (plan: QueryPlan, columns: [String]) {
        var relation = try RowsChecker(planner: self, statement: statement).check()
        relation.limit = try count(statement.limit, "LIMIT")
        relation.offset = try count(statement.offset, "OFFSET")
        return whole(relation)
    }

    private func whole(_ relation: Relation) -> (plan: QueryPlan, columns: [String]) {
        let writer = writer(relation.block)
        let outputs = relation.outputs.map(\.expression)
        note(outputs + relation.order.map(\.expression) + relation.block.filters + relation.block.atoms.flatMap(\.on), relation.block)
        let written = outputs.enumerated().map { "\(writer.write($1)) AS c\($0)" }.joined(separator: ", ")
        let order = writer.order(relation.order, then: relation.ties)
        let plan = QueryPlan(
            stages: stages, result: "SELECT \(written) \(writer.source)\(order)", limit: relation.limit, offset: relation.offset,
            mainStage: stages.indices.first { QueryPlan.shown($0) == relation.block.atoms.first?.source }, conversions: conversions,
            errorOutputs: mode == .private ? outputs.map { errorOutput($0, relation.block) } : [])
        return (plan.numbered, relation.outputs.map(\.name))
    }

    /// Beside the aggregate a3 of a stage private mode keeps its error as x3.
    private func errorOutput(_ output: Expression, _ block: Block) -> String? {
        guard case .column(let path) = output.node, block.atoms[path.table].source == QueryPlan.shown(0),
            case let name = block.definition(path).name, name.hasPrefix("a")
        else { return nil }
        return "\(block.atoms[path.table].alias).x\(name.dropFirst())"
    }

    /// Refuses raw rows of protected tables as a result.
    private func requireReleased(_ relation: Relation, _ statement: QueryStatement) throws(QueryRefusal) {
        guard relation.block.isProtected else { return }
        if let atom = relation.block.atoms.first(where: { $0.isProtected && $0.isShaped }), let unit = atom.units.first {
            throw QueryRefusal(
                .columnRole, "each row of the result would be about a single unit (\(unit.name)): the privacy unit may not be grouped by there",
                piece: String(unit.name.split(separator: ".").last ?? ""),
                offset: relation.outputs.lazy.compactMap(\.expression.nearestOffset).first,
                hint: "group the rows again in a query around it, by dimension, filter or attribute columns")
        }
        for output in relation.outputs {
            guard let path = output.expression.columns.first(where: { relation.block.atoms[$0.table].isProtected })
                ?? output.expression.columns.first
            else { continue }
            throw AggregatePlanner.notAggregated(path, relation.block, offset: output.expression.nearestOffset)
        }
        throw QueryRefusal(.notAggregated, "one row for each row of protected data would leave", hint: "use aggregates such as count(*)")
    }
}

extension QueryPlan {
    /// With the sources of rows called r0, r1, … within each statement.
    var numbered: QueryPlan {
        var copy = self
        copy.stages = stages.map { stage in
            var numbering = SourceNames.Numbering()
            var limits = stage.limits
            for index in limits.indices { var own = SourceNames.Numbering(); limits[index].sql = own.apply(limits[index].sql) }
            return Stage(cells: stage.cells.mapText { numbering.apply($0) }, tables: stage.tables, limits: limits)
        }
        var numbering = SourceNames.Numbering()
        copy.result = numbering.apply(result)
        copy.errorOutputs = errorOutputs.map { $0.map { numbering.apply($0) } }
        return copy
    }
}
