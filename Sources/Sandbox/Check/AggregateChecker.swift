/// Checks a query in aggregate mode and builds its plan.
///
/// What it upholds: every released value is computed from rows of at least k distinct privacy units of every protected table,
/// in the same way for each of those rows, and nothing in the text can make a value rest on fewer. What it does not uphold: that
/// two queries cannot be subtracted from each other; that is for budgets and for the provider who approves the queries.
struct AggregateChecker: Sendable {
    static let maximumAggregates = 32
    static let maximumGroups = 16

    let statement: SelectStatement
    let scope: Scope
    let types: TypeChecker
    let functions: FunctionCatalog
    var plan: AggregatePlan
    var arguments: ArgumentChecker
    private var aggregateKinds: [ValueKind] = []
    private var groupKinds: [ValueKind] = []

    init(_ statement: SelectStatement, scope: Scope, types: TypeChecker, functions: FunctionCatalog) {
        self.statement = statement
        self.scope = scope
        self.types = types
        self.functions = functions
        let supports = SupportBuilder(scope: scope)
        plan = AggregatePlan(
            units: supports.units,
            minimumGroupSize: scope.tables.map { $0.policy.aggregate?.minimumGroupSize ?? 1 }.max() ?? 1, filter: [])
        arguments = ArgumentChecker(scope: scope, types: types, functions: functions, supports: supports)
    }

    mutating func check() throws(QueryRefusal) -> AggregatePlan {
        if let filter = statement.filter { plan.filter = try RowFilter(scope: scope, types: types).read(filter) }
        for group in statement.groups { try addGroup(group) }
        for item in statement.items { try addOutput(item) }
        if let having = statement.having { plan.having = try lifted(having, aliasesFirst: false) }
        for item in statement.order { try addOrder(item) }
        try checkKinds()
        return plan
    }

    private mutating func addGroup(_ written: Expression) throws(QueryRefusal) {
        guard plan.groups.count < Self.maximumGroups else {
            throw QueryRefusal(.tooMany, "more than \(Self.maximumGroups) GROUP BY expressions", offset: written.nearestOffset)
        }
        let group = try resolve(try ordinal(written, what: "GROUP BY") ?? written, aliasesFirst: false)
        guard !group.columns.isEmpty else {
            throw QueryRefusal(
                .notAggregated, "GROUP BY needs an expression of a column", piece: ExpressionText.write(group, scope: scope),
                offset: written.nearestOffset)
        }
        groupKinds.append(try types.kind(of: group))
        for path in group.columns {
            let column = scope.definition(path)
            guard column.role == .dimension || column.role == .filter else {
                throw QueryRefusal(
                    .columnRole, "\"\(column.name)\" is a \(column.role.rawValue) column and may not be grouped by",
                    piece: column.name, offset: written.nearestOffset, hint: "group by dimension or filter columns")
            }
        }
        if !plan.groups.contains(group) { plan.groups.append(group) } else { groupKinds.removeLast() }
    }

    private mutating func addOutput(_ item: SelectItem) throws(QueryRefusal) {
        guard let expression = item.expression else {
            throw QueryRefusal(
                .notAggregated, "SELECT * gives raw rows, which this product does not offer", piece: "*", offset: item.offset,
                hint: "use aggregates such as count(*) or avg(…), with GROUP BY")
        }
        let name = item.alias.isEmpty ? ExpressionText.write(try scope.resolve(expression), scope: scope) : item.alias
        plan.outputs.append(.init(name: name, expression: try lifted(expression, aliasesFirst: nil)))
    }

    private mutating func addOrder(_ item: OrderItem) throws(QueryRefusal) {
        var item = item
        if let output = try ordinal(item.expression, what: "ORDER BY") {
            item.expression = try lifted(output, aliasesFirst: nil)
        } else {
            item.expression = try lifted(item.expression, aliasesFirst: true)
        }
        plan.order.append(item)
    }

    /// The output column that a bare number in GROUP BY or ORDER BY means; `nil` where it is no bare number.
    private func ordinal(_ expression: Expression, what: String) throws(QueryRefusal) -> Expression? {
        guard case .constant(let constant) = expression.node else { return nil }
        guard case .integer(let number) = constant, number >= 1, number <= Int64(statement.items.count),
            let item = statement.items[Int(number) - 1].expression
        else {
            throw QueryRefusal(
                .syntaxNotAllowed, "\(what) may only name an output column by its number, 1 to \(statement.items.count)",
                piece: ExpressionText.write(expression, scope: scope), offset: expression.offset)
        }
        return item
    }

