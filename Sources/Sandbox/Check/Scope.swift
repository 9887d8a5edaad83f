/// Lower case as the engine folds names: ASCII letters only.
func foldedName(_ name: String) -> String {
    String(decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
}

/// The tables of one query's FROM clause, with the columns a buyer may know of.
struct Scope: Sendable {
    struct Table: Sendable {
        let policy: TablePolicy
        /// The name the query uses for it: the alias, or the table's name.
        let name: String
        let join: TableReference.Join?
    }

    let tables: [Table]
    /// Columns merged by USING: the bare name means the left table's.
    private(set) var mergedColumns: [String: ColumnPath] = [:]

    /// - Throws: a refusal for an unknown, repeated or self-contradicting table.
    init(_ references: [TableReference], policies: [TablePolicy]) throws(QueryRefusal) {
        var tables: [Table] = []
        var usedPolicies: Set<String> = []
        for reference in references {
            guard let policy = policies.first(where: { foldedName($0.name) == foldedName(reference.tableName) }) else {
                throw QueryRefusal(
                    .tableNotAllowed, "there is no table \"\(reference.tableName)\" in this contract", piece: reference.tableName,
                    offset: reference.offset, hint: "tables: " + policies.map(\.name).joined(separator: ", "))
            }
            guard usedPolicies.insert(foldedName(policy.name)).inserted else {
                throw QueryRefusal(
                    .joinNotAllowed, "\"\(policy.name)\" is used twice; a table may not be joined with itself", piece: policy.name,
                    offset: reference.offset, hint: "use each table once")
            }
            let name = reference.alias.isEmpty ? reference.tableName : reference.alias
            guard !tables.contains(where: { foldedName($0.name) == foldedName(name) }) else {
                throw QueryRefusal(
                    .tableNotAllowed, "two tables are both called \"\(name)\"", piece: name, offset: reference.offset,
                    hint: "give each its own alias")
            }
            try policy.validate()
            tables.append(Table(policy: policy, name: name, join: reference.join))
        }
        self.tables = tables
        for index in tables.indices { try mergeColumns(of: index) }
    }

    private mutating func mergeColumns(of index: Int) throws(QueryRefusal) {
        for name in tables[index].join?.usingColumns ?? [] where mergedColumns[foldedName(name)] == nil {
            let owners = (0..<index).compactMap { find(name, in: $0) }
            guard owners.count == 1, let left = owners.first, find(name, in: index) != nil else {
                throw QueryRefusal(
                    owners.count > 1 ? .columnAmbiguous : .columnUnknown,
                    "USING(\(name)) needs exactly one column of that name on each side", piece: name,
                    offset: tables[index].join?.offset)
            }
            mergedColumns[foldedName(name)] = left
        }
    }

    func definition(_ path: ColumnPath) -> ColumnDefinition {
        guard path.column != ColumnPath.rowIdentifier else { return ColumnDefinition(name: "rowid", type: "BIGINT", role: .hidden) }
        return tables[path.table].policy.columns[path.column]
    }

    func type(_ path: ColumnPath) -> ColumnType? { ColumnType(definition(path).type) }

    func role(_ path: ColumnPath) -> ColumnRole { definition(path).role }

    /// A visible column of one table. A hidden column is not found, as if it did not exist.
    func find(_ name: String, in table: Int) -> ColumnPath? {
        let folded = foldedName(name)
        return tables[table].policy.columns.firstIndex { $0.role != .hidden && foldedName($0.name) == folded }
            .map { ColumnPath(table: table, column: $0) }
    }

    /// The column that a name means; `nil` where there is none.
    func lookUp(_ names: [String], offset: Int?) throws(QueryRefusal) -> ColumnPath? {
        guard let column = names.last else { return nil }
        if names.count == 2 {
            guard let table = tables.firstIndex(where: { foldedName($0.name) == foldedName(names[0]) }) else { return nil }
            return find(column, in: table)
        }
        if let merged = mergedColumns[foldedName(column)] { return merged }
        let found = tables.indices.compactMap { find(column, in: $0) }
        guard found.count <= 1 else {
            let owners = found.map { tables[$0.table].name + "." + column }.joined(separator: " or ")
            throw QueryRefusal(
                .columnAmbiguous, "\"\(column)\" is in more than one table", piece: column, offset: offset, hint: "write \(owners)")
        }
        return found.first
    }

    func unknown(_ names: [String], offset: Int?) -> QueryRefusal {
        let piece = names.joined(separator: ".")
        let visible = tables.flatMap { table in
            table.policy.columns.filter { $0.role != .hidden }.map { tables.count > 1 ? "\(table.name).\($0.name)" : $0.name }
        }
        return QueryRefusal(
            .columnUnknown, "there is no column \"\(piece)\"", piece: piece, offset: offset,
            hint: "columns: " + visible.prefix(40).joined(separator: ", "))
    }

    /// Replaces every written name by the column it means.
    func resolve(_ expression: Expression) throws(QueryRefusal) -> Expression {
        if case .name(let names) = expression.node {
            guard let path = try lookUp(names, offset: expression.offset) else { throw unknown(names, offset: expression.offset) }
            return Expression(.column(path), offset: expression.offset)
        }
        return try expression.mapChildren { (part: Expression) throws(QueryRefusal) in try resolve(part) }
    }
}

extension TablePolicy {
    /// Refuses a policy that cannot be held: repeated names, types nobody may touch, impossible numbers.
    func validate() throws(QueryRefusal) {
        func invalid(_ reason: String) -> QueryRefusal {
            QueryRefusal(.policyInvalid, "the policy of \"\(name)\" is not valid: \(reason)")
        }
        var names: Set<String> = []
        for column in columns {
            guard names.insert(foldedName(column.name)).inserted else { throw invalid("column \"\(column.name)\" is there twice") }
            guard !column.name.isEmpty, column.name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }),
                foldedName(column.name) != "rowid"
            else { throw invalid("\"\(column.name)\" cannot be a column's name") }
            guard column.role == .hidden || ColumnType(column.type) != nil else {
                throw invalid("column \"\(column.name)\" has the type \(column.type), which can only be hidden")
            }
        }
        if let aggregate {
            guard aggregate.minimumGroupSize >= 1, aggregate.maximumRows >= 1, aggregate.maximumJoinMultiplicity >= 1 else {
                throw invalid("its numbers must be 1 or more")
            }
            guard privacyUnits.isEmpty || aggregate.minimumGroupSize >= 2 else {
                throw invalid("a table with a privacy unit needs a minimum group size of 2 or more")
            }
        }
        for column in rows?.columns ?? [] {
            guard columns.contains(where: { foldedName($0.name) == foldedName(column) && $0.role != .hidden && $0.role != .privacyUnit })
            else { throw invalid("rows mode names \"\(column)\", which is no visible column or is a privacy unit") }
        }
    }
}
