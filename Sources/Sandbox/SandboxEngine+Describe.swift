extension SandboxEngine {
    /// A checked query as it would run, in SQL for a person to read: the cells with their supports, what is shown of them, and the
    /// result. Parameters stand as `$name`.
    public func describe(_ query: CheckedQuery) async throws(SandboxError) -> String {
        let plan = query.described
        var statements: [String] = []
        for (index, stage) in plan.stages.enumerated() {
            statements += query.disclosure(of: stage).statements(for: stage.cells, cells: QueryPlan.cells(index), shown: QueryPlan.shown(index))
        }
        statements.append(plan.resultStatement(cap: query.maximumRows))
        return statements.map { $0 + ";" }.joined(separator: "\n")
    }
}
