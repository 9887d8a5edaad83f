/// Checks what stands inside an aggregate.
struct ArgumentChecker: Sendable {
    static let maximumBranches = 8

    private(set) var scope: Block
    let level: AggregatePlanner.Level
    let units: [BlockUnits.Unit]
    private(set) var types: TypeChecker
    let functions: FunctionCatalog
    private var supports: SupportBuilder { SupportBuilder(scope: scope) }
    /// The one way in which this query's aggregates may split a group's rows. Two different splits could be subtracted from
    /// each other, and the difference could be one row.
    private var split: [Expression]?

    init(block: Block, level: AggregatePlanner.Level, units: [BlockUnits.Unit], types: TypeChecker, functions: FunctionCatalog) {
        scope = block
        self.level = level
        self.units = units
        self.types = types
        self.functions = functions
    }

    /// The block has got more sources since.
    mutating func update(block: Block, types: TypeChecker) {
        scope = block
        self.types = types
    }

    /// Whether nothing needs to be held back here: open rows, or rows that stay about single units.
    private var isOpen: Bool { level != .cell }

    mutating func check(_ call: FunctionCall, at place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        guard let kind = functions.aggregates[call.name] else {
            throw QueryRefusal(.functionNotAllowed, "the function \(call.name) is not allowed", piece: call.name, offset: place.offset)
        }
        for argument in call.arguments + [call.filter].compactMap(\.self) { _ = try types.kind(of: argument) }
        if level == .open { return try FreeAggregate(block: scope, types: types, kind: kind).open(call, place) }
        if level == .unit { return try FreeAggregate(block: scope, types: types, kind: kind).unit(call, place) }
        if call.isDistinct { return try distinct(call, place) }
        let argument = call.arguments.first
        switch (kind, call.arguments.count) {
        case (.count, 0):
            return try conditional(call, Expression(.constant(.integer(1))), place)
        case (.condition, 1):
            guard let argument, call.name == "count_if", call.filter == nil else { break }
            return try conditional(FunctionCall(name: "count", arguments: [], filter: argument), Expression(.constant(.integer(1))), place)
        case (.count, 1), (.linear, 1), (.second, 1):
            guard let argument else { break }
            return try conditional(call, argument, place)
        case (.nearly, 1): return try distinct(call, place)
        case (.order, 1):
            guard let argument else { break }
            return try order(call, argument, place)
        case (.quantile, 1...2): return try quantile(call, place)
        case (.bivariate, 2): return try bivariate(call, place)
        default: break
        }
        if kind == .condition || kind == .quantile {
            throw QueryRefusal(
                .functionNotAllowed, "\(call.name) would reveal one row's own value", piece: call.name, offset: place.offset,
                hint: "use count_if, avg, sum, count or stddev")
        }
        throw QueryRefusal(
            .typeMismatch, "\(call.name) does not take \(call.arguments.count) arguments", piece: call.name, offset: place.offset)
    }

    private func refusal(_ message: String, _ place: Expression, hint: String = "") -> QueryRefusal {
        QueryRefusal(
            .selectiveAggregate, message, piece: ExpressionText.write(place, scope: scope), offset: place.nearestOffset, hint: hint)
    }

    /// `count(DISTINCT column)`, or nearly so. Over protected rows of the privacy unit alone: among the values of any other column
    /// may be one that a single unit has, and the count would tell whether it is there.
    private func distinct(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        guard call.name == "count" || call.name == "approx_count_distinct", call.filter == nil, call.arguments.count == 1,
            case .column(let path) = call.arguments[0].node, scope.role(path) != .hidden
        else { throw refusal("DISTINCT is allowed only as count(DISTINCT column)", place, hint: "without FILTER or expressions") }
        guard isOpen || scope.role(path) == .privacyUnit else {
            let name = scope.definition(path).name
            throw refusal(
                "\(call.name)(DISTINCT \(name)) would count values that a single privacy unit has", place,
                hint: "count the groups that may be shown: SELECT count(*) FROM (SELECT \(name), count(*) AS n FROM … GROUP BY \(name))")
        }
        var result = CheckedAggregate(expression: Expression(.call(call)), statistic: .distinctCount, kind: .integer)
        result.isExact = call.name == "count"
        return result
    }

    /// Extremes are one row's own value: only where every protected table's policy allows that.
    private func order(_ call: FunctionCall, _ argument: Expression, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        guard scope.atoms.allSatisfy({ !$0.isProtected || $0.allowsExtremes }), scope.fragmentUnits.isEmpty else {
            throw QueryRefusal(
                .functionNotAllowed, "\(call.name) would reveal one row's own value", piece: call.name, offset: place.offset,
                hint: "use avg, sum, count or stddev")
        }
        guard call.filter == nil, case .column(let path) = argument.node, isShowable(path) else {
            throw refusal("\(call.name) takes one bare column", place)
        }
        return CheckedAggregate(
            expression: Expression(.call(call)), statistic: .extreme, kind: try types.kind(of: argument),
            conditions: supports.present([path]).map { [.enough(where: $0)] } ?? [])
    }

