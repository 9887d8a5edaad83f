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
        return writer.creationStatements + writer.concentrationStatements
            + [writer.summary(isShown: writer.supports.reaches), "CREATE TABLE \(shown) AS \(writer.shown)", "DROP TABLE \(cells)"]
            + writer.clearance
    }

    /// The same without the line that is printed.
    func silentStatements(for query: CellQuery, cells: String, shown: String) -> [String] {
        let writer = CellWriter(query: query, rules: rules, cells: cells)
        return writer.creationStatements + writer.concentrationStatements
            + ["CREATE TABLE \(shown) AS \(writer.shown)", "DROP TABLE \(cells)"] + writer.clearance
    }

    /// Adds what makes the table `shown` to a script: the statements above, or, where totals stand beside their parts or counts
    /// are changed, a pause in which that is decided. Prints the same line.
    ///
    /// - Parameter cellKeys: the secrets of tables whose counts are changed, by their policies' names; `nil` to try a
    ///   query without data.
    /// - Throws: `engineFailed` where a secret is missing.
    func add(
        _ query: CellQuery, cells: String, shown: String, cellKeys: [String: CellKeySecret]?, to script: inout EngineScript
    ) throws(SandboxError) {
        let perturbation = CountPerturbation(query, rules: rules)
        guard !query.units.isEmpty, query.hasGroupingSets || perturbation != nil else {
            for statement in statements(for: query, cells: cells, shown: shown) { script.add(statement) }
            return
        }
        let crossing = query.crossing
        let writer = CellWriter(query: query.crossed, rules: rules, cells: cells)
        let decided = DecidedCells(writer: writer, perturbation: perturbation, crossing: crossing)
        for statement in [writer.creation] + writer.concentrationStatements { script.add(statement) }
        if perturbation != nil {
            let secrets = try secrets(query, cellKeys)
            script.add(decided.keysStatement(secrets))
        }
        let decision = StageDecision(
            query: query, supports: writer.supports, concentration: writer.concentration, perturbation: perturbation,
            crossing: crossing)
        script.ask([decided.printing]) { lines throws(SandboxError) in
            let table = try CellTable(lines, supports: writer.supports.expressions.count)
            return [decided.creation(try decision.rows(table))]
        }
        script.add(decided.summary)
        script.add("CREATE TABLE \(shown) AS \(decided.shown)")
        for statement in ["DROP TABLE \(cells)"] + writer.clearance + decided.clearance { script.add(statement) }
    }

    /// For each kind of unit its table's secret, where it has one.
    private func secrets(_ query: CellQuery, _ keys: [String: CellKeySecret]?) throws(SandboxError) -> [CellKeySecret?] {
        guard let keys else { return query.units.map { _ in .trial } }
        for table in rules.perturbedTables where keys[table] == nil {
            throw .engineFailed(operatorDetail: "the counts of \"\(table)\" are to be changed, but there is no secret to change them by")
        }
        return query.units.map { keys[$0.table] }
    }
}

extension CheckedQuery {
    /// The disclosure control of one of its stages, by the policies of the protected tables in it.
    func disclosure(of stage: QueryPlan.Stage) -> AggregateDisclosure {
        AggregateDisclosure(rules: DisclosureRules(stage.tables.compactMap { tables.indices.contains($0) ? tables[$0] : nil }))
    }
}
