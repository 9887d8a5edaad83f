import Exchange
import Sandbox

/// What the sandbox may let through of a run's tables, read from the products' listings.
///
/// The node reads them with code of its own. Both must come to the same: the check of the query gives the hash that the
/// providers approved only if every term is understood alike.
enum ReplayPolicies {
    static func policies(_ run: RecordedRun) -> [TablePolicy] {
        run.tables.map { table in
            TablePolicy(
                name: table.name,
                columns: table.data.columns.compactMap { column in
                    Sandbox.ColumnRole(rawValue: column.role.rawValue).map {
                        ColumnDefinition(name: column.name, type: column.type, role: $0)
                    }
                },
                aggregate: table.data.aggregate.map(aggregate),
                rows: table.data.rows.map { RowsPolicy(columns: $0.columns, maximumRows: Int($0.maximumRows)) },
                owner: table.provider.text)
        }
    }

    private static func aggregate(_ terms: AggregateTerms) -> AggregatePolicy {
        var policy = AggregatePolicy(
            minimumGroupSize: Int(terms.minimumGroupSize), maximumRows: Int(terms.maximumRows),
            dominance: terms.dominance.map { .init(contributors: Int($0.contributors), percent: Int($0.percent)) },
            priorPosteriorPercent: terms.priorPosteriorPercent.map { Int($0) }, countBase: terms.countBase.map { Int($0) },
            significantDigits: terms.significantDigits.map { Int($0) }, perturbation: terms.perturbation.map { Int($0) },
            isDifferencingChecked: terms.differencing, allowsExtremes: terms.extremes)
        if let limit = terms.maximumJoinMultiplicity { policy.maximumJoinMultiplicity = Int(limit) }
        return policy
    }

    static func parameters(_ run: RecordedRun) -> [Sandbox.QueryParameter] {
        run.submission.parameters.compactMap { parameter in
            Sandbox.ParameterType(rawValue: parameter.type.rawValue).map { Sandbox.QueryParameter(name: parameter.name, type: $0) }
        }
    }
}
