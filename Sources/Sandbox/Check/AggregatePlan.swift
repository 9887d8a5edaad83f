/// What the checker hands to the rewriter in aggregate mode: three stages.
///
/// 1. *Raw*: the buyer's FROM, WHERE and GROUP BY, with his aggregates and, beside them, how many distinct privacy units each
///    value rests on. 2. *Shown*: groups that are too small are dropped and values that rest on too few are blanked, before
///    anything else sees them. 3. *Result*: the buyer's output expressions, HAVING, ORDER BY and LIMIT over what is shown.
struct AggregatePlan: Sendable, Hashable {
    struct Output: Sendable, Hashable {
        var name: String
        var expression: Expression
    }

    /// The columns whose distinct values are counted: one for each protected table's each privacy unit.
    var units: [ColumnPath]
    /// The smallest group: the largest that a table in the query asks for.
    var minimumGroupSize: Int
    var filter: [Expression]
    /// g0, g1, …: row-level expressions.
    var groups: [Expression] = []
    /// a0, a1, ….
    var aggregates: [CheckedAggregate] = []
    /// Output columns over g and a.
    var outputs: [Output] = []
    var having: Expression?
    var order: [OrderItem] = []

    /// All its expressions.
    var expressions: [Expression] {
        filter + groups + aggregates.flatMap(\.expressions) + outputs.map(\.expression) + [having].compactMap(\.self) + order.map(\.expression)
    }

    mutating func rewrite(_ transform: (Expression) -> Expression) {
        filter = filter.map(transform)
        groups = groups.map(transform)
        for index in aggregates.indices { aggregates[index].rewrite(transform) }
        for index in outputs.indices { outputs[index].expression = transform(outputs[index].expression) }
        having = having.map(transform)
        for index in order.indices { order[index].expression = transform(order[index].expression) }
    }
}

extension ColumnPath {
    /// The engine's row number: the unit of a protected table that names nobody.
    static let rowIdentifier = -1
}
