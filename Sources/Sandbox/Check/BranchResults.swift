/// The results of a CASE inside an aggregate: numbers, NULL, or one and the same set of measures.
struct BranchResults: Sendable {
    /// One for each WHEN, then ELSE.
    private(set) var expressions: [Expression] = []
    /// The measures that the valued branches use; empty where all are constants.
    private(set) var columns: [ColumnPath] = []

    init(
        _ results: [Expression], call: FunctionCall, checker: ArgumentChecker, place: Expression
    ) throws(QueryRefusal) {
        let isCount = checker.functions.aggregates[call.name] == .count
        let reader = MeasureReader(scope: checker.scope)
        for result in results {
            if case .constant(let constant) = result.node, constant == .null || isCount {
                // For a count every value counts alike.
                expressions.append(constant == .null ? result : Expression(.constant(.integer(1))))
                continue
            }
            let form = try reader.read(result)
            guard form.degree <= 1, form.substitutedColumns.isEmpty, columns.isEmpty || form.terms.isEmpty || columns == form.requiredColumns
            else {
                throw QueryRefusal(
                    .selectiveAggregate, "the branches of a CASE inside an aggregate may use constants and one set of measures",
                    piece: ExpressionText.write(result, scope: checker.scope), offset: result.nearestOffset ?? place.offset)
            }
            if !form.terms.isEmpty { columns = form.requiredColumns }
            expressions.append(MeasureWriter(scope: checker.scope).write(form))
        }
    }
}
