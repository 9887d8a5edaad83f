/// Writes a grouped SELECT: as one SELECT, or as the cells of a stage.
struct GroupWriter: Sendable {
    let writer: BlockWriter
    let groups: [Expression]
    let sets: [[Int]]
    let aggregates: [CheckedAggregate]
    let units: [BlockUnits.Unit]

    private func call(_ aggregate: CheckedAggregate) -> String { aggregate.isFree ? writer.freeAggregate(aggregate.expression) : writer.aggregate(aggregate.expression) }

    /// `SELECT … AS g0, … AS a0 FROM … GROUP BY …`.
    ///
    /// - Parameter isSet: whether there are several grouping sets; then `gid` tells which.
    func selection(isSet: Bool) -> String {
        let keys = groups.map(writer.write)
        var items = keys.enumerated().map { "\($1) AS g\($0)" }
        if isSet { items.append("GROUPING(\(keys.joined(separator: ", "))) AS gid") }
        items += aggregates.enumerated().map { "\(call($1)) AS a\($0)" }
        if items.isEmpty { items = ["1 AS one"] }
        var text = "SELECT \(items.joined(separator: ", ")) \(writer.source)"
        if isSet {
            let written = sets.map { "(" + $0.map { keys[$0] }.joined(separator: ", ") + ")" }
            text += " GROUP BY GROUPING SETS (\(written.joined(separator: ", ")))"
        } else if !keys.isEmpty {
            text += " GROUP BY \(keys.joined(separator: ", "))"
        }
        return text
    }

    func cells(minimumGroupSize: Int) -> CellQuery {
        CellQuery(
            with: "", source: writer.source, groups: groups.map(writer.write), groupingSets: sets,
            units: units.map { unit in
                CellQuery.Unit(
                    sql: writer.write(Expression(.column(unit.path))), table: unit.table, isRow: unit.isRow, name: unit.name)
            },
            aggregates: aggregates.map(aggregate), minimumGroupSize: minimumGroupSize)
    }

    private func aggregate(_ checked: CheckedAggregate) -> CellAggregate {
        let guards = checked.conditions.map { condition -> CellGuard in
            switch condition {
            case .enough(let test): .enoughUnits(where: writer.write(test))
            case .noneOrEnough(let test): .noneOrEnoughUnits(where: writer.write(test))
            case .beside(let value): .enoughUnitsBesideAnyValue(of: writer.write(value))
            }
        }
        return CellAggregate(
            statistic: checked.statistic, sql: call(checked), kind: checked.kind,
            contribution: checked.contribution.map { writer.argument($0) }, guards: guards,
            taken: TakenValue(writer.typing.rewrite(checked.expression), writer: writer.writer) { path in
                ValueRange(writer.block.definition(path), bounds: writer.block.atoms[path.table].bounds)
            })
    }

    /// How many rows of a source share one key, at most.
    func limit(_ limit: BlockRules.MultiplicityLimit) -> QueryPlan.MultiplicityLimit {
        let columns = limit.columns.map { writer.write(Expression(.column(ColumnPath(table: limit.atom, column: $0)))) }
        let present = columns.map { "\($0) IS NOT NULL" }.joined(separator: " AND ")
        let atom = writer.block.atoms[limit.atom]
        let sql = "SELECT count(*) AS n FROM \(atom.source) AS \(atom.alias) WHERE \(present) "
            + "GROUP BY \(columns.joined(separator: ", ")) ORDER BY n DESC LIMIT 1"
        return QueryPlan.MultiplicityLimit(sql: sql, limit: limit.limit)
    }
}

extension BlockWriter {
    /// An aggregate of arguments as they stand, each NULL where it fails.
    func freeAggregate(_ expression: Expression) -> String {
        guard case .call(let call) = typing.rewrite(expression).node else { return write(expression) }
        return SQLWriter.call(call, call.arguments.map(writer.safe)) + (call.filter.map { " FILTER (WHERE \(writer.safe($0)))" } ?? "")
    }

    func aggregate(_ expression: Expression) -> String { writer.aggregate(typing.rewrite(expression)) }
    func argument(_ expression: Expression) -> String { writer.argument(typing.rewrite(expression)) }
}
