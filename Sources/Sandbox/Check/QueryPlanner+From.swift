// FROM: tables and inner queries become one block.

extension QueryPlanner {
    func scope(_ references: [TableReference], common: Common, outer: Scope?) throws(QueryRefusal) -> Scope {
        var scope = Scope()
        if let outer { scope.outer = [outer] }
        for reference in references { try add(reference, to: &scope, common: common) }
        guard scope.block.atoms.count <= StatementReader.maximumTables * 2 else {
            throw QueryRefusal(.tooMany, "\(scope.block.atoms.count) tables in one query", hint: "at most \(StatementReader.maximumTables * 2)")
        }
        return scope
    }

    private func add(_ reference: TableReference, to scope: inout Scope, common: Common) throws(QueryRefusal) {
        let (relation, name) = try source(reference, common)
        let before = scope.relations.count
        let shift: Int
        if reference.join?.kind == .left {
            shift = try addLeft(relation, reference, to: &scope)
        } else {
            shift = scope.block.merge(relation.block, join: reference.join?.kind)
        }
        var columns = relation.outputs.map { Relation.Output(name: $0.name, expression: $0.expression.shifted(by: shift)) }
        guard reference.columnNames.count <= columns.count else {
            throw QueryRefusal(
                .syntaxNotAllowed, "\"\(name)\" has \(columns.count) columns, but \(reference.columnNames.count) names are given",
                piece: name, offset: reference.offset)
        }
        for (index, renamed) in reference.columnNames.enumerated() { columns[index].name = renamed }
        try scope.add(Scope.Named(name: name, columns: columns), offset: reference.offset)
        guard let join = reference.join else { return }
        let conditions = try joinConditions(join, scope: &scope, before: before, shift: shift)
        if join.kind == .left {
            // The right side is one source, the last.
            scope.block.atoms[scope.block.atoms.count - 1].on += conditions
        } else {
            scope.block.filters += conditions
        }
    }

    /// The rows of a reference, and the name by which the text calls them.
    private func source(_ reference: TableReference, _ common: Common) throws(QueryRefusal) -> (Relation, String) {
        switch reference.source {
        case .query(let query):
            let inner = try mergeable(try relation(query, common: common, outer: nil), offset: reference.offset)
            return (inner, reference.alias.isEmpty ? "inner query \(relationCount)" : reference.alias)
        case .named(let name):
            let alias = reference.alias.isEmpty ? name : reference.alias
            guard let (table, before) = common.find(name) else { return (try base(name, alias, reference), alias) }
            var inner = try mergeable(try relation(table.query, common: before, outer: nil), offset: reference.offset)
            guard table.columnNames.count <= inner.outputs.count else {
                throw QueryRefusal(
                    .syntaxNotAllowed, "\"\(name)\" names \(table.columnNames.count) columns but has \(inner.outputs.count)", piece: name,
                    offset: reference.offset)
            }
            for (index, renamed) in table.columnNames.enumerated() { inner.outputs[index].name = renamed }
            return (inner, alias)
        }
    }

    /// A table of a product. Its hidden columns do not exist.
    private func base(_ name: String, _ alias: String, _ reference: TableReference) throws(QueryRefusal) -> Relation {
        guard let policy = policies.first(where: { foldedName($0.name) == foldedName(name) }) else {
            throw QueryRefusal(
                .tableNotAllowed, "there is no table \"\(name)\" in this contract", piece: name,
                offset: reference.offset, hint: "tables: " + policies.map(\.name).joined(separator: ", "))
        }
        try policy.validate()
        let index: Int
        if let known = tables.firstIndex(where: { foldedName($0.name) == foldedName(name) }) {
            index = known
        } else {
            guard tables.count < StatementReader.maximumTables else {
                throw QueryRefusal(.tooMany, "more than \(StatementReader.maximumTables) tables", piece: name, offset: reference.offset)
            }
            try requireMode(policy, name, offset: reference.offset)
            index = tables.count
            tables.append(policy)
        }
        var atom = Atom(
            alias: try newAlias(), source: "\(QueryPlan.catalog(index)).main.data", name: alias, columns: policy.columns,
            owner: policy.owner, tables: [index], baseTable: index)
        atom.minimumGroupSize = policy.aggregate?.minimumGroupSize ?? 1
        atom.bounds = policy.privacy?.bounds ?? [:]
        if policy.isProtected {
            atom.allowsExtremes = policy.aggregate?.allowsExtremes ?? false
            atom.maximumMultiplicity = policy.aggregate?.maximumJoinMultiplicity ?? 1
            atom.units = policy.privacyUnits.map {
                .init(column: $0, table: policy.name, isRow: false, name: "\(alias).\(policy.columns[$0].name)")
            }
            if atom.units.isEmpty {
                atom.units = [.init(column: ColumnPath.rowIdentifier, table: policy.name, isRow: true, name: "rows of \(alias)")]
            }
        }
        let outputs = policy.columns.enumerated().compactMap { position, column -> Relation.Output? in
            guard column.role != .hidden else { return nil }
            return .init(name: column.name, expression: Expression(.column(ColumnPath(table: 0, column: position))))
        }
        return Relation(block: Block(atoms: [atom]), outputs: outputs)
    }

