/// Writes the plan of a checked query over joined tables as SQL.
struct PlanWriter: Sendable {
    let scope: Scope
    let edges: [JoinChecker.Edge]
    let writer: SQLWriter

    init(scope: Scope, edges: [JoinChecker.Edge], parameters: [QueryParameter]) {
        self.scope = scope
        self.edges = edges
        writer = SQLWriter(parameters: parameters) { path in "t\(path.table).\(SQLWriter.identifier(scope.definition(path).name))" }
    }

    func limits(_ limits: [JoinChecker.MultiplicityLimit]) -> [QueryPlan.MultiplicityLimit] {
        limits.map { limit in
            let columns = limit.columns.map { writer.write(Expression(.column(ColumnPath(table: limit.table, column: $0)))) }
            let present = columns.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
            let sql = "SELECT count(*) AS n FROM \(table(limit.table)) WHERE \(present) "
                + "GROUP BY \(columns.joined(separator: ", ")) ORDER BY n DESC LIMIT 1"
            return QueryPlan.MultiplicityLimit(sql: sql, limit: limit.limit)
        }
    }

    /// Conversions of constants, as they stop on an impossible one.
    func conversions(in expressions: [Expression]) -> [String] {
        LiteralTyping.conversions(in: expressions).compactMap { conversion in
            guard case .cast(let part, let type) = conversion.node else { return nil }
            return "CAST(\(writer.write(part)) AS \(type.name))"
        }
    }

    private func table(_ index: Int) -> String { "\(QueryPlan.catalog(index)).main.data AS t\(index)" }

    /// `FROM …` with joins and WHERE.
    func source(_ filter: [Expression]) -> String {
        var text = "FROM \(table(0))"
        for (index, edge) in edges.enumerated() {
            let tests = edge.pairs.map { pair in
                "\(writer.write(Expression(.column(pair.left)))) = \(writer.write(Expression(.column(pair.right))))"
            }
            text += " \(edge.kind.rawValue) JOIN \(table(index + 1)) ON \(tests.joined(separator: " AND "))"
        }
        if !filter.isEmpty { text += " WHERE " + filter.map(writer.safe).joined(separator: " AND ") }
        return text
    }

    /// The buyer's output columns are called c0, c1, … inside; their own names come back outside.
    private func outputs(_ outputs: [AggregatePlan.Output]) -> String {
        outputs.enumerated().map { "\(writer.safe($1.expression)) AS c\($0)" }.joined(separator: ", ")
    }

    private func order(_ items: [OrderItem], then ties: [String]) -> String {
        let all = items.map(item) + ties
        return all.isEmpty ? "" : " ORDER BY " + all.joined(separator: ", ")
    }

    private func item(_ item: OrderItem) -> String {
        // A bare constant would be taken for the number of an output column; it orders nothing.
        let key = item.expression.columns.isEmpty && !item.expression.contains { if case .intermediate = $0.node { true } else { false } }
            ? "CASE WHEN true THEN \(writer.safe(item.expression)) END" : writer.safe(item.expression)
        let direction = ["ASCENDING": " ASC", "DESCENDING": " DESC"][item.direction] ?? ""
        let nulls = item.nullOrder == "ORDER_DEFAULT" ? "" : " \(item.nullOrder.replacing("_", with: " "))"
        return key + direction + nulls
    }

    func rows(_ plan: RowsPlan) -> QueryPlan {
        QueryPlan(
            result: "SELECT \(outputs(plan.outputs)) \(source(plan.filter))\(order(plan.order, then: ["t0.rowid"]))",
            conversions: conversions(in: plan.filter))
    }

    func aggregate(_ plan: AggregatePlan) -> QueryPlan {
        let having = plan.having.map { " WHERE \(writer.safe($0))" } ?? ""
        let result = "SELECT \(outputs(plan.outputs)) FROM \(QueryPlan.shown(0))\(having)"
            + order(plan.order, then: plan.groups.indices.map { "g\($0)" })
        return QueryPlan(
            stages: [QueryPlan.Stage(cells: cells(plan), tables: Array(scope.tables.indices))], result: result,
            conversions: conversions(in: plan.expressions))
    }

    private func cells(_ plan: AggregatePlan) -> CellQuery {
        CellQuery(
            with: "", source: source(plan.filter), groups: plan.groups.map(writer.safe), groupingSets: [Array(plan.groups.indices)],
            units: plan.units.map(unit), aggregates: plan.aggregates.map(aggregate), minimumGroupSize: plan.minimumGroupSize)
    }

    private func unit(_ path: ColumnPath) -> CellQuery.Unit {
        let table = scope.tables[path.table]
        let isRow = path.column == ColumnPath.rowIdentifier
        return CellQuery.Unit(
            sql: writer.write(Expression(.column(path))), table: table.policy.name, isRow: isRow,
            name: isRow ? "rows of \(table.name)" : "\(table.name).\(scope.definition(path).name)")
    }

    private func aggregate(_ checked: CheckedAggregate) -> CellAggregate {
        let guards = checked.conditions.map { condition -> CellGuard in
            switch condition {
            case .enough(let test): .enoughUnits(where: writer.safe(test))
            case .noneOrEnough(let test): .noneOrEnoughUnits(where: writer.safe(test))
            case .somePair(let pairs):
                .somePairHasEnoughUnits(pairs.map { CellGuardPair(one: writer.safe($0.one), other: writer.safe($0.other)) })
            }
        }
        return CellAggregate(
            statistic: checked.statistic, sql: writer.aggregate(checked.expression), kind: checked.kind,
            contribution: checked.contribution.map { writer.argument($0) }, guards: guards)
    }
}
