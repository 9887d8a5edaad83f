/// Which rows of a table one run may see: those whose column has one of these values.
///
/// The rows outside never reach the engine that runs the query: before it, a table is made of the others, and the snapshot
/// is taken away. So no error, no count and no order of evaluation can tell of them.
public struct RowRestriction: Sendable, Hashable {
    public var column: String
    /// As text; each is taken as a value of the column's type. One that is none matches no row.
    public var values: [String]

    public init(column: String, values: [String]) {
        self.column = column
        self.values = values
    }
}

extension EngineScript {
    /// Attaches the snapshot of the i-th table, as far as the restrictions let it be seen.
    ///
    /// - Throws: a refusal for a column that the table has not, or whose type cannot be compared.
    mutating func addTable(
        _ index: Int, file: String, policy: TablePolicy, _ restrictions: [RowRestriction]
    ) throws(QueryRefusal) {
        let catalog = QueryPlan.catalog(index)
        guard !restrictions.isEmpty else { return add("ATTACH '\(file)' AS \(catalog) (READ_ONLY)") }
        var tests: [String] = []
        for restriction in restrictions {
            guard let column = policy.columns.first(where: { $0.name == restriction.column }),
                let type = ColumnType(column.type)
            else {
                throw QueryRefusal(
                    .columnUnknown,
                    "the rows of \"\(policy.name)\" are restricted by its column \"\(restriction.column)\", which it has not, or which cannot be compared",
                    piece: restriction.column)
            }
            let values = restriction.values.map { "TRY_CAST(\(Self.literal(Array($0.utf8))) AS \(type.name))" }
            // NULL is in no list, and an empty list has no value.
            tests.append(values.isEmpty ? "false" : "\(Self.identifier(column.name)) IN (\(values.joined(separator: ", ")))")
        }
        add("ATTACH '\(file)' AS hexi_whole (READ_ONLY)")
        add("ATTACH ':memory:' AS \(catalog)")
        add(
            "CREATE TABLE \(catalog).main.data AS SELECT * FROM hexi_whole.main.data WHERE \(tests.joined(separator: " AND "))")
        add("DETACH hexi_whole")
    }
}
