/// Plans a SELECT that groups or aggregates.
///
/// Over protected rows it becomes a stage: what comes after (output expressions, HAVING, ORDER BY, the query around) sees only
/// the table of what may be seen. Where the groups hold the privacy units themselves, each row of the result is about single
/// units still; then it stays protected, carries its units on, and the query around must group again.
struct AggregatePlanner {
    static let maximumAggregates = 32
    static let maximumGroups = 16

    enum Level { case open, unit, cell }

    let planner: QueryPlanner
    var scope: Scope
    let select: SelectStatement
    let order: [OrderItem]
    let common: QueryPlanner.Common
    private var resolver: NameResolver
    private var groups: [Expression] = []
    /// For each written GROUP BY expression, its place in `groups`.
    private var places: [Int] = []
    private var aggregates: [CheckedAggregate] = []
    private var arguments: ArgumentChecker
    private var units: BlockUnits
    private var correlation: [(key: Expression, outer: Expression)] = []
    private var level = Level.open
    /// Sources that output expressions bring in: values of inner queries.
    private var attached = Scope()
    private var hasSets: Bool { select.groupingSets.count > 1 }

    init(planner: QueryPlanner, scope: Scope, select: SelectStatement, order: [OrderItem], common: QueryPlanner.Common) {
        self.planner = planner
        self.scope = scope
        self.select = select
        self.order = order
        self.common = common
        resolver = NameResolver(scope: scope, items: select.items)
        units = BlockUnits(scope.block)
        arguments = ArgumentChecker(block: scope.block, level: .open, units: [], types: planner.types(scope.block), functions: planner.functions)
    }

    mutating func plan() throws(QueryRefusal) -> Relation {
        guard select.qualify == nil else {
            throw QueryRefusal(
                .syntaxNotAllowed, "QUALIFY beside GROUP BY is not allowed", piece: "QUALIFY", offset: select.qualify?.nearestOffset,
                hint: "put the grouped query into FROM")
        }
        try extractCorrelation()
        try readGroups()
        try decideLevel()
        arguments = ArgumentChecker(
            block: scope.block, level: level, units: units.all, types: planner.types(scope.block), functions: planner.functions)
        // The grouped rows are the first source; its columns are known when all aggregates are.
        attached.block.atoms = [Atom(alias: try planner.newAlias(), source: "", name: "the groups", columns: [], owner: scope.block.owner, tables: scope.block.tables)]
        var outputs: [Relation.Output] = []
        for item in select.items { outputs.append(try output(item)) }
        var having: [Expression] = []
        if let condition = select.having { having = try lifted(condition, aliasesFirst: false).conjuncts }
        var orders: [OrderItem] = []
        for item in order { orders.append(try ordered(item)) }
        try build()
        return try finish(outputs, having, orders)
    }

    // MARK: Groups

    /// An inner query that names columns of the query around it: each such condition must be an equality, and becomes a group
    /// and a join.
    private mutating func extractCorrelation() throws(QueryRefusal) {
        var rest: [Expression] = []
        for filter in scope.block.filters {
            guard filter.contains(where: { if case .outer = $0.node { true } else { false } }) else {
                rest.append(filter)
                continue
            }
            guard case .comparison("COMPARE_EQUAL", let left, let right) = filter.node, let pair = Self.pair(left, right) ?? Self.pair(right, left),
                select.groups.isEmpty
            else {
                throw QueryRefusal(
                    .syntaxNotAllowed, "an aggregate in an inner query may depend on the query around it only by equalities",
                    piece: ExpressionText.write(filter, scope: scope.block), offset: filter.nearestOffset,
                    hint: "write inner.column = outer.column, joined by AND")
            }
            correlation.append(pair)
        }
        scope.block.filters = rest
        for atom in scope.block.atoms where atom.on.contains(where: { !$0.outerColumns.isEmpty }) {
            throw QueryRefusal(.syntaxNotAllowed, "a join condition may not name a column of the query around", piece: atom.name)
        }
    }

    private static func pair(_ inner: Expression, _ outer: Expression) -> (key: Expression, outer: Expression)? {
        guard case .outer = outer.node, inner.outerColumns.isEmpty, !inner.columns.isEmpty else { return nil }
        return (inner, outer)
    }

