import Encoding

/// Writes a checked query's statements: the trees, and the plain SQL between them, which holds only names and numbers of ours.
struct QueryWriter: Sendable {
    let query: CheckedQuery
    let writer: TreeWriter

    init(_ query: CheckedQuery, values: [String: ParameterValue]?) {
        self.query = query
        writer = TreeWriter(scope: query.scope, values: values)
    }

    /// Catalog, in the engine, of the snapshot of the i-th table.
    static func catalog(_ index: Int) -> String { "d\(index)" }

    /// How many rows of one key a joined table has at most: one row, one number, for each limit to check.
    var multiplicityTrees: [JSONValue] {
        query.multiplicityLimits.map { limit in
            let columns = limit.columns.map { writer.write(Expression(.column(ColumnPath(table: limit.table, column: $0)))) }
            let count = writer.function("count_star", [])
            let present = columns.map { writer.node("OPERATOR", "OPERATOR_IS_NOT_NULL", [("children", [$0])]) }
            let tree = SelectTree(
                items: [writer.named(count, "n")], from: table(limit.table), filter: present, groups: columns,
                order: [.init(direction: "DESCENDING", expression: count)], limit: writer.write(Expression(.constant(.integer(1)))))
            return tree.document(writer)
        }
    }

    /// Converts every constant once, with an error for an impossible one; `nil` where there are none.
    var conversionsTree: JSONValue? {
        let expressions =
            switch query.plan {
            case .aggregate(let plan): plan.expressions
            case .rows(let plan): plan.filter
            }
        let items = LiteralTyping.conversions(in: expressions).compactMap { conversion -> JSONValue? in
            guard case .cast(let part, let type) = conversion.node else { return nil }
            return writer.cast(writer.write(part), type, isTry: false)
        }
        let nothing: JSONValue = ["type": "EMPTY", "alias": "", "sample": nil, "query_location": 0]
        // Not `? nil :`, which would be JSON's null.
        guard !items.isEmpty else { return Optional.none }
        return SelectTree(items: items, from: nothing).document(writer)
    }

    private func table(_ index: Int) -> JSONValue {
        SelectTree.table(catalog: Self.catalog(index), name: "data", alias: "t\(index)")
    }

    private var from: JSONValue {
        var tree = table(0)
        for (index, edge) in query.edges.enumerated() {
            let tests = edge.pairs.map { pair in
                writer.node(
                    "COMPARISON", "COMPARE_EQUAL",
                    [("left", writer.write(Expression(.column(pair.left)))), ("right", writer.write(Expression(.column(pair.right))))])
            }
            let condition = tests.count == 1 ? tests[0] : writer.conjunction(tests, isAnd: true)
            tree = SelectTree.join(tree, table(index + 1), kind: edge.kind, condition: condition)
        }
        return tree
    }

    private func order(_ items: [OrderItem], then ties: [JSONValue]) -> [SelectTree.Order] {
        items.map { .init(direction: $0.direction, nullOrder: $0.nullOrder, expression: writer.safe($0.expression)) }
            + ties.map { .init(expression: $0) }
    }

    private func limit(_ cap: Int) -> JSONValue {
        // One row more than allowed is fetched, so that a result that is too long is noticed rather than cut.
        query.limit.map { writer.write($0) } ?? writer.write(Expression(.constant(.integer(Int64(cap) + 1))))
    }

    /// The buyer's output columns are called c0, c1, … inside; their own names come back outside.
    private func outputs(_ outputs: [AggregatePlan.Output]) -> [JSONValue] {
        outputs.enumerated().map { writer.named(writer.safe($1.expression), "c\($0)") }
    }

    func rowsTree(_ plan: RowsPlan, cap: Int) -> JSONValue {
        SelectTree(
            items: outputs(plan.outputs), from: from, filter: plan.filter.map(writer.safe),
            order: order(plan.order, then: [writer.column(["t0", "rowid"])]), limit: limit(cap),
            offset: query.offset.map { writer.write($0) }
        ).document(writer)
    }

    // MARK: Aggregates

    /// Bits of the sketch of a group's units: each unit sets one, so the bits set are never more than the units.
    static func sketchBits(_ minimum: Int) -> Int { min(max(minimum * 8, 64), 4096) }

