// Totals beside parts: what is held back is what is left when the parts shown are subtracted from the total.
// Sources: Cox, "Suppression Methodology and Statistical Disclosure Control" (1980); Hundepool et al. (2012), section 4.4 (secondary
// suppression).

extension AttackFamily {
    static let groupingSets = AttackFamily(
        "grouping sets and totals",
        [
            .presence("SELECT ward, count(*) FROM visits GROUP BY ROLLUP (ward)"),
            .presence("SELECT ward, sum(cost) FROM visits GROUP BY ROLLUP (ward)"),
            .presence("SELECT ward, day, count(*), sum(cost) FROM visits GROUP BY ROLLUP (ward, day)"),
            "SELECT ward, region, count(*) FROM visits GROUP BY CUBE (ward, region)",
            .presence("SELECT ward, day, sum(cost) FROM visits GROUP BY CUBE (ward, day)"),
            "SELECT region, count(*) FROM visits GROUP BY GROUPING SETS ((region), ())",
            "SELECT ward, region, sum(price) FROM visits GROUP BY GROUPING SETS ((ward), (ward, region))",
            .presence("SELECT ward, grouping(ward), count(*) FROM visits GROUP BY ROLLUP (ward)"),
            "SELECT ward, region, grouping_id(ward, region), count(*) FROM visits GROUP BY CUBE (ward, region)",
            .presence("SELECT day, count(*) FROM visits GROUP BY ROLLUP (day)"),
            .presence("SELECT age > 90, sum(cost) FROM visits GROUP BY ROLLUP (age > 90)"),
            .presence("SELECT CASE WHEN region = 'isle' THEN 1 ELSE 0 END AS g, sum(cost) FROM visits GROUP BY ROLLUP (g)"),
            .presence("SELECT ward, avg(cost), count(*) FROM visits GROUP BY ROLLUP (ward)"),
            .presence("SELECT ward, day, count(DISTINCT patient) FROM visits GROUP BY CUBE (ward, day)"),
            "SELECT ward, region, sum(cost) FROM visits GROUP BY GROUPING SETS ((ward), (region), (ward, region), ())",
            "SELECT ward, count(*) FROM visits GROUP BY GROUPING SETS ((ward), (ward), ())",
            "SELECT station, ward, count(*) FROM visits GROUP BY ROLLUP (station, ward)",
            "SELECT patient, count(*) FROM visits GROUP BY ROLLUP (patient)",
            "SELECT bed, sum(nights) FROM stays GROUP BY ROLLUP (bed)",
            .presence("SELECT ward, sum(cost) FROM visits GROUP BY ROLLUP (ward) HAVING count(*) < 30 ORDER BY 2"),
            .presence("SELECT ward, sum(cost) FROM visits GROUP BY ROLLUP (ward) HAVING ward IS NULL OR ward <> 'B'"),
            .presence("SELECT ward, day, count(*) FROM visits GROUP BY GROUPING SETS ((ward, day), (day)) ORDER BY count(*) LIMIT 4"),
        ])
}