    private func isShowable(_ path: ColumnPath) -> Bool {
        [.dimension, .filter, .attribute, .measure].contains(scope.role(path)) || scope.atoms[path.table].isReleased
    }

    /// A quantile is a value of some row too, but one in the middle of many: k units must lie on either side of it in rank, which
    /// k / min(q, 1-q) units with a value secure. The guards count rows by conditions on them, so this is asked of that many
    /// classes of units, by hash, each of which must hold k.
    private func quantile(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        guard call.filter == nil, let argument = call.arguments.first, case .column(let path) = argument.node,
            [.attribute, .measure].contains(scope.role(path)) || scope.atoms[path.table].isReleased,
            let share = Self.share(call), let type = scope.type(path), type.kind.isNumber || type.kind.isMoment
        else {
            throw refusal(
                "\(call.name) takes one bare column and a constant share between 0.05 and 0.95", place, hint: "as in quantile_cont(x, 0.9)")
        }
        let classes = Int64((1 / min(share, 1 - share)).rounded(.up))
        var call = call
        if type.kind.isNumber { call.arguments[0] = MeasureWriter.finite(path, scope) }
        var result = CheckedAggregate(
            expression: Expression(.call(call)), statistic: .quantile, kind: type.kind.isNumber ? .decimal : type.kind)
        for unit in units {
            for number in 0..<classes {
                guard let present = supports.present([path]) else { continue }
                let inClass = supports.isInClass(unit.path, number, of: classes)
                result.conditions.append(.enough(where: Expression(.conjunction(isAnd: true, [present, inClass]))))
            }
        }
        return result
    }

    /// The share that a quantile asks for, 0.05 to 0.95; a median's is a half.
    private static func share(_ call: FunctionCall) -> Double? {
        if call.name == "median" { return call.arguments.count == 1 ? 0.5 : nil }
        guard call.arguments.count == 2, case .constant(let constant) = call.arguments[1].node, let value = constant.doubleValue,
            (0.05...0.95).contains(value)
        else { return nil }
        return value
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
        let result = CheckedAggregate(
            expression: Expression(.call(call)), statistic: .relation, kind: .decimal,
            conditions: valueConditions(paths) + spreadConditions(paths), isExact: false)
        return noting(paths, result)
    }

    // MARK: Conditions on what a value rests on

    /// Rows that have all these values, and not zero in each, must come from enough units.
    private func valueConditions(_ columns: [ColumnPath]) -> [CheckedAggregate.Condition] {
        guard !columns.isEmpty, !isOpen else { return [] }
        return columns.compactMap { column in
            supports.contributing(column, among: columns).map { CheckedAggregate.Condition.enough(where: $0) }
        }
    }

    /// Notes which measures a row must have, for `CheckedAggregate.beside`.
    private func noting(_ columns: [ColumnPath], _ result: CheckedAggregate) -> CheckedAggregate {
        var result = result
        result.columns = Set(columns)
        if columns.count > 1, !isOpen { result.partial = supports.partial(columns) }
        return result
    }

    /// Where two measures are multiplied or correlated, each weighs the other. A measure that is the same for all but a few
    /// units (a flag) would single these out, so enough units must differ from any one value.
    private func spreadConditions(_ columns: [ColumnPath]) -> [CheckedAggregate.Condition] {
        guard !isOpen else { return [] }
        return columns.map { .beside(value: Expression(.column($0))) }
    }

    /// A product is more than zero only where all its factors are, and those may be fewer units than have any one factor.
    private func productConditions(_ form: MeasureForm) -> [CheckedAggregate.Condition] {
        guard !isOpen else { return [] }
        return form.terms.filter { $0.variables.count > 1 }.map { term in
            let paths = term.variables.map(\.path)
            return .enough(where: Expression(.conjunction(isAnd: true, paths.compactMap { supports.contributing($0, among: paths) })))
        }
    }

    /// The factors of a product may each be many and yet meet in few rows: (1 - a) * b * c is the c of those with a = 0 and b = 1
    /// alone. So the product itself must be other than zero, and other than any one value, for enough units.
    private func wholeConditions(_ product: Expression) -> [CheckedAggregate.Condition] {
        guard !isOpen else { return [] }
        let zero = Expression(.constant(.integer(0)))
        return [.enough(where: Expression(.comparison("COMPARE_NOTEQUAL", product, zero))), .beside(value: product)]
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
        var result = try finish(call, written(form, argument).expression, isWhole: isWhole(form))
        result.isExact = isExact(call, form, argument)
        result.conditions = overflowConditions([argument]) + valueConditions(form.requiredColumns) + form.substitutedColumns.flatMap { valueConditions([$0]) }
        if form.degree > 1 {
            result.conditions += spreadConditions(form.requiredColumns + form.substitutedColumns) + productConditions(form)
                + wholeConditions(argument)
        }
        return noting(form.requiredColumns, result)
    }

    /// In the engine's own fixed-point arithmetic where that is exact, else in normal form.
    private func written(_ form: MeasureForm, _ argument: Expression) -> (expression: Expression, isExact: Bool) {
        if form.bareColumn == nil, let decimal = DecimalArithmetic(block: scope).safe(argument) { return (decimal.expression, true) }
        let writer = MeasureWriter(scope: scope)
        return (writer.write(form), writer.isExact(form))
    }

