/// An aggregate that may run, and on what its value must rest.
struct CheckedAggregate: Sendable, Hashable {
    /// What must hold for the value to be shown; the conditions are over the rows.
    enum Condition: Sendable, Hashable {
        case enough(where: Expression)
        case noneOrEnough(where: Expression)
        case somePair([Pair])
    }

    struct Pair: Sendable, Hashable {
        var one: Expression
        var other: Expression
    }

    var expression: Expression
    var statistic: CellAggregate.Statistic
    var kind: ValueKind
    /// What one row adds or weighs.
    var contribution: Expression?
    var conditions: [Condition] = []

    var expressions: [Expression] {
        [expression] + [contribution].compactMap(\.self)
            + conditions.flatMap { condition -> [Expression] in
                switch condition {
                case .enough(let test), .noneOrEnough(let test): [test]
                case .somePair(let pairs): pairs.flatMap { [$0.one, $0.other] }
                }
            }
    }

    mutating func rewrite(_ transform: (Expression) -> Expression) {
        expression = transform(expression)
        contribution = contribution.map(transform)
        conditions = conditions.map { condition in
            switch condition {
            case .enough(let test): .enough(where: transform(test))
            case .noneOrEnough(let test): .noneOrEnough(where: transform(test))
            case .somePair(let pairs): .somePair(pairs.map { Pair(one: transform($0.one), other: transform($0.other)) })
            }
        }
    }
}

/// Checks what stands inside an aggregate.
struct ArgumentChecker: Sendable {
    static let maximumBranches = 8

    let scope: Scope
    let types: TypeChecker
    let functions: FunctionCatalog
    let supports: SupportBuilder
    /// The one way in which this query's aggregates may split a group's rows. Two different splits could be subtracted from
    /// each other, and the difference could be one row.
    private var split: [Expression]?

    init(scope: Scope, types: TypeChecker, functions: FunctionCatalog, supports: SupportBuilder) {
        self.scope = scope
        self.types = types
        self.functions = functions
        self.supports = supports
    }

    private var isOpen: Bool { supports.units.isEmpty }

    mutating func check(_ call: FunctionCall, at place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        guard let kind = functions.aggregates[call.name] else {
            throw QueryRefusal(.functionNotAllowed, "the function \(call.name) is not allowed", piece: call.name, offset: place.offset)
        }
        if call.isDistinct { return try distinct(call, place) }
        let argument = call.arguments.first
        switch (kind, call.arguments.count) {
        case (.count, 0):
            return try conditional(call, Expression(.constant(.integer(1))), place)
        case (.count, 1), (.linear, 1), (.second, 1):
            guard let argument else { break }
            return try conditional(call, argument, place)
        case (.order, 1):
            guard let argument else { break }
            return try order(call, argument, place)
        case (.bivariate, 2): return try bivariate(call, place)
        default: break
        }
        throw QueryRefusal(
            .typeMismatch, "\(call.name) does not take \(call.arguments.count) arguments", piece: call.name, offset: place.offset)
    }

    private func refusal(_ message: String, _ place: Expression, hint: String = "") -> QueryRefusal {
        QueryRefusal(
            .selectiveAggregate, message, piece: ExpressionText.write(place, scope: scope), offset: place.nearestOffset, hint: hint)
    }

    /// `count(DISTINCT column)`: of any visible column, the privacy unit included.
    private func distinct(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        guard call.name == "count", call.filter == nil, call.arguments.count == 1,
            case .column(let path) = call.arguments[0].node
        else { throw refusal("DISTINCT is allowed only as count(DISTINCT column)", place, hint: "without FILTER or expressions") }
        var result = CheckedAggregate(expression: Expression(.call(call)), statistic: .distinctCount, kind: .integer)
        if scope.role(path) == .measure { result.conditions = valueConditions([path]) }
        return result
    }

    /// Extremes and medians are one row's own value: only where no protected table takes part.
    private func order(_ call: FunctionCall, _ argument: Expression, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        guard isOpen else {
            throw QueryRefusal(
                .functionNotAllowed, "\(call.name) would reveal one row's own value", piece: call.name, offset: place.offset,
                hint: "use avg, sum, count or stddev")
        }
        guard call.filter == nil, case .column = argument.node else {
            throw refusal("\(call.name) takes one bare column", place)
        }
        let statistic: CellAggregate.Statistic = call.name == "median" ? .quantile : .extreme
        return CheckedAggregate(expression: Expression(.call(call)), statistic: statistic, kind: try types.kind(of: argument))
    }

