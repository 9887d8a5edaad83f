/// What the tables of one query ask of its answer: of every option the strictest that any of them asks for.
struct DisclosureRules: Sendable, Hashable {
    /// All must hold: of two (n,k) rules neither need be the stricter one.
    var dominance: [AggregatePolicy.Dominance] = []
    /// p of the p % rule.
    var priorPosteriorPercent: Int?
    /// Counts are multiples of this; 1 for exact ones.
    var countBase = 1
    /// `nil` for numbers as they are.
    var significantDigits: Int?
    /// The most by which a count is changed; 0 for none.
    var perturbation = 0
    /// The tables whose counts are changed, by their policies' names.
    var perturbedTables: [String] = []
    var isDifferencingChecked = false

    /// - Parameter tables: those that take part; what open ones ask for does not count.
    init(_ tables: [TablePolicy] = []) {
        for table in tables where table.isProtected {
            guard let policy = table.aggregate else { continue }
            if let rule = policy.dominance, !dominance.contains(rule) { dominance.append(rule) }
            priorPosteriorPercent = [priorPosteriorPercent, policy.priorPosteriorPercent].compactMap(\.self).max()
            countBase = max(countBase, policy.countBase ?? 1)
            significantDigits = [significantDigits, policy.significantDigits].compactMap(\.self).min()
            perturbation = max(perturbation, policy.perturbation ?? 0)
            if (policy.perturbation ?? 0) > 0, !perturbedTables.contains(table.name) { perturbedTables.append(table.name) }
            isDifferencingChecked = isDifferencingChecked || policy.isDifferencingChecked
        }
    }

    /// Whether a cell's largest contributions are looked at.
    var limitsConcentration: Bool { !dominance.isEmpty || priorPosteriorPercent != nil }
}
