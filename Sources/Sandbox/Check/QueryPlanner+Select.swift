// One SELECT: rows as they are, or grouped.

extension QueryPlanner {
    func selection(
        _ select: SelectStatement, order: [OrderItem], common: Common, outer: Scope?
    ) throws(QueryRefusal) -> Relation {
        var scope = try scope(select.tables, common: common, outer: outer)
        if let filter = select.filter {
            for condition in try scope.resolve(filter).conjuncts {
                scope.block.filters.append(try planned(condition, in: &scope, common: common, isCondition: true))
            }
        }
        let hasAggregate = select.items.contains { $0.expression.map(isAggregated) ?? false } || order.contains { isAggregated($0.expression) }
        if hasAggregate || !select.groups.isEmpty || !select.groupingSets.isEmpty || select.having != nil {
            var planner = AggregatePlanner(planner: self, scope: scope, select: select, order: order, common: common)
            let relation = try planner.plan()
            return select.isDistinct ? try openDistinct(relation) : relation
        }
        if select.isDistinct, scope.block.isProtected {
            var grouped = select
            grouped.isDistinct = false
            grouped.groups = try select.items.map { item throws(QueryRefusal) in try grouping(item) }
            grouped.groupingSets = [Array(grouped.groups.indices)]
            var planner = AggregatePlanner(planner: self, scope: scope, select: grouped, order: order, common: common)
            return try planner.plan()
        }
        let relation = try rows(select, order: order, scope: &scope, common: common)
        return select.isDistinct ? try openDistinct(relation) : relation
    }

    private func grouping(_ item: SelectItem) throws(QueryRefusal) -> Expression {
        guard let expression = item.expression else { throw rawRows(item) }
        return expression
    }

    private func rawRows(_ item: SelectItem) -> QueryRefusal {
        QueryRefusal(
            .notAggregated, "SELECT * gives raw rows, which this product does not offer", piece: "*", offset: item.offset,
            hint: "use aggregates such as count(*) or avg(…), with GROUP BY")
    }

    /// Whether an aggregate stands in an expression, outside its inner queries and not as a window.
    func isAggregated(_ expression: Expression) -> Bool {
        if case .call(let call) = expression.node, functions.aggregates[call.name] != nil || call.name == "grouping" { return true }
        return expression.children.contains(where: isAggregated)
    }

    // MARK: Rows

    /// Rows as they are: output columns over the block.
    private func rows(
        _ select: SelectStatement, order: [OrderItem], scope: inout Scope, common: Common
    ) throws(QueryRefusal) -> Relation {
        var outputs: [Relation.Output] = []
        let resolver = NameResolver(scope: scope, items: select.items)
        for item in select.items { outputs += try rowOutputs(item, resolver, &scope, common) }
        guard !outputs.isEmpty, outputs.count <= StatementReader.maximumItems * 4 else {
            throw QueryRefusal(.tooMany, "\(outputs.count) output columns")
        }
        var relation = Relation(block: scope.block, outputs: outputs)
        for item in order {
            var item = item
            if let meant = try resolver.ordinal(item.expression, what: "ORDER BY") {
                item.expression = try scope.resolve(meant)
            } else {
                item.expression = try resolver.resolve(item.expression, aliasesFirst: true)
            }
            item.expression = try planned(item.expression, in: &scope, common: common, isCondition: false)
            relation.order.append(item)
        }
        relation.block = scope.block
        let types = types(relation.block, outer: scope.outer.first?.block)
        for output in relation.outputs { _ = try types.kind(of: output.expression) }
        for item in relation.order { _ = try types.kind(of: item.expression) }
        relation.ties = relation.outputs.map(\.expression)
        guard let qualify = select.qualify else { return relation }
        return try qualified(relation, qualify, resolver)
    }

