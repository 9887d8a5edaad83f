extension SandboxEngine {
    /// On what a run takes place.
    struct Conditions {
        var snapshots: [String: String]
        var restrictions: [String: [RowRestriction]]
    }

    /// Statements that hold a run against earlier ones, whose tables are attached; none where no policy asks for it.
    func comparison(
        _ query: CheckedQuery, _ values: [String: ParameterValue], _ conditions: Conditions, _ earlier: [EarlierRun],
        _ attached: inout AttachedTables, _ script: inout EngineScript
    ) throws(SandboxError) -> [String] {
        let plan = query.written(values: values)
        // One query that releases protected rows in two ways could subtract them itself, so its own stages are always held
        // against each other.
        let isChecked = plan.stages.contains { query.disclosure(of: $0).rules.isDifferencingChecked }
        guard isChecked || plan.stages.filter({ !$0.cells.units.isEmpty }).count > 1 else { return [] }
        let units = Set(plan.stages.flatMap(\.cells.units).map(\.table))
        let new = DifferencingCheck.Releases(plan, name: "hexi_now")
        var others: [(releases: DifferencingCheck.Releases, disclosures: [AggregateDisclosure], shown: String)] = []
        for (index, run) in earlier.enumerated() where isChecked {
            let then = try bind(run.values, run.query)
            let template = run.query.template
            guard !units.isDisjoint(with: template.stages.flatMap(\.cells.units).map(\.table)) else { continue }
            if run.query.policyHash == query.policyHash, then == values, hasSame(run, conditions) { continue }
            var catalogs: [Int: Int] = [:]
            for (number, table) in run.query.tables.enumerated() {
                catalogs[number] = try attached.catalog(
                    of: table, snapshot: run.snapshots[table.name] ?? conditions.snapshots[table.name],
                    restrictions: run.restrictions[table.name] ?? [], isNew: false, in: &script)
            }
            let shown = "hexi_then_\(index)_"
            let written = run.query.written(values: then).mapText { TableRenaming.renamed($0, catalogs: catalogs, shown: shown) }
            others.append(
                (
                    DifferencingCheck.Releases(written, name: "hexi_then_\(index)_part"),
                    written.stages.map { run.query.disclosure(of: $0) }, shown
                ))
        }
        guard !others.isEmpty || new.all.count > 1 else { return [] }
        return DifferencingCheck(plan).statements(new: new, earlier: others)
    }

    /// Whether an earlier run of the same query saw the same rows.
    private func hasSame(_ run: EarlierRun, _ conditions: Conditions) -> Bool {
        run.query.tableNames.allSatisfy { name in
            (run.snapshots[name] ?? conditions.snapshots[name]) == conditions.snapshots[name]
                && (run.restrictions[name] ?? []) == (conditions.restrictions[name] ?? [])
        }
    }
}
