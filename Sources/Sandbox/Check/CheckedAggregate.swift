/// An aggregate that may run, and on what its value must rest.
struct CheckedAggregate: Sendable, Hashable {
    /// What must hold for the value to be shown; the conditions are over the rows.
    enum Condition: Sendable, Hashable {
        case enough(where: Expression)
        case noneOrEnough(where: Expression)
        /// Whatever the value, enough units have another one.
        case beside(value: Expression)
    }

    var expression: Expression
    var statistic: CellAggregate.Statistic
    var kind: ValueKind
    /// What one row adds or weighs.
    var contribution: Expression?
    var conditions: [Condition] = []
    /// Whether the call is written as it stands, each argument so that it cannot fail.
    var isFree = false
    /// What the value may be used for where the rows stay about single units.
    var role = ColumnRole.attribute
    /// Whether the value is the same in whatever order the rows come.
    var isExact = true

    var expressions: [Expression] {
        [expression] + [contribution].compactMap(\.self)
            + conditions.flatMap { condition -> [Expression] in
                switch condition {
                case .enough(let test), .noneOrEnough(let test), .beside(let test): [test]
                }
            }
    }
}
