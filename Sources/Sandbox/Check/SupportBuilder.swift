/// Builds the conditions that tell on which rows a value rests.
struct SupportBuilder: Sendable {
    let scope: Block

    /// The row falls into this branch of a CASE, and has these values and none of them is zero.
    func inBranch(_ branch: Int, of conditions: [Expression], having columns: [ColumnPath]) -> Expression {
        let tests = columns.compactMap { contributing($0, among: columns) }
        let holds = tests.isEmpty ? Expression(.constant(.boolean(true))) : Expression(.conjunction(isAnd: true, tests))
        return inBranch(branch, of: conditions, holds, else: Expression(.constant(.boolean(false))))
    }

    /// An expression where the row falls into this branch of a CASE, and another where it does not.
    func inBranch(_ branch: Int, of conditions: [Expression], _ value: Expression, else other: Expression) -> Expression {
        let branches = conditions.enumerated().map { CaseBranch(condition: $1, result: $0 == branch ? value : other) }
        return Expression(.choice(branches, otherwise: branch == conditions.count ? value : other))
    }

    /// All of these have a value; `nil` for none.
    func present(_ columns: [ColumnPath]) -> Expression? {
        let tests = columns.map { Expression(.isNull(Expression(.column($0)), isNegated: true)) }
        return tests.count > 1 ? Expression(.conjunction(isAnd: true, tests)) : tests.first
    }

    /// The row has all these values, and this one of them is not zero: otherwise it adds nothing to a sum.
    func contributing(_ column: ColumnPath, among columns: [ColumnPath]) -> Expression? {
        let value = Expression(.column(column))
        let zero: Expression? =
            switch scope.type(column)?.kind {
            case .boolean: Expression(.constant(.boolean(false)))
            case .integer, .decimal: Expression(.constant(.integer(0)))
            default: nil
            }
        let differs = zero.map { [Expression(.comparison("COMPARE_NOTEQUAL", value, $0))] } ?? []
        let finite = columns.compactMap { MeasureWriter.isFinite($0, scope) }
        return present(columns).map { present in
            Expression(.conjunction(isAnd: true, [present] + differs + finite))
        }
    }

    /// The unit's hash falls into this one of so many classes.
    func isInClass(_ unit: ColumnPath, _ number: Int64, of classes: Int64) -> Expression {
        func whole(_ value: Int64) -> Expression { Expression(.constant(.integer(value))) }
        let hash = Expression(.call(FunctionCall(name: "hash", arguments: [Expression(.column(unit))])))
        let bucket = Expression(.call(FunctionCall(name: "%", arguments: [hash, whole(classes)], isOperator: true)))
        return Expression(.comparison("COMPARE_EQUAL", bucket, whole(number)))
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