    private mutating func readGroups() throws(QueryRefusal) {
        for written in select.groups {
            let meant = try resolver.ordinal(written, what: "GROUP BY")
            var group = try resolver.resolve(meant ?? written, aliasesFirst: false)
            group = try planner.planned(group, in: &scope, common: common, isCondition: false)
            guard !group.contains(where: { if case .window = $0.node { true } else { false } }) else {
                throw QueryRefusal(
                    .syntaxNotAllowed, "GROUP BY may not hold a window function", piece: "OVER", offset: written.nearestOffset,
                    hint: "compute the window in an inner query, and group its rows")
            }
            guard !group.columns.isEmpty else {
                throw QueryRefusal(
                    .notAggregated, "GROUP BY needs an expression of a column", piece: ExpressionText.write(group, scope: scope.block),
                    offset: written.nearestOffset)
            }
            if let known = groups.firstIndex(of: group) {
                places.append(known)
            } else {
                places.append(groups.count)
                groups.append(group)
            }
        }
        for pair in correlation where !groups.contains(pair.key) { groups.append(pair.key) }
        guard groups.count <= Self.maximumGroups else {
            throw QueryRefusal(
                .tooMany, "more than \(Self.maximumGroups) GROUP BY expressions", offset: select.groups.last?.nearestOffset)
        }
        units = BlockUnits(scope.block)
        guard !hasSets || Set(sets).count == sets.count, hasSets || select.groupingSets.allSatisfy({ $0.count == select.groups.count }) else {
            throw QueryRefusal(
                .syntaxNotAllowed, "GROUP BY names the same grouping set twice", piece: "GROUP BY", offset: select.groups.first?.nearestOffset,
                hint: "name each set of groups once")
        }
    }

    private mutating func decideLevel() throws(QueryRefusal) {
        for group in groups { _ = try planner.types(scope.block).kind(of: group) }
        guard scope.block.isProtected else { return }
        let named = groups.compactMap { group -> Int? in
            if case .column(let path) = group.node { return units.index(of: path) }
            return nil
        }
        level = Set(named) == Set(units.all.indices) && !hasSets && correlation.isEmpty ? .unit : .cell
        for group in groups { try checkGroup(group) }
    }

    private func checkGroup(_ group: Expression) throws(QueryRefusal) {
        let isKey = correlation.contains { $0.key == group }
        if level == .unit, case .column(let path) = group.node, units.index(of: path) != nil { return }
        for path in group.columns where !scope.block.atoms[path.table].isReleased {
            let column = scope.definition(path)
            let isAllowed = [.dimension, .filter, .attribute].contains(column.role) || column.role == .joinKey && (isKey || level == .unit)
            guard isAllowed else {
                let isUnit = column.role == .privacyUnit
                throw QueryRefusal(
                    .columnRole, "\"\(column.name)\" is a \(column.role.rawValue) column and may not be grouped by", piece: column.name,
                    offset: group.nearestOffset,
                    hint: isUnit
                        ? "a result may not name single units: group by dimension, filter or attribute columns, or group by "
                            + units.all.map(\.name).joined(separator: ", ") + " in an inner query whose rows are grouped again outside"
                        : "group by dimension, filter or attribute columns")
            }
        }
    }

    // MARK: Output expressions

    private mutating func output(_ item: SelectItem) throws(QueryRefusal) -> Relation.Output {
        guard let expression = item.expression else {
            throw QueryRefusal(
                .notAggregated, "SELECT * gives raw rows, which this product does not offer", piece: "*", offset: item.offset,
                hint: "use aggregates such as count(*) or avg(…), with GROUP BY")
        }
        return Relation.Output(name: try resolver.name(of: item), expression: try lifted(expression, aliasesFirst: nil))
    }

    private mutating func ordered(_ item: OrderItem) throws(QueryRefusal) -> OrderItem {
        var item = item
        if let output = try resolver.ordinal(item.expression, what: "ORDER BY") {
            item.expression = try lifted(output, aliasesFirst: nil)
        } else {
            item.expression = try lifted(item.expression, aliasesFirst: true)
        }
        return item
    }

    private mutating func lifted(_ expression: Expression, aliasesFirst: Bool?) throws(QueryRefusal) -> Expression {
        try lift(try resolver.resolve(expression, aliasesFirst: aliasesFirst))
    }

