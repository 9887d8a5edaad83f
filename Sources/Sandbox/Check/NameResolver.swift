/// Resolves names where a bare one may also be the alias of an output column, and a bare number may mean one.
struct NameResolver: Sendable {
    let scope: Scope
    let items: [SelectItem]

    /// The output column that a bare number in GROUP BY or ORDER BY means; `nil` where it is no bare number.
    func ordinal(_ expression: Expression, what: String) throws(QueryRefusal) -> Expression? {
        guard case .constant(let constant) = expression.node else { return nil }
        guard case .integer(let number) = constant, number >= 1, number <= Int64(items.count),
            let item = items[Int(number) - 1].expression
        else {
            throw QueryRefusal(
                .syntaxNotAllowed, "\(what) may only name an output column by its number, 1 to \(items.count)",
                piece: ExpressionText.write(expression, scope: scope.block), offset: expression.offset)
        }
        return item
    }

    /// - Parameter aliasesFirst: whether an alias wins over a column; `nil` where aliases mean nothing.
    func resolve(_ expression: Expression, aliasesFirst: Bool?) throws(QueryRefusal) -> Expression {
        guard case .name(let names) = expression.node else {
            return try expression.mapChildren { (part: Expression) throws(QueryRefusal) in
                // Inside a larger expression an alias never hides a column.
                try resolve(part, aliasesFirst: aliasesFirst == nil ? nil : false)
            }
        }
        let column = try lookUp(names, expression, aliasesFirst)
        guard let aliasesFirst, names.count == 1, let output = aliased(names[0]) else {
            if let column { return column }
            return try scope.resolve(names, offset: expression.offset)
        }
        var meant = try scope.resolve(output)
        meant.offset = expression.offset
        guard let column, column != meant else { return meant }
        if aliasesFirst { return meant }
        throw QueryRefusal(
            .columnAmbiguous, "\"\(names[0])\" is a column and also the name of another output column", piece: names[0],
            offset: expression.offset, hint: "choose another alias")
    }

    private func lookUp(_ names: [String], _ expression: Expression, _ aliasesFirst: Bool?) throws(QueryRefusal) -> Expression? {
        if aliasesFirst == true, names.count == 1, aliased(names[0]) != nil {
            // The alias decides; that the column may be ambiguous does not matter.
            return (try? scope.lookUp(names, offset: nil)) ?? nil
        }
        return try scope.lookUp(names, offset: expression.offset)
    }

    private func aliased(_ name: String) -> Expression? {
        items.first { !$0.alias.isEmpty && foldedName($0.alias) == foldedName(name) }?.expression
    }

    /// What an output column is called.
    func name(of item: SelectItem) throws(QueryRefusal) -> String {
        guard item.alias.isEmpty, let expression = item.expression else { return item.alias }
        if case .name(let names) = expression.node { return scope.columnName(names) ?? names.last ?? "" }
        return ExpressionText.write(try scope.resolve(expression), scope: scope.block)
    }
}