    private func bivariate(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        guard call.filter == nil else { throw refusal("\(call.name) may not have a FILTER", place, hint: "use WHERE") }
        var call = call
        var columns: [ColumnPath] = []
        for index in call.arguments.indices {
            let form = try MeasureReader(scope: scope).read(call.arguments[index])
            guard form.degree == 1, form.substitutedColumns.isEmpty else {
                throw refusal("\(call.name) takes two measures", place)
            }
            columns += form.requiredColumns
            call.arguments[index] = MeasureWriter(scope: scope).write(form)
        }
        let paths = Set(columns).sorted { ($0.table, $0.column) < ($1.table, $1.column) }
        return CheckedAggregate(
            expression: Expression(.call(call)), statistic: .relation, kind: .decimal,
            conditions: valueConditions(paths) + spreadConditions(paths))
    }

    // MARK: Conditions on what a value rests on

    /// Rows that have all these values, and not zero in each, must come from enough units. And rows that have only some of the
    /// values must be none or come from enough, because sum(a) + sum(b) − sum(a + b) is the sum over exactly those.
    private func valueConditions(_ columns: [ColumnPath]) -> [CheckedAggregate.Condition] {
        guard !columns.isEmpty, !isOpen else { return [] }
        var conditions = columns.compactMap { column in
            supports.contributing(column, among: columns).map { CheckedAggregate.Condition.enough(where: $0) }
        }
        if columns.count > 1 { conditions += emptyOrEnough(supports.partial(columns)) }
        return conditions
    }

    /// Where two measures are multiplied or correlated, each weighs the other. A measure that is the same for all but a few
    /// units (a flag) would single these out, so enough units must differ from any one value.
    private func spreadConditions(_ columns: [ColumnPath]) -> [CheckedAggregate.Condition] {
        guard !isOpen else { return [] }
        return columns.map { column in .somePair(supports.spread(column).map { .init(one: $0.one, other: $0.other) }) }
    }

    private func emptyOrEnough(_ condition: Expression) -> [CheckedAggregate.Condition] {
        isOpen ? [] : [.noneOrEnough(where: condition)]
    }

    // MARK: Values and CASE

    /// count, sum, avg and variances of a value, of a CASE, or with a FILTER (which is read as a CASE).
    private mutating func conditional(
        _ call: FunctionCall, _ argument: Expression, _ place: Expression
    ) throws(QueryRefusal) -> CheckedAggregate {
        if let filter = call.filter {
            if case .choice = argument.node { throw refusal("FILTER and CASE may not both be used in one aggregate", place) }
            let branch = CaseBranch(condition: filter, result: argument)
            return try choice(call, [branch], Expression(.constant(.null)), place)
        }
        if case .choice(let branches, let otherwise) = argument.node { return try choice(call, branches, otherwise, place) }
        if functions.aggregates[call.name] == .count { return try plainCount(call, argument, place) }
        let form = try MeasureReader(scope: scope).read(argument)
        try limitDegree(form, call, place)
        var result = try finish(call, MeasureWriter(scope: scope).write(form), isWhole: isWhole(form))
        result.conditions = valueConditions(form.requiredColumns) + form.substitutedColumns.flatMap { valueConditions([$0]) }
        if form.degree > 1 { result.conditions += spreadConditions(form.requiredColumns + form.substitutedColumns) }
        return result
    }

    private func limitDegree(_ form: MeasureForm, _ call: FunctionCall, _ place: Expression) throws(QueryRefusal) {
        guard form.degree <= 1 || functions.aggregates[call.name] == .linear else {
            throw refusal("\(call.name) of a product is not allowed", place, hint: "use sum or avg of the product")
        }
    }

    private func isWhole(_ form: MeasureForm) -> Bool {
        form.bareColumn.map { scope.type($0)?.kind != .decimal } ?? false
    }