    /// Turns an expression over groups and aggregates into one over the grouped rows.
    private mutating func lift(_ expression: Expression) throws(QueryRefusal) -> Expression {
        if let index = groups.firstIndex(of: expression) { return column(index, at: expression) }
        switch expression.node {
        case .call(let call) where call.name == "grouping": return try grouping(call, expression)
        case .call(let call) where planner.functions.aggregates[call.name] != nil: return try aggregate(call, expression)
        case .call(let call) where planner.functions.scalars[call.name] == nil:
            // Named before its arguments are looked at, because the function is the graver trouble.
            throw arguments.types.functionRefusal(call.name, offset: expression.offset)
        case .subquery:
            // Over the groups: it may not name columns of the rows that were grouped.
            return try planner.planned(expression, in: &attached, common: common, isCondition: false)
        case .column(let path): throw Self.notAggregated(path, scope.block, offset: expression.offset)
        case .outer:
            throw QueryRefusal(
                .syntaxNotAllowed, "an aggregate's own output may not name a column of the query around", offset: expression.offset)
        default:
            var copy = self
            let result = try expression.mapChildren { (part: Expression) throws(QueryRefusal) in try copy.lift(part) }
            self = copy
            return result
        }
    }

    private func column(_ index: Int, at place: Expression) -> Expression {
        Expression(.column(ColumnPath(table: 0, column: index)), offset: place.offset)
    }

