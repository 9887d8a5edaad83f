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
    var isDifferencingChecked = false

    init(_ policies: [AggregatePolicy] = []) {
        for policy in policies {
            if let rule = policy.dominance, !dominance.contains(rule) { dominance.append(rule) }
            priorPosteriorPercent = [priorPosteriorPercent, policy.priorPosteriorPercent].compactMap(\.self).max()
            countBase = max(countBase, policy.countBase ?? 1)
            significantDigits = [significantDigits, policy.significantDigits].compactMap(\.self).min()
            perturbation = max(perturbation, policy.perturbation ?? 0)
            isDifferencingChecked = isDifferencingChecked || policy.isDifferencingChecked
        }
    }

    /// Whether a cell's largest contributions are looked at.
    var limitsConcentration: Bool { !dominance.isEmpty || priorPosteriorPercent != nil }
}
