/// Writes a normal form back as an expression whose arithmetic cannot fail on any row: whole numbers in 128 bits where the
/// bounds hold, floating point otherwise.
struct MeasureWriter: Sendable {
    let scope: Block

    func write(_ form: MeasureForm) -> Expression {
        if let path = form.bareColumn, let kind = scope.type(path)?.kind {
            if kind == .boolean { return Expression(.cast(Expression(.column(path)), CastType(id: "INTEGER"))) }
            let value = Self.finite(path, scope)
            // A sum of values of more than 18 digits could overflow.
            return scope.type(path)?.isWide == true || scope.atoms[path.table].isShaped ? Expression(.cast(value, CastType(id: "DOUBLE"))) : value
        }
        let type = isWhole(form) ? "HUGEINT" : "DOUBLE"
        var parts = form.terms.map { write($0, type) }
        if form.constant != 0 || parts.isEmpty { parts.append(number(form.constant, type)) }
        var sum = parts[0]
        for part in parts.dropFirst() { sum = binary("+", sum, part) }
        return sum
    }

    /// The largest magnitude of a floating-point value that counts: products of four such values are finite, and the
    /// engine stops with an error, which would tell that the value is there, where they are not.
    static let largest = 1e60

    /// The column's value, or NULL for a floating-point value that is infinite, no number or beyond all measure.
    static func finite(_ path: ColumnPath, _ scope: Block) -> Expression {
        let column = Expression(.column(path))
        guard let test = isFinite(path, scope) else { return column }
        return Expression(.choice([CaseBranch(condition: test, result: column)], otherwise: Expression(.constant(.null))))
    }

    /// `nil` where the type has finite values only. (The engine orders NaN above every number.)
    static func isFinite(_ path: ColumnPath, _ scope: Block) -> Expression? {
        guard let name = scope.type(path)?.name, name == "DOUBLE" || name == "FLOAT" else { return nil }
        func bound(_ value: Double) -> Expression { Expression(.constant(.double(value))) }
        // 1e60 does not fit a FLOAT, so its infinities are compared as what they become.
        let column = Expression(.column(path))
        let value = name == "FLOAT" ? Expression(.cast(column, CastType(id: "DOUBLE"))) : column
        return Expression(.between(value, bound(-largest), bound(largest)))
    }

    /// A weight of at most 10^6 times a product of two 32-bit values, or times one 64-bit value, fits 128 bits.
    private func isWhole(_ form: MeasureForm) -> Bool {
        func isWhole(_ value: Double) -> Bool { value == value.rounded() }
        guard isWhole(form.constant), form.degree <= 2 else { return false }
        return form.terms.allSatisfy { term in
            isWhole(term.weight) && term.variables.allSatisfy { variable in
                guard let type = scope.type(variable.path), isWhole(variable.substitute ?? 0) else { return false }
                if type.kind == .boolean || type.isNarrowInteger { return true }
                return type.kind == .integer && term.variables.count == 1 && !type.name.hasSuffix("HUGEINT")
            }
        }
    }

    /// Whether a sum of such values is the same in whatever order they are added.
    func isExact(_ form: MeasureForm) -> Bool {
        if let path = form.bareColumn, let type = scope.type(path) {
            return !scope.atoms[path.table].isShaped && !type.isWide && type.name != "DOUBLE" && type.name != "FLOAT"
        }
        return isWhole(form)
    }

    private func write(_ term: MeasureForm.Term, _ type: String) -> Expression {
        var factors = term.variables.map { write($0, type) }
        if term.weight != 1 { factors.insert(number(term.weight, type), at: 0) }
        var product = factors[0]
        for factor in factors.dropFirst() { product = binary("*", product, factor) }
        return product
    }

    private func write(_ variable: MeasureForm.Variable, _ type: String) -> Expression {
        var column = Self.finite(variable.path, scope)
        // A boolean converts to floating point by way of an integer.
        if scope.type(variable.path)?.kind == .boolean { column = Expression(.cast(column, CastType(id: "INTEGER"))) }
        let wide = Expression(.cast(column, CastType(id: type)))
        guard let substitute = variable.substitute else { return wide }
        return Expression(.coalesce([wide, number(substitute, type)]))
    }

    private func number(_ value: Double, _ type: String) -> Expression {
        // Whole weights are at most 10^6, so the conversion cannot trap.
        let whole = type == "HUGEINT" ? Int64(exactly: value) : nil
        let constant = whole.map { Constant.integer($0) } ?? .double(value)
        return Expression(.cast(Expression(.constant(constant)), CastType(id: type)))
    }

    private func binary(_ sign: String, _ left: Expression, _ right: Expression) -> Expression {
        Expression(.call(FunctionCall(name: sign, arguments: [left, right], isOperator: true)))
    }
}