    /// GROUPING(a, b): of the number that tells which groups are left out, the bits of these.
    private func grouping(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> Expression {
        func whole(_ value: Int64) -> Expression { Expression(.constant(.integer(value))) }
        func operation(_ sign: String, _ left: Expression, _ right: Expression) -> Expression {
            Expression(.call(FunctionCall(name: sign, arguments: [left, right], isOperator: true)))
        }
        var result: Expression?
        for argument in call.arguments {
            guard let index = groups.firstIndex(of: argument) else {
                throw QueryRefusal(
                    .notAggregated, "GROUPING takes expressions of GROUP BY", piece: ExpressionText.write(argument, scope: scope.block),
                    offset: argument.nearestOffset ?? place.offset)
            }
            let divisor = Int64(1) << Int64(groups.count - 1 - index)
            let bit = hasSets ? operation("%", operation("//", column(groups.count, at: place), whole(divisor)), whole(2)) : whole(0)
            result = result.map { operation("+", operation("*", $0, whole(2)), bit) } ?? bit
        }
        return result ?? whole(0)
    }

    private mutating func aggregate(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> Expression {
        var call = call
        call.arguments = try call.arguments.map { part throws(QueryRefusal) in
            try planner.planned(part, in: &scope, common: common, isCondition: false)
        }
        if let filter = call.filter { call.filter = try planner.planned(filter, in: &scope, common: common, isCondition: false) }
        arguments.update(block: scope.block, types: planner.types(scope.block))
        let checked = try arguments.check(call, at: place)
        let first = groups.count + (hasSets ? 1 : 0)
        if let known = aggregates.firstIndex(of: checked) { return column(first + known, at: place) }
        guard aggregates.count < Self.maximumAggregates else {
            throw QueryRefusal(.tooMany, "more than \(Self.maximumAggregates) aggregates", offset: place.offset)
        }
        aggregates.append(checked)
        return column(first + aggregates.count - 1, at: place)
    }

    static func notAggregated(_ path: ColumnPath, _ block: Block, offset: Int?) -> QueryRefusal {
        let column = block.definition(path)
        let hint =
            switch column.role {
            case .dimension, .filter: "name it in GROUP BY"
            case .attribute: "aggregate it, as in avg(\(column.name)), or name it in GROUP BY"
            case .measure: "aggregate it, as in avg(\(column.name))"
            default: "use count(DISTINCT \(column.name))"
            }
        return QueryRefusal(
            .notAggregated, "\"\(column.name)\" would leave as raw rows: it is neither aggregated nor grouped by",
            piece: column.name, offset: offset, hint: hint)
    }

    // MARK: The grouped rows

    /// Completes the first source: a stage's table, or an inner SELECT.
    private mutating func build() throws(QueryRefusal) {
        let limits = try BlockRules(block: scope.block, types: planner.types(scope.block)).check()
        planner.note(groups + aggregates.flatMap(\.expressions) + scope.block.filters + scope.block.atoms.flatMap(\.on), scope.block)
        if level == .cell { aggregates = aggregates.map { $0.beside(aggregates) } }
        let writer = GroupWriter(
            writer: planner.writer(scope.block), groups: groups, sets: sets, aggregates: aggregates, units: units.all)
        var atom = attached.block.atoms[0]
        atom.columns = try columns()
        atom.isShaped = true
        if !hasSets { atom.uniqueKeys = [Set(groups.indices)] }
        atom.isSingle = groups.isEmpty
        switch level {
        case .open:
            atom.source = "(\(writer.selection(isSet: hasSets)))"
            atom.isReleased = true
        case .unit:
            guard limits.isEmpty else {
                throw QueryRefusal(
                    .joinNotAllowed, "rows that are joined with another owner's table may not be grouped by the privacy unit",
                    piece: "GROUP BY", offset: select.groups.first?.nearestOffset, hint: "group first, in an inner query, and join its rows")
            }
            atom.source = "(\(writer.selection(isSet: false)))"
            carryUnits(&atom)
        case .cell:
            let stage = QueryPlan.Stage(
                cells: writer.cells(minimumGroupSize: scope.block.minimumGroupSize), tables: scope.block.tables.sorted(),
                limits: limits.map { writer.limit($0) })
            atom.source = QueryPlan.shown(try planner.index(of: stage))
            atom.isReleased = true
        }
        planner.isExact = planner.isExact && aggregates.allSatisfy(\.isExact)
        attached.block.atoms[0] = atom
    }

    private var sets: [[Int]] {
        let extra = correlation.compactMap { pair in groups.firstIndex(of: pair.key) }
        guard hasSets else { return [Array(groups.indices)] }
        return select.groupingSets.map { set in Set(set.map { places[$0] } + extra).sorted() }
    }

    private func carryUnits(_ atom: inout Atom) {
        var seen: Set<Int> = []
        for (index, group) in groups.enumerated() {
            guard case .column(let path) = group.node, let unit = units.index(of: path), seen.insert(unit).inserted else { continue }
            atom.units.append(.init(column: index, table: units.all[unit].table, isRow: false, name: units.all[unit].name))
        }
        atom.minimumGroupSize = scope.block.minimumGroupSize
        atom.maximumMultiplicity = scope.block.atoms.filter(\.isProtected).map(\.maximumMultiplicity).min() ?? 1
    }

    private func columns() throws(QueryRefusal) -> [ColumnDefinition] {
        let exact = ExactTypes(block: scope.block)
        let types = planner.types(scope.block)
        var columns: [ColumnDefinition] = []
        for (index, group) in groups.enumerated() {
            let kind = try types.kind(of: group)
            let type = exact.type(of: group) ?? kind.typeName
            columns.append(ColumnDefinition(name: "g\(index)", type: type, role: level == .unit ? unitRole(group) : .attribute))
        }
        if hasSets { columns.append(ColumnDefinition(name: "gid", type: "BIGINT", role: .attribute)) }
        for (index, aggregate) in aggregates.enumerated() {
            let type = exact.type(of: aggregate.expression) ?? aggregate.kind.typeName
            columns.append(ColumnDefinition(name: "a\(index)", type: type, role: level == .unit ? aggregate.role : .attribute))
        }
        return columns
    }

    private func unitRole(_ group: Expression) -> ColumnRole {
        if case .column(let path) = group.node, units.index(of: path) != nil { return .privacyUnit }
        return QueryPlanner.rowRole(group, scope.block)
    }

    // MARK: What the query around sees

    private func finish(
        _ outputs: [Relation.Output], _ having: [Expression], _ orders: [OrderItem]
    ) throws(QueryRefusal) -> Relation {
        var block = attached.block
        block.filters = having
        var relation = Relation(block: block, outputs: outputs, order: orders)
        let types = planner.types(block)
        for output in outputs { _ = try types.kind(of: output.expression) }
        for item in orders { _ = try types.kind(of: item.expression) }
        for condition in having { try types.requireBoolean(condition) }
        relation.ties = groups.indices.map { Expression(.column(ColumnPath(table: 0, column: $0))) }
        if hasSets { relation.ties.append(Expression(.column(ColumnPath(table: 0, column: groups.count)))) }
        relation.isSingle = groups.isEmpty
        for pair in correlation {
            guard let index = groups.firstIndex(of: pair.key) else { continue }
            relation.correlation.append(.init(key: Expression(.column(ColumnPath(table: 0, column: index))), outer: pair.outer))
        }
        return relation
    }
}

extension QueryPlanner {
    /// The place of a stage among the plan's, where an equal one is used again.
    func index(of stage: QueryPlan.Stage) throws(QueryRefusal) -> Int {
        let numbered = QueryPlan(stages: [stage], result: "").numbered.stages
        if let known = stages.indices.first(where: { QueryPlan(stages: [stages[$0]], result: "").numbered.stages == numbered }) { return known }
        guard stages.count < Self.maximumStages else {
            throw QueryRefusal(.tooMany, "more than \(Self.maximumStages) parts of the query group protected rows", hint: "ask in several queries")
        }
        stages.append(stage)
        return stages.count - 1
    }
}