    /// Resolves names, where a bare name may also be the alias of an output column.
    ///
    /// - Parameter aliasesFirst: whether an alias wins over a column; `nil` where aliases mean nothing.
    private func resolve(_ expression: Expression, aliasesFirst: Bool?) throws(QueryRefusal) -> Expression {
        guard case .name(let names) = expression.node else {
            return try expression.mapChildren { (part: Expression) throws(QueryRefusal) in
                // Inside a larger expression an alias never hides a column.
                try resolve(part, aliasesFirst: aliasesFirst == nil ? nil : false)
            }
        }
        let column = try lookUpColumn(names, expression, aliasesFirst)
        guard let aliasesFirst, names.count == 1, let output = aliased(names[0]) else {
            guard let column else { throw scope.unknown(names, offset: expression.offset) }
            return column
        }
        var meant = try scope.resolve(output)
        meant.offset = expression.offset
        guard let column, column != meant else { return meant }
        if aliasesFirst { return meant }
        throw QueryRefusal(
            .columnAmbiguous, "\"\(names[0])\" is a column and also the name of another output column", piece: names[0],
            offset: expression.offset, hint: "choose another alias")
    }

    private func lookUpColumn(
        _ names: [String], _ expression: Expression, _ aliasesFirst: Bool?
    ) throws(QueryRefusal) -> Expression? {
        if aliasesFirst == true, names.count == 1, aliased(names[0]) != nil {
            // The alias decides; that the column may be ambiguous does not matter.
            return (try? scope.lookUp(names, offset: nil)).map { Expression(.column($0), offset: expression.offset) }
        }
        return try scope.lookUp(names, offset: expression.offset).map { Expression(.column($0), offset: expression.offset) }
    }

    private func aliased(_ name: String) -> Expression? {
        statement.items.first { !$0.alias.isEmpty && foldedName($0.alias) == foldedName(name) }?.expression
    }

    /// Turns an expression over groups and aggregates into one over the intermediate table's columns.
    private mutating func lifted(_ expression: Expression, aliasesFirst: Bool?) throws(QueryRefusal) -> Expression {
        try lift(try resolve(expression, aliasesFirst: aliasesFirst))
    }

    private mutating func lift(_ expression: Expression) throws(QueryRefusal) -> Expression {
        if let index = plan.groups.firstIndex(of: expression) {
            return Expression(.intermediate("g\(index)"), offset: expression.offset)
        }
        switch expression.node {
        case .call(let call) where functions.aggregates[call.name] != nil:
            return try addAggregate(call, expression)
        case .call(let call) where functions.scalars[call.name] == nil:
            // Named before its arguments are looked at, because the function is the graver trouble.
            throw types.functionRefusal(call.name, offset: expression.offset)
        case .column(let path): throw notAggregated(path, expression)
        default:
            var copy = self
            let result = try expression.mapChildren { (part: Expression) throws(QueryRefusal) in try copy.lift(part) }
            self = copy
            return result
        }
    }

    private func notAggregated(_ path: ColumnPath, _ expression: Expression) -> QueryRefusal {
        let column = scope.definition(path)
        let hint =
            switch column.role {
            case .dimension, .filter: "name it in GROUP BY"
            case .measure: "aggregate it, as in avg(\(column.name))"
            default: "use count(DISTINCT \(column.name))"
            }
        return QueryRefusal(
            .notAggregated, "\"\(column.name)\" would leave as raw rows: it is neither aggregated nor grouped by",
            piece: column.name, offset: expression.offset, hint: hint)
    }

    private mutating func addAggregate(_ call: FunctionCall, _ expression: Expression) throws(QueryRefusal) -> Expression {
        let checked = try arguments.check(call, at: expression)
        if let known = plan.aggregates.firstIndex(of: checked) {
            return Expression(.intermediate("a\(known)"), offset: expression.offset)
        }
        guard plan.aggregates.count < Self.maximumAggregates else {
            throw QueryRefusal(.tooMany, "more than \(Self.maximumAggregates) aggregates", offset: expression.offset)
        }
        plan.aggregates.append(checked)
        aggregateKinds.append(checked.kind)
        return Expression(.intermediate("a\(plan.aggregates.count - 1)"), offset: expression.offset)
    }

    /// The output expressions, over aggregates, obey the same rules of type and function.
    private mutating func checkKinds() throws(QueryRefusal) {
        var types = types
        for (index, kind) in groupKinds.enumerated() { types.intermediates["g\(index)"] = kind }
        for (index, kind) in aggregateKinds.enumerated() { types.intermediates["a\(index)"] = kind }
        for output in plan.outputs { _ = try types.kind(of: output.expression) }
        for item in plan.order { _ = try types.kind(of: item.expression) }
        if let having = plan.having { try types.requireBoolean(having) }
        plan.rewrite(LiteralTyping(types: types).rewrite)
    }
}
