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
    /// The measures of which a row must have all for its value to count, where there are several.
    var columns: Set<ColumnPath> = []
    /// Rows that have some of them and lack others.
    var partial: Expression?
    /// Whether the call is written as it stands, each argument so that it cannot fail.
    var isFree = false
    /// What the value may be used for where the rows stay about single units.
    var role = ColumnRole.attribute
    /// Whether the value is the same in whatever order the rows come.
    var isExact = true

    /// With what must hold besides because of the query's other aggregates: sum(a) + sum(b) - sum(a + b) is the sum over exactly the
    /// rows that lack one of the two, so these must be none or belong to enough units.
    func beside(_ others: [CheckedAggregate]) -> CheckedAggregate {
        guard let partial, others.contains(where: { $0.columns != columns && !$0.columns.isDisjoint(with: columns) }) else { return self }
        var copy = self
        copy.conditions.append(.noneOrEnough(where: partial))
        return copy
    }

    var expressions: [Expression] {
        [expression] + [contribution].compactMap(\.self)
            + conditions.flatMap { condition -> [Expression] in
                switch condition {
                case .enough(let test), .noneOrEnough(let test), .beside(let test): [test]
                }
            }
    }
}
