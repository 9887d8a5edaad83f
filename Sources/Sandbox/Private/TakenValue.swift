/// What an aggregate takes of one row.
struct TakenValue: Sendable, Hashable {
    /// As SQL over the rows; NULL where the row adds nothing.
    var sql: String
    /// `nil` where the policy bounds it not.
    var range: ValueRange?
    /// Whether the aggregate takes each value once.
    var isDistinct: Bool

    /// `nil` for `count(*)`, which takes the row, and for aggregates of several values.
    init?(_ call: Expression, writer: SQLWriter, column: (ColumnPath) -> ValueRange?) {
        guard case .call(let call) = call.node, call.name != "count_star", let argument = call.arguments.first else { return nil }
        sql = writer.argument(argument)
        range = call.arguments.count == 1 ? ValueRange.of(argument, column: column) : nil
        isDistinct = call.isDistinct
    }
}
