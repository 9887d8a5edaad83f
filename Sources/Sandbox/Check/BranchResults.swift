/// The results of a CASE inside an aggregate: numbers, NULL, or one and the same set of measures.
struct BranchResults: Sendable {
    /// One for each WHEN, then ELSE.
    private(set) var expressions: [Expression] = []
    /// The measures that the valued branches use; empty where all are constants.
    private(set) var columns: [ColumnPath] = []
    /// For each branch, its measures.
    private(set) var columnsOfBranch: [[ColumnPath]] = []
    private(set) var degree = 0
    /// Whether a sum of the results is the same in whatever order they are added.
    private(set) var isExact = true

    init(
        _ results: [Expression], call: FunctionCall, checker: ArgumentChecker, place: Expression
    ) throws(QueryRefusal) {
        let kind = checker.functions.aggregates[call.name]
        let reader = MeasureReader(scope: checker.scope)
        // Whole and fixed-point numbers stay what they are, if all branches are such.
        let decimals = DecimalArithmetic(block: checker.scope)
        let areDecimal = results.contains { decimals.safe($0) != nil }
            && results.allSatisfy { $0.node == .constant(.null) || decimals.shape(of: $0) != nil }
        for result in results {
            if case .constant(let constant) = result.node, constant == .null || kind == .count {
                // For a count every value counts alike.
                expressions.append(constant == .null ? result : Expression(.constant(.integer(1))))
                columnsOfBranch.append([])
                continue
            }
            let form = try reader.read(result)
            let limit = kind == .linear ? MeasureForm.maximumDegree : 1
            guard form.degree <= limit, form.substitutedColumns.isEmpty, columns.isEmpty || form.terms.isEmpty || columns == form.requiredColumns
            else {
                throw QueryRefusal(
                    .selectiveAggregate, "the branches of a CASE inside an aggregate may use constants and one set of measures",
                    piece: ExpressionText.write(result, scope: checker.scope), offset: result.nearestOffset ?? place.offset)
            }
            if !form.terms.isEmpty { columns = form.requiredColumns }
            columnsOfBranch.append(form.terms.isEmpty ? [] : form.requiredColumns)
            degree = max(degree, form.degree)
            let writer = MeasureWriter(scope: checker.scope)
            isExact = isExact && (areDecimal || writer.isExact(form))
            expressions.append(areDecimal ? decimals.safe(result)?.expression ?? result : writer.write(form))
        }
    }
}