    func rawTree(_ plan: AggregatePlan) -> JSONValue {
        var items = plan.groups.enumerated().map { writer.named(writer.safe($1), "g\($0)") }
        items += plan.aggregates.enumerated().map { writer.named(writer.aggregate($1), "a\($0)") }
        items += plan.supports.enumerated().map { writer.named(writer.aggregate($1), "s\($0)") }
        if !plan.groups.isEmpty {
            items += plan.units.enumerated().map { writer.named(sketch($1, plan.minimumGroupSize), "b\($0)") }
        }
        return SelectTree(
            items: items, from: from, filter: plan.filter.map(writer.safe), groups: plan.groups.map(writer.safe)
        ).document(writer)
    }

    private func sketch(_ unit: ColumnPath, _ minimum: Int) -> JSONValue {
        let bits = Int64(Self.sketchBits(minimum))
        func number(_ value: Int64) -> JSONValue { writer.write(Expression(.constant(.integer(value)))) }
        let column = writer.write(Expression(.column(unit)))
        let hash = writer.function("hash", [column])
        let bit = writer.cast(writer.function("%", [hash, number(bits)], isOperator: true), CastType(id: "INTEGER"), isTry: false)
        let absent = writer.node("OPERATOR", "OPERATOR_IS_NULL", [("children", [column])])
        let known = writer.choice([(absent, writer.write(Expression(.constant(.null))))], otherwise: bit)
        return writer.function("bitstring_agg", [known, number(0), number(bits - 1)])
    }

    /// Groups that are large enough, with values blanked that rest on too few.
    func shownStatement(_ plan: AggregatePlan) -> String {
        let minimum = plan.minimumGroupSize
        var columns = plan.groups.indices.map { "g\($0)" }
        for (index, guards) in plan.guards.enumerated() {
            let tests = guards.map { rule in
                switch rule {
                case .reaches(let support): "s\(support) >= \(minimum)"
                case .emptyOrReaches(let rows, let supports):
                    "(s\(rows) = 0 OR (" + supports.map { "s\($0) >= \(minimum)" }.joined(separator: " AND ") + "))"
                case .somePairReaches(let pairs):
                    "(" + pairs.map { "s\($0.one) >= \(minimum) AND s\($0.other) >= \(minimum)" }.joined(separator: " OR ") + ")"
                }
            }
            columns.append(
                tests.isEmpty ? "a\(index)" : "CASE WHEN \(tests.joined(separator: " AND ")) THEN a\(index) END AS a\(index)")
        }
        let source = "SELECT \(columns.isEmpty ? "1 AS one" : columns.joined(separator: ", ")) FROM hexi_raw"
        return "\(source) WHERE \(Self.reachesMinimum(plan))"
    }

    static func reachesMinimum(_ plan: AggregatePlan) -> String {
        guard !plan.units.isEmpty else { return "true" }
        return plan.units.indices.map { "s\($0) >= \(plan.minimumGroupSize)" }.joined(separator: " AND ")
    }

    /// One JSON line: groups shown, groups suppressed, and for each unit a lower bound of how many of it the suppressed
    /// groups hold together.
    func summaryStatement(_ plan: AggregatePlan) -> String {
        let shown = Self.reachesMinimum(plan)
        var parts = ["count(*) FILTER (WHERE \(shown))", "count(*) FILTER (WHERE NOT (\(shown)))"]
        if !plan.groups.isEmpty {
            parts += plan.units.indices.map { "coalesce(bit_count(bit_or(b\($0)) FILTER (WHERE NOT (\(shown)))), 0)" }
        }
        return "SELECT json_array(\(parts.joined(separator: ", "))) FROM hexi_raw"
    }

    func resultTree(_ plan: AggregatePlan, cap: Int) -> JSONValue {
        SelectTree(
            items: outputs(plan.outputs),
            from: SelectTree.table(catalog: "memory", name: "hexi_shown", alias: "hexi"),
            filter: plan.having.map { [writer.safe($0)] } ?? [],
            order: order(plan.order, then: plan.groups.indices.map { writer.column(["g\($0)"]) }), limit: limit(cap),
            offset: query.offset.map { writer.write($0) }
        ).document(writer)
    }
}
