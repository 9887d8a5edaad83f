/// Builds the conditions that tell on which rows a value rests.
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

    /// The row falls into this branch of a CASE, and has these values and none of them is zero.
    func inBranch(_ branch: Int, of conditions: [Expression], having columns: [ColumnPath]) -> Expression {
        let tests = columns.compactMap { contributing($0, among: columns) }
        let holds = tests.isEmpty ? Expression(.constant(.boolean(true))) : Expression(.conjunction(isAnd: true, tests))
        let none = Expression(.constant(.boolean(false)))
        let branches = conditions.enumerated().map { CaseBranch(condition: $1, result: $0 == branch ? holds : none) }
        return Expression(.choice(branches, otherwise: branch == conditions.count ? holds : none))
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

    /// For each of a few bits of the value's hash, the rows on either side. If for one bit both sides have k units, then
    /// whatever the value x, at least k units have one other than x.
    func spread(_ column: ColumnPath) -> [(one: Expression, other: Expression)] {
        let modulus = Int64(1) << Self.spreadBits
        func number(_ value: Int64) -> Expression { Expression(.constant(.integer(value))) }
        let hash = Expression(.call(FunctionCall(name: "hash", arguments: [Expression(.column(column))])))
        let bucket = Expression(.call(FunctionCall(name: "%", arguments: [hash, number(modulus)], isOperator: true)))
        return (0..<Self.spreadBits).map { bit in
            let buckets = (0..<modulus).filter { $0 >> bit & 1 == 1 }.map(number)
            func side(_ isNegated: Bool) -> Expression {
                let membership = Expression(.membership(bucket, buckets, isNegated: isNegated))
                let isThere = Expression(.isNull(Expression(.column(column)), isNegated: true))
                return Expression(.conjunction(isAnd: true, [isThere, membership]))
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
}
