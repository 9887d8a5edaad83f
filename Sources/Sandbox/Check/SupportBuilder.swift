/// Builds the expressions that count on how many distinct privacy units a value rests.
struct SupportBuilder: Sendable {
    let scope: Scope

    /// Each protected table's units: its privacy-unit columns, or its rows where it has none.
    var units: [ColumnPath] {
        scope.tables.enumerated().flatMap { index, table -> [ColumnPath] in
            guard table.policy.isProtected else { return [] }
            let columns = table.policy.privacyUnits
            return columns.isEmpty
                ? [ColumnPath(table: index, column: ColumnPath.rowIdentifier)]
                : columns.map { ColumnPath(table: index, column: $0) }
        }
    }

    /// `count(DISTINCT CASE WHEN condition THEN unit END)`, or of the bare unit without a condition.
    func count(_ unit: ColumnPath, where condition: Expression?) -> Expression {
        distinct(only(Expression(.column(unit)), where: condition))
    }

    /// Units in one branch of a CASE, as far as the row also has these values and none of them is zero.
    func count(_ unit: ColumnPath, branch: Int, of conditions: [Expression], having columns: [ColumnPath]) -> Expression {
        let tests = columns.compactMap { contributing($0, among: columns) }
        let condition = tests.isEmpty ? nil : Expression(.conjunction(isAnd: true, tests))
        let unit = only(Expression(.column(unit)), where: condition)
        let none = Expression(.constant(.null))
        let branches = conditions.enumerated().map { CaseBranch(condition: $1, result: $0 == branch ? unit : none) }
        return distinct(Expression(.choice(branches, otherwise: branch == conditions.count ? unit : none)))
    }

    func rows(where condition: Expression) -> Expression {
        let one = only(Expression(.constant(.integer(1))), where: condition)
        return Expression(.call(FunctionCall(name: "count", arguments: [one])))
    }

    /// All of these have a value; `nil` for none.
    func present(_ columns: [ColumnPath]) -> Expression? {
        let tests = columns.map { Expression(.isNull(Expression(.column($0)), isNegated: true)) }
        return tests.count > 1 ? Expression(.conjunction(isAnd: true, tests)) : tests.first
    }

    /// The row has all these values, and this one of them is not zero: otherwise it adds nothing to a sum.
    func contributing(_ column: ColumnPath, among columns: [ColumnPath]) -> Expression? {
        let value = Expression(.column(column))
        let isBoolean = scope.type(column)?.kind == .boolean
        let zero = Expression(.constant(isBoolean ? .boolean(false) : .integer(0)))
        let finite = columns.compactMap { MeasureWriter.isFinite($0, scope) }
        return present(columns).map { present in
            Expression(.conjunction(isAnd: true, [present, Expression(.comparison("COMPARE_NOTEQUAL", value, zero))] + finite))
        }
    }

    /// Bits of a value's hash that `spread` looks at.
    static let spreadBits = 4

    /// For each of a few bits of the value's hash, the units on either side. If for one bit both sides have k units, then
    /// whatever the value x, at least k units have one other than x.
    func spread(_ column: ColumnPath, of unit: ColumnPath) -> [(one: Expression, other: Expression)] {
        let modulus = Int64(1) << Self.spreadBits
        func number(_ value: Int64) -> Expression { Expression(.constant(.integer(value))) }
        let hash = Expression(.call(FunctionCall(name: "hash", arguments: [Expression(.column(column))])))
        let bucket = Expression(.call(FunctionCall(name: "%", arguments: [hash, number(modulus)], isOperator: true)))
        return (0..<Self.spreadBits).map { bit in
            let buckets = (0..<modulus).filter { $0 >> bit & 1 == 1 }.map(number)
            func side(_ isNegated: Bool) -> Expression {
                let membership = Expression(.membership(bucket, buckets, isNegated: isNegated))
                let isThere = Expression(.isNull(Expression(.column(column)), isNegated: true))
                return count(unit, where: Expression(.conjunction(isAnd: true, [isThere, membership])))
            }
            return (side(false), side(true))
        }
    }

    /// Some of these have a value and some have none.
    func partial(_ columns: [ColumnPath]) -> Expression {
        let missing = columns.map { Expression(.isNull(Expression(.column($0)), isNegated: false)) }
        let there = columns.map { Expression(.isNull(Expression(.column($0)), isNegated: true)) }
        return Expression(
            .conjunction(isAnd: true, [Expression(.conjunction(isAnd: false, missing)), Expression(.conjunction(isAnd: false, there))]))
    }

    func missing(_ column: ColumnPath) -> Expression { Expression(.isNull(Expression(.column(column)), isNegated: false)) }

    private func only(_ value: Expression, where condition: Expression?) -> Expression {
        guard let condition else { return value }
        return Expression(.choice([CaseBranch(condition: condition, result: value)], otherwise: Expression(.constant(.null))))
    }

    private func distinct(_ value: Expression) -> Expression {
        Expression(.call(FunctionCall(name: "count", arguments: [value], isDistinct: true)))
    }
}
