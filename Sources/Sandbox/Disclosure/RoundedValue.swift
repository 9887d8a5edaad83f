/// Writes the rounding of released values as SQL, so that HAVING, ORDER BY and every expression of the buyer see only what is
/// rounded.
///
/// Deterministic rounding to the nearest multiple (Hundepool et al., Statistical Disclosure Control, Wiley 2012, §5.4): the same
/// number is always shown the same way, so asking again teaches nothing.
struct RoundedValue: Sendable {
    let rules: DisclosureRules

    /// The released form of a value, given as SQL.
    func sql(_ value: String, of aggregate: CellAggregate) -> String {
        switch aggregate.statistic {
        case .count, .distinctCount: count(value)
        case .sum, .mean, .spread, .relation, .extreme, .quantile: aggregate.kind.isNumber ? number(value, aggregate.kind) : value
        }
    }

    /// To the nearest multiple of the base, halves upwards. Only an empty count is shown as 0: a few must not look like none.
    func count(_ value: String) -> String {
        guard rules.countBase > 1 else { return value }
        let base = rules.countBase
        return "CASE WHEN \(value) = 0 THEN 0 ELSE greatest((\(value) + \(base / 2)) // \(base) * \(base), \(base)) END"
    }

    /// To so many significant digits. By way of decimal text, which rounds correctly at every magnitude.
    private func number(_ value: String, _ kind: ValueKind) -> String {
        guard let digits = rules.significantDigits else { return value }
        let rounded = "CAST(printf('%.\(max(digits, 1) - 1)e', CAST(\(value) AS DOUBLE)) AS DOUBLE)"
        return kind == .integer ? "TRY_CAST(\(rounded) AS HUGEINT)" : rounded
    }
}
