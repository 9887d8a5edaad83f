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

    private func query(_ sql: String, _ statement: QueryStatement) throws(QueryRefusal) -> CheckedQuery {
        guard Set(parameters.map { foldedName($0.name) }).count == parameters.count else {
            throw QueryRefusal(.parameterUnknown, "two parameters have the same name")
        }
        let planner = QueryPlanner(mode: mode, policies: policies, parameters: parameters, functions: functions)
        let planned: (plan: QueryPlan, columns: [String])
        switch mode {
        case .aggregate: planned = try planner.plan(statement)
        case .private:
            planned = try planner.plan(statement)
            _ = try PrivatePlan(planned.plan, tables: planner.tables)
        case .rows: planned = try planner.rowsPlan(statement)
        case .match: planned = try MatchChecker(planner: planner, statement: statement).plan()
        }
        let caps = planner.tables.compactMap { table in
            switch mode {
            case .rows: table.rows?.maximumRows
            case .private: table.privacy?.maximumRows
            case .match: 1
            default: table.aggregate?.maximumRows
            }
        }
        let cap = caps.min() ?? 1
        if case .constant(.integer(let limit)) = statement.limit?.node, limit > Int64(cap) {
            throw QueryRefusal(
                .tooManyRows, "LIMIT \(limit) is more than the \(cap) rows that are allowed", piece: "LIMIT \(limit)",
                offset: statement.limit?.offset, hint: "at most LIMIT \(cap)")
        }
        return CheckedQuery(
            sql: sql, mode: mode, parameters: parameters, tables: planner.tables, template: planned.plan,
            columnNames: planned.columns, maximumRows: cap, isExact: planner.isExact && mode != .private, engine: functions.engine)
    }
}
