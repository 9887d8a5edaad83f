/// Makes of the rows behind a `CellQuery` the table of what may be seen of them, and nothing else.
///
/// Cells that rest on too few privacy units vanish; values in the others that rest on too few, or on somebody too large, become
/// NULL; the rest is rounded. Whatever comes later, the buyer's HAVING and ORDER BY included, sees only that table.
struct AggregateDisclosure: Sendable {
    let rules: DisclosureRules

    init(rules: DisclosureRules) { self.rules = rules }

    /// Statements that make the table `shown` with the columns g0, g1, …, a0, a1, … (and `gid`, the GROUPING of all groups, where
    /// there are several grouping sets; `one` where there is no column at all). One of them prints a line of JSON: how many
    /// cells are shown, how many suppressed, and for each kind of unit a lower bound of how many of it the suppressed
    /// cells hold together (none without groups).
    ///
    /// - Parameters:
    ///   - cells: the name of a working table, gone in the end.
    ///   - shown: the name of the table that is made.
    func statements(for query: CellQuery, cells: String, shown: String) -> [String] {
        let writer = CellWriter(query: query, rules: rules, cells: cells)
        return [writer.creation] + writer.concentrationStatements
            + [writer.summary(isShown: writer.supports.reaches), "CREATE TABLE \(shown) AS \(writer.shown)", "DROP TABLE \(cells)"]
            + writer.clearance
    }
}

extension CheckedQuery {
    /// The disclosure control of one of its stages, by the policies of the protected tables in it.
    func disclosure(of stage: QueryPlan.Stage) -> AggregateDisclosure {
        let policies = stage.tables.compactMap { index in
            tables.indices.contains(index) && tables[index].isProtected ? tables[index].aggregate : nil
        }
        return AggregateDisclosure(rules: DisclosureRules(policies))
    }
}
