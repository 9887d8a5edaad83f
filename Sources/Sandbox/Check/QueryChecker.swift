/// Checks one query from its syntax tree to a plan that may run.
struct QueryChecker: Sendable {
    let mode: QueryMode
    let policies: [TablePolicy]
    let parameters: [QueryParameter]
    let functions: FunctionCatalog

    /// - Throws: the first refusal found, with its place in the text.
    func check(_ tree: SyntaxTree) throws(QueryRefusal) -> CheckedQuery {
        do {
            return try query(tree.sql, try tree.statement())
        } catch {
            throw error.located(in: tree.sql)
        }
    }

    private func query(_ sql: String, _ statement: SelectStatement) throws(QueryRefusal) -> CheckedQuery {
        guard Set(parameters.map { foldedName($0.name) }).count == parameters.count else {
            throw QueryRefusal(.parameterUnknown, "two parameters have the same name")
        }
        let scope = try Scope(statement.tables, policies: policies)
        for table in scope.tables { try requireMode(table, statement) }
        let types = TypeChecker(scope: scope, parameters: parameters, functions: functions)
        let joins = JoinChecker(scope: scope, types: types)
        let edges = try joins.edges()
        let writer = PlanWriter(scope: scope, edges: edges, parameters: parameters)
        var plan: QueryPlan
        let outputs: [AggregatePlan.Output]
        let cap: Int
        var isExact = true
        switch mode {
        case .aggregate:
            var checker = AggregateChecker(statement, scope: scope, types: types, functions: functions)
            let aggregate = try checker.check()
            plan = writer.aggregate(aggregate)
            plan.limits = writer.limits(joins.multiplicityLimits(edges))
            outputs = aggregate.outputs
            isExact = aggregate.aggregates.allSatisfy(isExactAggregate)
            cap = scope.tables.compactMap(\.policy.aggregate?.maximumRows).min() ?? 1
        case .rows:
            let rows = try RowsChecker(statement: statement, scope: scope, types: types).check()
            plan = writer.rows(rows)
            outputs = rows.outputs
            cap = scope.tables.compactMap(\.policy.rows?.maximumRows).min() ?? 1
        case .private, .match:
            throw QueryRefusal(.modeNotOffered, "the mode \(mode.rawValue) is not offered", piece: mode.rawValue)
        }
        try checkCount(statement.limit, "LIMIT", types)
        try checkCount(statement.offset, "OFFSET", types)
        if case .constant(.integer(let limit)) = statement.limit?.node, limit > Int64(cap) {
            throw QueryRefusal(
                .tooManyRows, "LIMIT \(limit) is more than the \(cap) rows that are allowed", piece: "LIMIT \(limit)",
                offset: statement.limit?.offset, hint: "at most LIMIT \(cap)")
        }
        plan.limit = statement.limit.map { writer.writer.write($0) }
        plan.offset = statement.offset.map { writer.writer.write($0) }
        return CheckedQuery(
            sql: sql, mode: mode, parameters: parameters, tables: scope.tables.map(\.policy), template: plan,
            columnNames: outputs.map(\.name), maximumRows: cap, isExact: isExact, engine: functions.engine)
    }

    /// Counts and sums of whole numbers and decimals come out the same in whatever order they are added.
    private func isExactAggregate(_ aggregate: CheckedAggregate) -> Bool {
        switch aggregate.statistic {
        case .count, .distinctCount, .extreme, .quantile: true
        case .sum: aggregate.kind == .integer
        case .mean, .spread, .relation: false
        }
    }

    private func requireMode(_ table: Scope.Table, _ statement: SelectStatement) throws(QueryRefusal) {
        let isOffered = mode == .aggregate ? table.policy.aggregate != nil : table.policy.rows != nil
        guard !isOffered else { return }
        let offered = [table.policy.aggregate.map { _ in "aggregates" }, table.policy.rows.map { _ in "rows" }].compactMap(\.self)
        throw QueryRefusal(
            .modeNotOffered, "\"\(table.policy.name)\" does not offer \(mode == .rows ? "raw rows" : "aggregates")",
            piece: table.name,
            offset: statement.tables.first { foldedName($0.tableName) == foldedName(table.policy.name) }?.offset,
            hint: offered.isEmpty ? "the product offers no queries" : "it offers \(offered.joined(separator: " and "))")
    }

    /// LIMIT and OFFSET are a whole number or an integer parameter: an expression there could ask the data.
    private func checkCount(_ expression: Expression?, _ what: String, _ types: TypeChecker) throws(QueryRefusal) {
        guard let expression else { return }
        switch expression.node {
        case .constant(.integer(let number)) where number >= 0: return
        case .parameter(let name) where try types.parameter(name, expression).type == .integer: return
        default:
            throw QueryRefusal(
                .syntaxNotAllowed, "\(what) must be a whole number or an integer parameter", piece: what,
                offset: expression.nearestOffset)
        }
    }
}
