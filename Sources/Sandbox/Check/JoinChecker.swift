/// Checks how tables are joined: equality of keys only, each new table with exactly one earlier one.
///
/// Joins form a tree, so for every protected table it is known which keys of which other tables must not repeat too often:
/// otherwise the other table's owner could weigh chosen rows (one row a million times) and read them out of a sum.
struct JoinChecker: Sendable {
    /// Left and right columns that must be equal.
    struct Edge: Sendable, Hashable {
        var pairs: [(left: ColumnPath, right: ColumnPath)]
        var kind: JoinKind

        static func == (left: Edge, right: Edge) -> Bool {
            left.kind == right.kind && left.pairs.elementsEqual(right.pairs, by: ==)
        }
        func hash(into hasher: inout Hasher) { for pair in pairs { hasher.combine(pair.left) } }
    }

    /// At most `limit` rows of a table may share one value of these columns.
    struct MultiplicityLimit: Sendable, Hashable {
        let table: Int
        let columns: [Int]
        let limit: Int
    }

    let scope: Scope
    let types: TypeChecker

    /// One edge for each table after the first.
    func edges() throws(QueryRefusal) -> [Edge] {
        var edges: [Edge] = []
        for (index, table) in scope.tables.enumerated() {
            guard let join = table.join else { continue }
            edges.append(try edge(join, table: index))
        }
        return edges
    }

    private func edge(_ join: TableReference.Join, table: Int) throws(QueryRefusal) -> Edge {
        var pairs: [(left: ColumnPath, right: ColumnPath)] = []
        for name in join.usingColumns {
            guard let left = scope.mergedColumns[foldedName(name)], let right = scope.find(name, in: table) else {
                throw scope.unknown([name], offset: join.offset)
            }
            pairs.append((left, right))
        }
        if let condition = join.condition {
            for part in Self.conjuncts(condition) { pairs.append(try pair(part, table: table)) }
        }
        for pair in pairs {
            try requireKey(pair.left, offset: join.offset)
            try requireKey(pair.right, offset: join.offset)
            guard scope.type(pair.left)?.kind == scope.type(pair.right)?.kind else {
                throw QueryRefusal(
                    .typeMismatch,
                    "the join compares \(scope.definition(pair.left).type) with \(scope.definition(pair.right).type)",
                    piece: scope.definition(pair.left).name, offset: join.offset, hint: "join columns of one type")
            }
        }
        guard Set(pairs.map(\.left.table)).count == 1 else {
            throw QueryRefusal(
                .joinNotAllowed, "a table may be joined with one earlier table only", offset: join.offset,
                hint: "compare its keys with the keys of one table")
        }
        return Edge(pairs: pairs, kind: join.kind)
    }

    private static func conjuncts(_ expression: Expression) -> [Expression] {
        if case .conjunction(isAnd: true, let parts) = expression.node { return parts.flatMap(conjuncts) }
        return [expression]
    }

    private func pair(_ part: Expression, table: Int) throws(QueryRefusal) -> (left: ColumnPath, right: ColumnPath) {
        let resolved = try scope.resolve(part)
        guard case .comparison("COMPARE_EQUAL", let first, let second) = resolved.node,
            case .column(let one) = first.node, case .column(let two) = second.node
        else {
            throw QueryRefusal(
                .joinNotAllowed, "a join condition must be an equality of two columns",
                piece: ExpressionText.write(resolved, scope: scope), offset: part.nearestOffset,
                hint: "write ON a.key = b.key AND …; other conditions belong in WHERE")
        }
        if one.table < table, two.table == table { return (one, two) }
        if two.table < table, one.table == table { return (two, one) }
        throw QueryRefusal(
            .joinNotAllowed, "the condition does not join \"\(scope.tables[table].name)\" with a table before it",
            piece: ExpressionText.write(resolved, scope: scope), offset: part.nearestOffset)
    }

    private func requireKey(_ path: ColumnPath, offset: Int?) throws(QueryRefusal) {
        let column = scope.definition(path)
        guard column.role == .joinKey || column.role == .dimension else {
            throw QueryRefusal(
                .columnRole, "\"\(column.name)\" is a \(column.role.rawValue) column and may not be joined on", piece: column.name,
                offset: offset, hint: "join on join_key or dimension columns")
        }
    }

    /// For each protected table: every other table, seen from it, may meet one of its rows only so often.
    func multiplicityLimits(_ edges: [Edge]) -> [MultiplicityLimit] {
        var limits: [MultiplicityLimit] = []
        for (start, table) in scope.tables.enumerated() where table.policy.isProtected {
            let limit = table.policy.aggregate?.maximumJoinMultiplicity ?? 1
            var reached: Set<Int> = [start]
            var frontier = [start]
            while let current = frontier.popLast() {
                for edge in edges {
                    guard let first = edge.pairs.first else { continue }
                    let isForward = first.left.table == current
                    guard isForward || first.right.table == current else { continue }
                    let next = isForward ? first.right.table : first.left.table
                    guard reached.insert(next).inserted else { continue }
                    frontier.append(next)
                    let columns = edge.pairs.map { isForward ? $0.right.column : $0.left.column }
                    limits.append(MultiplicityLimit(table: next, columns: Array(Set(columns)).sorted(), limit: limit))
                }
            }
        }
        var seen: Set<MultiplicityLimit> = []
        return limits.filter { seen.insert($0).inserted }
    }
}
