// A quantile of few rows, or near an end, is a row's own value.
// Sources: Hundepool et al. (2012), section 4.2; Eurostat, "Handbook on Statistical Disclosure Control for Outputs" (2021), rules of thumb
// for percentiles; DuckDB documentation, "Holistic aggregate functions".

extension AttackFamily {
    static let quantiles = AttackFamily(
        "quantiles",
        [
            "SELECT median(cost) FROM visits",
            "SELECT median(age) FROM visits",
            "SELECT ward, median(cost) FROM visits GROUP BY ward",
            "SELECT quantile_cont(cost, 0) FROM visits",
            "SELECT quantile_cont(cost, 1) FROM visits",
            "SELECT quantile_cont(cost, 0.999) FROM visits",
            "SELECT quantile_disc(cost, 0.999) FROM visits",
            "SELECT quantile_disc(age, 1.0) FROM visits",
            "SELECT quantile_disc(age, 0.95) FROM visits",
            "SELECT quantile_cont(age, [0.1, 0.5, 0.9, 1.0]) FROM visits",
            "SELECT quantile(age, 0.99) FROM visits",
            "SELECT approx_quantile(cost, 0.9999) FROM visits",
            "SELECT reservoir_quantile(cost, 0.99) FROM visits",
            "SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY cost) FROM visits",
            "SELECT percentile_disc(1.0) WITHIN GROUP (ORDER BY age DESC) FROM visits",
            "SELECT mode() WITHIN GROUP (ORDER BY age) FROM visits",
            "SELECT quantile_cont(CASE WHEN region = 'isle' THEN cost END, 0.5) FROM visits",
            "SELECT quantile_cont(cost, 0.5) FILTER (WHERE age > 90) FROM visits",
            "SELECT quantile_cont(nights, 0.99) FROM stays",
            "SELECT median(patient) FROM visits",
            "SELECT quantile_disc(day, 0.999) FROM visits",
            "SELECT quantile_cont(age, (SELECT 1.0)) FROM visits",
            "SELECT quantile_cont(age, CASE WHEN count(*) > 3 THEN 1.0 ELSE 0.5 END) FROM visits",
        ])
}
