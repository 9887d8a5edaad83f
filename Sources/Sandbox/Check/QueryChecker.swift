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
        let plan: CheckedQuery.Plan
        let cap: Int
        switch mode {
        case .aggregate:
            var checker = AggregateChecker(statement, scope: scope, types: types, functions: functions)
            plan = .aggregate(try checker.check())
            cap = scope.tables.compactMap(\.policy.aggregate?.maximumRows).min() ?? 1
        case .rows:
            plan = .rows(try RowsChecker(statement: statement, scope: scope, types: types).check())
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
        return CheckedQuery(
            sql: sql, mode: mode, parameters: parameters, scope: scope, plan: plan, edges: edges,
            multiplicityLimits: mode == .aggregate ? joins.multiplicityLimits(edges) : [], limit: statement.limit,
            offset: statement.offset, maximumRows: cap, engine: functions.engine)
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
