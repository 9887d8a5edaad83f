import Exchange
import Sandbox

extension ProductData {
    /// The listing as the sandbox needs it.
    ///
    /// - Parameters:
    ///   - name: of the table in the query.
    ///   - owner: the provider. Tables of one owner may be joined freely.
    func policy(name: String, owner: String) -> TablePolicy {
        TablePolicy(
            name: name, columns: definitions, aggregate: aggregate?.policy,
            rows: rows.map { RowsPolicy(columns: $0.columns, maximumRows: Int(clamping: $0.maximumRows)) },
            privacy: privacy?.policy, match: match.map { MatchPolicy(subject: $0.subject) }, owner: owner)
    }

    var definitions: [ColumnDefinition] {
        columns.compactMap { column in
            Sandbox.ColumnRole(rawValue: column.role.rawValue).map {
                ColumnDefinition(name: column.name, type: column.type, role: $0)
            }
        }
    }
}

extension AggregateTerms {
    var policy: AggregatePolicy {
        func int(_ value: Int64?) -> Int? { value.map { Int(clamping: $0) } }
        var policy = AggregatePolicy(
            minimumGroupSize: Int(clamping: minimumGroupSize), maximumRows: Int(clamping: maximumRows),
            dominance: dominance.map {
                AggregatePolicy.Dominance(contributors: Int(clamping: $0.contributors), percent: Int(clamping: $0.percent))
            },
            priorPosteriorPercent: int(priorPosteriorPercent), countBase: int(countBase),
            significantDigits: int(significantDigits), perturbation: int(perturbation), isDifferencingChecked: differencing,
            allowsExtremes: extremes)
        if let multiplicity = int(maximumJoinMultiplicity) { policy.maximumJoinMultiplicity = multiplicity }
        return policy
    }
}

extension PrivateTerms {
    var policy: PrivacyPolicy {
        var ranges: [String: ClosedRange<Double>] = [:]
        for bound in bounds {
            // A statement's decimal numbers all have a value, and the lower is the lesser.
            guard let lower = Double(bound.lower.text), let upper = Double(bound.upper.text), lower <= upper else { continue }
            ranges[bound.column] = lower...upper
        }
        return PrivacyPolicy(
            maximumGroupsPerUnit: Int(clamping: maximumGroupsPerUnit), maximumRowsPerUnit: Int(clamping: maximumRowsPerUnit),
            bounds: ranges, maximumRows: Int(clamping: maximumRows), deltaExponent: Int(clamping: deltaExponent))
    }
}
