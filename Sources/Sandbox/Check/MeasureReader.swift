/// Reads the argument of a value aggregate into its normal form, or refuses it.
struct MeasureReader: Sendable {
    let scope: Block

    func read(_ expression: Expression) throws(QueryRefusal) -> MeasureForm {
        let form = try form(expression)
        if let objection = form.objection { throw refusal(expression, objection) }
        if form.degree > 1, Set(form.terms.flatMap(\.variables).map { scope.atoms[$0.path.table].owner }).count > 1 {
            throw refusal(expression, "measures of two products may not be multiplied")
        }
        return form
    }

    private func refusal(_ expression: Expression, _ reason: String) -> QueryRefusal {
        QueryRefusal(
            .selectiveAggregate, reason, piece: ExpressionText.write(expression, scope: scope), offset: expression.nearestOffset,
            hint: "inside an aggregate, measures may be added, subtracted, multiplied by constants and, up to four, by each other; "
                + "put other arithmetic around the aggregate, and conditions into CASE, WHERE or GROUP BY")
    }

    private func form(_ expression: Expression) throws(QueryRefusal) -> MeasureForm {
        switch expression.node {
        case .constant(let constant):
            guard let value = constant.doubleValue, value.isFinite else { throw refusal(expression, "not a number") }
            return MeasureForm(constant: value)
        case .column(let path):
            try requireMeasure(path, expression)
            return MeasureForm(variable: .init(path: path))
        case .cast(let part, let type): return try cast(part, type, expression)
        case .coalesce(let parts): return try coalesced(parts, expression)
        case .call(let call) where call.isOperator && call.filter == nil && !call.isDistinct:
            return try arithmetic(call, expression)
        default: throw refusal(expression, "this expression inside an aggregate could single out rows of the group")
        }
    }

    private func arithmetic(_ call: FunctionCall, _ expression: Expression) throws(QueryRefusal) -> MeasureForm {
        var parts: [MeasureForm] = []
        for argument in call.arguments { parts.append(try form(argument)) }
        let result: MeasureForm?
        switch (call.name, parts.count) {
        case ("+", 1): result = parts[0]
        case ("-", 1): result = parts[0] * MeasureForm(constant: -1)
        case ("+", 2): result = parts[0] + parts[1]
        case ("-", 2): result = (parts[1] * MeasureForm(constant: -1)).map { parts[0] + $0 }
        case ("*", 2): result = parts[0] * parts[1]
        case ("/", 2) where parts[1].terms.isEmpty && parts[1].constant != 0:
            result = parts[0] * MeasureForm(constant: 1 / parts[1].constant)
        default: result = nil
        }
        guard let result else { throw refusal(expression, "this arithmetic inside an aggregate could single out rows of the group") }
        return result
    }

    /// Only conversions that keep every value: a narrowing one would drop the large values.
    private func cast(_ part: Expression, _ type: CastType, _ expression: Expression) throws(QueryRefusal) -> MeasureForm {
        let inner = try form(part)
        if type.id == "DOUBLE" || inner.terms.isEmpty { return inner }
        if let path = inner.bareColumn, let source = scope.type(path) {
            let wide = type.id == "BIGINT" && source.name != "HUGEINT" && source.name != "UBIGINT" && source.name != "UHUGEINT"
            if source.kind == .boolean, type.kind == .integer { return inner }
            if source.kind == .integer, wide || type.id == "HUGEINT" && source.name != "UHUGEINT" { return inner }
        }
        throw refusal(expression, "this conversion inside an aggregate could drop values")
    }

    private func coalesced(_ parts: [Expression], _ expression: Expression) throws(QueryRefusal) -> MeasureForm {
        guard parts.count == 2, let path = try form(parts[0]).bareColumn else {
            throw refusal(expression, "coalesce inside an aggregate takes one measure and one number")
        }
        let substitute = try form(parts[1])
        guard substitute.terms.isEmpty else {
            throw refusal(expression, "coalesce inside an aggregate takes one measure and one number")
        }
        return MeasureForm(variable: .init(path: path, substitute: substitute.constant))
    }

    /// A measure of any table, or a dimension of open data.
    private func requireMeasure(_ path: ColumnPath, _ expression: Expression) throws(QueryRefusal) {
        let column = scope.definition(path)
        let isOpenDimension = column.role == .dimension && !scope.atoms[path.table].isProtected
        guard column.role == .measure || column.role == .attribute || isOpenDimension else {
            throw QueryRefusal(
                .columnRole, "\"\(column.name)\" is a \(column.role.rawValue) column; only measures and attributes may be added up or averaged",
                piece: column.name, offset: expression.offset,
                hint: column.role == .privacyUnit ? "use count(DISTINCT \(column.name))" : "use count(DISTINCT \(column.name)) or GROUP BY")
        }
        guard let kind = scope.type(path)?.kind, kind.isNumber || kind == .boolean else {
            throw QueryRefusal(
                .typeMismatch, "\"\(column.name)\" is \(column.type), not a number", piece: column.name, offset: expression.offset)
        }
    }
}