    private func isExact(_ call: FunctionCall, _ form: MeasureForm, _ argument: Expression) -> Bool {
        call.name == "sum" && written(form, argument).isExact
    }

    /// Rows whose value is too large for the engine's numbers drop out of the sum. They must be none, or belong to enough units.
    private func overflowConditions(_ results: [Expression]) -> [CheckedAggregate.Condition] {
        results.flatMap { argument -> [CheckedAggregate.Condition] in
            guard let decimal = DecimalArithmetic(block: scope).safe(argument), decimal.mayOverflow,
                let present = supports.present(argument.columns.sorted { ($0.table, $0.column) < ($1.table, $1.column) })
            else { return [] }
            let missing = Expression(.isNull(argument, isNegated: false))
            return emptyOrEnough(Expression(.conjunction(isAnd: true, [present, missing])))
        }
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
        guard case .column(let path) = argument.node, ![.privacyUnit, .hidden].contains(scope.role(path)) else {
            throw refusal(
                "count takes *, a column, a CASE or DISTINCT and a column", place,
                hint: "a privacy unit may only be counted with DISTINCT")
        }
        var result = try finish(call, argument, isWhole: true)
        let sides = [supports.missing(path), supports.present([path])].compactMap(\.self)
        if scope.atoms[path.table].join == .left {
            // Whether any row found no match would tell of one alone, so both must be many.
            result.conditions = sides.map { .enough(where: $0) }
        } else if !isFreelyCounted(path) {
            result.conditions = sides.flatMap(emptyOrEnough)
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
        let written = branches.map(\.result) + [otherwise]
        let results = try BranchResults(written, call: call, checker: self, place: place)
        let conditions = branches.map(\.condition)
        let rewritten = zip(conditions, results.expressions).map { CaseBranch(condition: $0, result: $1) }
        guard let last = results.expressions.last else { throw refusal("an empty CASE", place) }
        var result = try finish(call, Expression(.choice(rewritten, otherwise: last)), isWhole: false)
        result.isExact = functions.aggregates[call.name] == .count || call.name == "sum" && results.isExact
        if results.columns.isEmpty, conditions.allSatisfy(isAboutMissingMeasures) { return result }
        let isOpposite = try remember(split: conditions, at: place)
        for branch in 0...conditions.count {
            let used = results.columnsOfBranch[branch].isEmpty ? [] : results.columns
            result.conditions.append(.enough(where: supports.inBranch(branch, of: conditions, having: used)))
            for column in used where results.degree > 1 {
                let value = supports.inBranch(branch, of: conditions, Expression(.column(column)), else: Expression(.constant(.null)))
                result.conditions.append(.beside(value: value))
            }
            if results.degree > 1, !used.isEmpty {
                let value = supports.inBranch(branch, of: conditions, written[branch], else: Expression(.constant(.null)))
                result.conditions += wholeConditions(value)
            }
        }
        if isOpposite, let condition = conditions.first {
            // Rows on neither side: those where the condition is unknown.
            result.conditions.append(.noneOrEnough(where: Expression(.isNull(condition, isNegated: false))))
        }
        result.conditions += overflowConditions(written.filter { !$0.columns.isEmpty })
        return noting(results.columns, result)
    }

    /// Remembers the one split of the query.
    ///
    /// - Returns: whether a condition and its opposite are both used.
    private mutating func remember(split conditions: [Expression], at place: Expression) throws(QueryRefusal) -> Bool {
        guard let known = split, known != conditions else {
            split = conditions
            return false
        }
        if conditions.count == 1, known.count == 1, conditions[0].opposite == known[0].normal { return true }
        throw refusal(
            "the aggregates of one query may split its groups in one way only", place,
            hint: "use the same WHEN conditions (or their exact opposite) in every CASE and FILTER, or ask in two queries, or GROUP BY")
    }

    /// Inside a CASE, measures may be compared: both sides of the comparison must reach the smallest group.
    private func checkCondition(_ condition: Expression) throws(QueryRefusal) {
        try types.requireBoolean(condition)
        for path in condition.columns where [.privacyUnit, .hidden].contains(scope.role(path)) {
            let name = scope.definition(path).name
            throw QueryRefusal(
                .columnRole, "\"\(name)\" is \(scope.role(path) == .privacyUnit ? "the privacy unit" : "a protected value") and may not be compared",
                piece: name,
                offset: condition.nearestOffset, hint: "only count(DISTINCT \(name)) is allowed")
        }
    }

    /// How many rows of a group lack a measure is a statistic over the whole group, and free. Not so where the measure lies in
    /// another table than the one that is protected: then its owner could choose whose rows have it.
    private func isFreelyCounted(_ path: ColumnPath) -> Bool {
        scope.role(path) == .measure && scope.atoms[path.table].join != .left && !scope.atoms[path.table].isShaped
            && units.allSatisfy { scope.atoms[$0.path.table].owner == scope.atoms[path.table].owner }
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