    /// The right side of a LEFT JOIN: one source, whose own conditions become those of the join.
    private func addLeft(_ relation: Relation, _ reference: TableReference, to scope: inout Scope) throws(QueryRefusal) -> Int {
        let isPlain = relation.outputs.allSatisfy { if case .column = $0.expression.node { true } else { false } }
        guard relation.block.atoms.count == 1, isPlain, var atom = relation.block.atoms.first else {
            throw QueryRefusal(
                .joinNotAllowed, "the right side of a LEFT JOIN must be one table, with columns as they are", piece: reference.alias,
                offset: reference.join?.offset ?? reference.offset, hint: "join the tables one after the other, and compute in the outer SELECT")
        }
        let shift = scope.block.atoms.count
        atom.join = .left
        atom.on = relation.block.filters.map { $0.shifted(by: shift) }
        scope.block.atoms.append(atom)
        return shift
    }

    /// USING and ON as conditions that must hold.
    private func joinConditions(
        _ join: TableReference.Join, scope: inout Scope, before: Int, shift: Int
    ) throws(QueryRefusal) -> [Expression] {
        var conditions: [Expression] = []
        for name in join.usingColumns {
            let left = try usingColumn(name, scope, before, join.offset)
            guard let right = scope.columns(name, in: scope.relations[before...]).first else { throw scope.unknown([name], offset: join.offset) }
            conditions.append(Expression(.comparison("COMPARE_EQUAL", left, right), offset: join.offset))
            scope.merge(name, as: left)
        }
        if let condition = join.condition {
            let resolved = try scope.resolve(condition)
            guard !resolved.contains(where: { if case .subquery = $0.node { true } else { false } }) else {
                throw QueryRefusal(
                    .joinNotAllowed, "an inner query in a join condition is not allowed", offset: condition.nearestOffset,
                    hint: "put it into WHERE")
            }
            conditions += resolved.conjuncts
        }
        guard join.kind != .cross else { return conditions }
        try checkOn(conditions, scope, shift: shift, offset: join.offset)
        return conditions
    }

    private func usingColumn(_ name: String, _ scope: Scope, _ before: Int, _ offset: Int?) throws(QueryRefusal) -> Expression {
        if let merged = scope.merged[foldedName(name)] { return merged }
        let owners = scope.columns(name, in: scope.relations[..<before])
        guard owners.count == 1, let left = owners.first else {
            throw QueryRefusal(
                owners.count > 1 ? .columnAmbiguous : .columnUnknown,
                "USING(\(name)) needs exactly one column of that name on each side", piece: name, offset: offset)
        }
        return left
    }

    /// A join has at least one equality of a column on each side; between different owners there is nothing else about both.
    private func checkOn(_ conditions: [Expression], _ scope: Scope, shift: Int, offset: Int?) throws(QueryRefusal) {
        let owners = { (expression: Expression) in Set(expression.columns.map { scope.block.atoms[$0.table].owner }) }
        var isLinked = false
        for condition in conditions {
            let links = Equalities.implied(by: condition).contains { $0.one.table < shift && $0.other.table >= shift }
            isLinked = isLinked || links
            if !links || !condition.isColumnEquality, owners(condition).count > 1 {
                throw QueryRefusal(
                    .joinNotAllowed, "between tables of different owners a join condition must be an equality of two columns",
                    piece: ExpressionText.write(condition, scope: scope.block), offset: condition.nearestOffset ?? offset,
                    hint: "write ON a.key = b.key AND …; other conditions belong in WHERE")
            }
        }
        guard isLinked else {
            throw QueryRefusal(
                .joinNotAllowed, "the join condition has no equality of a column on each side",
                piece: conditions.first.map { ExpressionText.write($0, scope: scope.block) } ?? "", offset: conditions.first?.nearestOffset ?? offset,
                hint: "write ON a.key = b.key AND …")
        }
    }

    func requireMode(_ policy: TablePolicy, _ name: String, offset: Int?) throws(QueryRefusal) {
        let isOffered: Bool
        switch mode {
        case .aggregate: isOffered = policy.aggregate != nil
        case .rows: isOffered = policy.rows != nil
        case .private: isOffered = policy.privacy != nil || !policy.isProtected && policy.aggregate != nil
        case .match: isOffered = policy.match != nil
        }
        guard !isOffered else { return }
        let offered = [
            policy.aggregate.map { _ in "aggregates" }, policy.rows.map { _ in "rows" }, policy.privacy.map { _ in "private answers" },
            policy.match.map { _ in "matches" },
        ].compactMap(\.self)
        let wanted = [QueryMode.aggregate: "aggregates", .rows: "raw rows", .private: "differentially private answers", .match: "matches"]
        throw QueryRefusal(
            .modeNotOffered, "\"\(policy.name)\" does not offer \(wanted[mode] ?? mode.rawValue)", piece: name, offset: offset,
            hint: offered.isEmpty ? "the product offers no queries" : "it offers \(offered.joined(separator: " and "))")
    }
}

extension Expression {
    /// `a = b` of two columns as such.
    var isColumnEquality: Bool {
        guard case .comparison("COMPARE_EQUAL", let left, let right) = node, case .column = left.node, case .column = right.node else {
            return false
        }
        return true
    }
}