    private func rowOutputs(
        _ item: SelectItem, _ resolver: NameResolver, _ scope: inout Scope, _ common: Common
    ) throws(QueryRefusal) -> [Relation.Output] {
        if let expression = item.expression {
            let resolved = try planned(try scope.resolve(expression), in: &scope, common: common, isCondition: false)
            return [.init(name: try resolver.name(of: item), expression: resolved)]
        }
        let relations = item.relation.isEmpty ? scope.relations : scope.relations.filter { foldedName($0.name) == foldedName(item.relation) }
        guard !relations.isEmpty else {
            throw QueryRefusal(
                .tableNotAllowed, "there is no table \"\(item.relation)\" in this SELECT", piece: item.relation, offset: item.offset)
        }
        var seen: Set<String> = []
        return relations.flatMap(\.columns).filter { column in
            guard let merged = scope.merged[foldedName(column.name)] else { return true }
            return seen.insert(foldedName(column.name)).inserted && !merged.columns.isEmpty
        }
    }

    /// QUALIFY: a condition on windows, which needs them computed first.
    private func qualified(_ relation: Relation, _ qualify: Expression, _ resolver: NameResolver) throws(QueryRefusal) -> Relation {
        var wider = relation
        let condition = try resolver.resolve(qualify, aliasesFirst: false)
        guard try types(relation.block).kind(of: condition) == .boolean else {
            throw QueryRefusal(.typeMismatch, "QUALIFY must be true or false", piece: "QUALIFY", offset: qualify.nearestOffset)
        }
        wider.outputs.append(.init(name: "", expression: condition))
        var derived = relation.block.isProtected ? try protectedDerived(wider) : try openDerived(wider, isDistinct: false)
        guard let test = derived.outputs.popLast() else { return derived }
        derived.block.filters.append(test.expression)
        derived.ties = derived.outputs.map(\.expression)
        guard relation.order.isEmpty else {
            throw QueryRefusal(
                .syntaxNotAllowed, "ORDER BY beside QUALIFY is not allowed", piece: "ORDER BY",
                offset: relation.order.first?.expression.nearestOffset, hint: "put the query into FROM, and order outside")
        }
        return derived
    }

    /// SELECT DISTINCT over open rows. What ORDER BY names must be among the output columns.
    private func openDistinct(_ relation: Relation) throws(QueryRefusal) -> Relation {
        guard !relation.block.isProtected else {
            throw QueryRefusal(
                .syntaxNotAllowed, "DISTINCT over rows of single privacy units is not allowed", piece: "DISTINCT", hint: "use GROUP BY")
        }
        var plain = relation
        plain.order = []
        plain.ties = []
        var derived = try openDerived(plain, isDistinct: true)
        for item in relation.order {
            guard let index = relation.outputs.firstIndex(where: { $0.expression == item.expression }) else {
                throw QueryRefusal(
                    .syntaxNotAllowed, "with DISTINCT, ORDER BY may only name output columns", offset: item.expression.nearestOffset)
            }
            var item = item
            item.expression = derived.outputs[index].expression
            derived.order.append(item)
        }
        derived.ties = derived.outputs.map(\.expression)
        return derived
    }

    // MARK: Windows over protected rows