    /// Puts the rewritten argument into the call.
    private func finish(_ call: FunctionCall, _ argument: Expression, isWhole: Bool) throws(QueryRefusal) -> CheckedAggregate {
        let isCount = functions.aggregates[call.name] == .count
        let rewritten = FunctionCall(name: isCount ? "count" : call.name, arguments: [argument])
        let kind: ValueKind = isCount || isWhole && call.name == "sum" ? .integer : .decimal
        let statistic: CellAggregate.Statistic =
            switch functions.aggregates[call.name] {
            case .count: .count
            case .second: .spread
            default: call.name == "sum" ? .sum : .mean
            }
        return CheckedAggregate(
            expression: Expression(.call(rewritten)), statistic: statistic, kind: kind, contribution: isCount ? nil : argument)
    }

    /// `count(*)`, `count(constant)` and `count(column)`.
    private func plainCount(_ call: FunctionCall, _ argument: Expression, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        if case .constant(let constant) = argument.node, constant != .null {
            return CheckedAggregate(
                expression: Expression(.call(FunctionCall(name: "count_star", arguments: []))), statistic: .count, kind: .integer)
        }
        guard case .column(let path) = argument.node, scope.role(path) != .privacyUnit else {
            throw refusal(
                "count takes *, a column, a CASE or DISTINCT and a column", place,
                hint: "a privacy unit may only be counted with DISTINCT")
        }
        var result = try finish(call, argument, isWhole: true)
        if !isFreelyCounted(path) {
            result.conditions = [supports.missing(path), supports.present([path])].compactMap(\.self).flatMap(emptyOrEnough)
        }
        return result
    }

    private mutating func choice(
        _ call: FunctionCall, _ branches: [CaseBranch], _ otherwise: Expression, _ place: Expression
    ) throws(QueryRefusal) -> CheckedAggregate {
        guard branches.count < Self.maximumBranches else {
            throw refusal("a CASE inside an aggregate may have at most \(Self.maximumBranches - 1) WHEN", place)
        }
        for branch in branches { try checkCondition(branch.condition) }
        let results = try BranchResults(branches.map(\.result) + [otherwise], call: call, checker: self, place: place)
        let conditions = branches.map(\.condition)
        let rewritten = zip(conditions, results.expressions).map { CaseBranch(condition: $0, result: $1) }
        guard let last = results.expressions.last else { throw refusal("an empty CASE", place) }
        var result = try finish(call, Expression(.choice(rewritten, otherwise: last)), isWhole: false)
        if results.columns.isEmpty, conditions.allSatisfy(isAboutMissingMeasures) { return result }
        guard split == nil || split == conditions else {
            throw refusal(
                "the aggregates of one query may split its groups in one way only", place,
                hint: "use the same WHEN conditions in every CASE and FILTER, or ask in two queries, or GROUP BY")
        }
        split = conditions
        guard !isOpen else { return result }
        for branch in 0...conditions.count {
            result.conditions.append(.enough(where: supports.inBranch(branch, of: conditions, having: results.columns)))
        }
        if results.columns.count > 1 { result.conditions += emptyOrEnough(supports.partial(results.columns)) }
        return result
    }

    /// Inside a CASE, measures may be compared: both sides of the comparison must reach the smallest group.
    private func checkCondition(_ condition: Expression) throws(QueryRefusal) {
        try types.requireBoolean(condition)
        for path in condition.columns where scope.role(path) == .privacyUnit {
            let name = scope.definition(path).name
            throw QueryRefusal(
                .columnRole, "\"\(name)\" is the privacy unit and may not be compared", piece: name,
                offset: condition.nearestOffset, hint: "only count(DISTINCT \(name)) is allowed")
        }
    }

    /// How many rows of a group lack a measure is a statistic over the whole group, and free. Not so where the measure lies in
    /// another table than the one that is protected: then its owner could choose whose rows have it.
    private func isFreelyCounted(_ path: ColumnPath) -> Bool {
        scope.role(path) == .measure && supports.units.allSatisfy { $0.table == path.table }
    }

    private func isAboutMissingMeasures(_ condition: Expression) -> Bool {
        switch condition.node {
        case .isNull(let part, _):
            if case .column(let path) = part.node { return isFreelyCounted(path) }
            return false
        case .not(let part): return isAboutMissingMeasures(part)
        case .conjunction(_, let parts): return parts.allSatisfy(isAboutMissingMeasures)
        default: return false
        }
    }
}
