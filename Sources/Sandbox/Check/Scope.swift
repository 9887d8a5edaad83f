/// Lower case as the engine folds names: ASCII letters only.
func foldedName(_ name: String) -> String {
    String(decoding: name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
}

/// The names that one FROM clause brings, and the block they stand for.
struct Scope: Sendable {
    /// A table or inner query by the name that the text uses.
    struct Named: Sendable {
        var name: String
        var columns: [Relation.Output]
    }

    var block = Block()
    private(set) var relations: [Named] = []
    /// Columns merged by USING: the bare name means the left table's.
    private(set) var merged: [String: Expression] = [:]
    /// The scope of the query around, whose columns an inner query may name; none or one.
    var outer: [Scope] = []

    func definition(_ path: ColumnPath) -> ColumnDefinition { block.definition(path) }
    func type(_ path: ColumnPath) -> ColumnType? { block.type(path) }
    func role(_ path: ColumnPath) -> ColumnRole { block.role(path) }

    /// - Throws: a refusal where the name is taken.
    mutating func add(_ named: Named, offset: Int?) throws(QueryRefusal) {
        guard !relations.contains(where: { foldedName($0.name) == foldedName(named.name) }) else {
            throw QueryRefusal(
                .tableNotAllowed, "two tables are both called \"\(named.name)\"", piece: named.name, offset: offset,
                hint: "give each its own alias")
        }
        relations.append(named)
    }

    mutating func merge(_ name: String, as expression: Expression) { merged[foldedName(name)] = expression }

    /// The columns of this name in each of the relations.
    func columns(_ name: String, in relations: ArraySlice<Named>) -> [Expression] {
        relations.compactMap { relation in relation.columns.first { foldedName($0.name) == foldedName(name) }?.expression }
    }

    /// What a name means; `nil` where there is no such column here.
    func lookUp(_ names: [String], offset: Int?) throws(QueryRefusal) -> Expression? {
        guard let column = names.last else { return nil }
        if names.count == 2 {
            guard let index = relations.firstIndex(where: { foldedName($0.name) == foldedName(names[0]) }) else { return nil }
            return columns(column, in: relations[index...index]).first.map { placed($0, offset) }
        }
        if let merged = merged[foldedName(column)] { return placed(merged, offset) }
        let found = relations.filter { relation in relation.columns.contains { foldedName($0.name) == foldedName(column) } }
        guard found.count <= 1 else {
            let owners = found.map { $0.name + "." + column }.joined(separator: " or ")
            throw QueryRefusal(
                .columnAmbiguous, "\"\(column)\" is in more than one table", piece: column, offset: offset, hint: "write \(owners)")
        }
        return columns(column, in: found[...]).first.map { placed($0, offset) }
    }

    /// A column's name as its table has it, however the text writes it.
    func columnName(_ names: [String]) -> String? {
        guard let column = names.last else { return nil }
        let searched = names.count == 2 ? relations.filter { foldedName($0.name) == foldedName(names[0]) } : relations
        return searched.flatMap(\.columns).first { foldedName($0.name) == foldedName(column) }?.name
    }

    private func placed(_ expression: Expression, _ offset: Int?) -> Expression {
        var copy = expression
        copy.offset = offset
        return copy
    }

    func unknown(_ names: [String], offset: Int?) -> QueryRefusal {
        let piece = names.joined(separator: ".")
        let visible = relations.flatMap { relation in
            relation.columns.map { relations.count > 1 ? "\(relation.name).\($0.name)" : $0.name }
        }
        return QueryRefusal(
            .columnUnknown, "there is no column \"\(piece)\"", piece: piece, offset: offset,
            hint: "columns: " + visible.prefix(40).joined(separator: ", "))
    }

    /// Replaces every written name by the column it means. Inner queries are left as they are.
    func resolve(_ expression: Expression) throws(QueryRefusal) -> Expression {
        if case .name(let names) = expression.node { return try resolve(names, offset: expression.offset) }
        return try expression.mapChildren { (part: Expression) throws(QueryRefusal) in try resolve(part) }
    }

    func resolve(_ names: [String], offset: Int?) throws(QueryRefusal) -> Expression {
        if let found = try lookUp(names, offset: offset) { return found }
        if let around = outer.first, let found = try around.lookUp(names, offset: offset) {
            guard case .column(let path) = found.node else {
                throw QueryRefusal(
                    .syntaxNotAllowed, "an inner query may name a column of the query around it, not an expression there",
                    piece: names.joined(separator: "."), offset: offset, hint: "use the column itself")
            }
            return Expression(.outer(path), offset: offset)
        }
        throw unknown(names, offset: offset)
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