    /// Rows of protected tables with window functions, as one source that keeps its privacy units. A window must stay within one
    /// unit: otherwise a row's value would rest on other units' rows, which the row's own units do not show.
    func protectedDerived(_ relation: Relation) throws(QueryRefusal) -> Relation {
        let block = relation.block
        let units = BlockUnits(block)
        let rules = BlockRules(block: block, types: types(block))
        let limits = try rules.check()
        guard limits.isEmpty else {
            throw QueryRefusal(
                .joinNotAllowed, "a window over rows that are joined with another owner's table is not allowed", piece: "OVER",
                hint: "compute the window first, in an inner query, and join its rows")
        }
        guard units.all.allSatisfy({ !$0.isRow }) else {
            throw QueryRefusal(.syntaxNotAllowed, "a window over rows that are themselves what is protected is not allowed", piece: "OVER")
        }
        for output in relation.outputs { try checkWindows(output.expression, units, rules) }
        let definitions = try columns(relation, role: { Self.rowRole($0, block) })
        var all = relation
        all.order = []
        for index in all.outputs.indices { all.outputs[index].expression = Self.settled(all.outputs[index].expression, block) }
        for unit in units.all { all.outputs.append(.init(name: "", expression: Expression(.column(unit.path)))) }
        let count = relation.outputs.count
        let source = "(\(text(all) { $0 < count ? "c\($0)" : "u\($0 - count)" }))"
        let hidden = units.all.enumerated().map { index, unit in
            ColumnDefinition(name: "u\(index)", type: block.definition(unit.path).type, role: .privacyUnit)
        }
        return try derived(relation, source: source, columns: definitions + hidden) { atom in
            atom.units = units.all.enumerated().map { .init(column: count + $0, table: $1.table, isRow: false, name: $1.name) }
            atom.minimumGroupSize = block.minimumGroupSize
            atom.maximumMultiplicity = block.atoms.filter(\.isProtected).map(\.maximumMultiplicity).min() ?? 1
        }
    }

    /// With ties in windows decided by the rows' places in their tables, so that every run gives the same.
    private static func settled(_ expression: Expression, _ block: Block) -> Expression {
        guard case .window(var window) = expression.node else { return expression.mapChildren { settled($0, block) } }
        guard ["row_number", "ntile", "lag", "lead", "first_value", "last_value"].contains(window.name) else { return expression }
        for (index, atom) in block.atoms.enumerated() where atom.baseTable != nil {
            let place = Expression(.column(ColumnPath(table: index, column: ColumnPath.rowIdentifier)))
            window.order.append(OrderItem(direction: "ASCENDING", nullOrder: "ORDER_DEFAULT", expression: place))
        }
        return Expression(.window(window), offset: expression.offset)
    }

    private func checkWindows(_ expression: Expression, _ units: BlockUnits, _ rules: BlockRules) throws(QueryRefusal) {
        if case .window(let window) = expression.node {
            let keys = window.partition.compactMap { part -> Int? in
                if case .column(let path) = part.node { return units.index(of: path) }
                return nil
            }
            guard Set(keys) == Set(units.all.indices) else {
                throw QueryRefusal(
                    .syntaxNotAllowed, "a window over protected rows must be partitioned by the privacy unit", piece: window.name,
                    offset: expression.offset, hint: "write PARTITION BY \(units.all.map(\.name).joined(separator: ", ")), …")
            }
            for part in window.partition where !(part.columns.allSatisfy { units.index(of: $0) != nil }) { try rules.checkUse(part) }
            for item in window.order { try rules.checkUse(item.expression) }
            for argument in window.arguments {
                if case .column = argument.node { continue }
                try rules.checkUse(argument)
            }
            return
        }
        if case .column = expression.node { return }
        for part in expression.children { try checkWindows(part, units, rules) }
    }

    /// What a computed column of protected rows may be used for: a column keeps its role; a rank is a value like another; other
    /// expressions may be filtered and grouped by where all they derive from may, and nothing else.
    static func rowRole(_ expression: Expression, _ block: Block) -> ColumnRole {
        if case .column(let path) = expression.node { return block.role(path) == .hidden ? .hidden : block.role(path) }
        if case .window(let window) = expression.node {
            if ["row_number", "rank", "dense_rank", "ntile", "count", "count_star"].contains(window.name) { return .attribute }
            if let argument = window.arguments.first, window.arguments.count == 1, case .column(let path) = argument.node {
                return block.role(path) == .privacyUnit ? .hidden : block.role(path)
            }
        }
        let isUsable = expression.columns.allSatisfy { path in
            block.atoms[path.table].isReleased || [.dimension, .filter, .attribute].contains(block.role(path))
        }
        return isUsable ? .filter : .hidden
    }
}
