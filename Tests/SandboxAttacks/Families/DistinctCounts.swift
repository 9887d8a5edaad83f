// Whether a further value is among them tells whether somebody is.
// Sources: Desfontaines, Lochbihler, Basin, "Cardinality Estimators do not Preserve Privacy" (PETS 2019); AWS Clean Rooms, COUNT DISTINCT
// constraints.

extension AttackFamily {
    static let distinctCounts = AttackFamily(
        "counts of distinct values",
        [
            "SELECT count(DISTINCT region) FROM visits",
            "SELECT count(DISTINCT age) FROM visits",
            "SELECT count(DISTINCT cost) FROM visits",
            "SELECT count(DISTINCT diagnosis) FROM visits",
            "SELECT count(DISTINCT ward) FROM visits",
            "SELECT count(DISTINCT day) FROM visits",
            "SELECT ward, count(DISTINCT region) FROM visits GROUP BY ward",
            "SELECT ward, count(DISTINCT patient) FROM visits GROUP BY ward",
            "SELECT count(DISTINCT patient || region) FROM visits",
            "SELECT count(DISTINCT (patient, region)) FROM visits",
            "SELECT count(DISTINCT CASE WHEN age > 90 THEN 1 ELSE 0 END) FROM visits",
            "SELECT count(DISTINCT region = 'isle') FROM visits",
            "SELECT count(DISTINCT nullif(region, 'isle')) FROM visits",
            "SELECT approx_count_distinct(region) FROM visits",
            "SELECT approx_count_distinct(cost) FROM visits",
            "SELECT approx_count_distinct(patient) FROM visits",
            "SELECT ward, approx_count_distinct(age) FROM visits GROUP BY ward",
            "SELECT count(DISTINCT upper(patient)) FROM visits",
            "SELECT count(DISTINCT substring(patient, 1, 1)) FROM visits",
            "SELECT count(DISTINCT patient) FROM visits WHERE region <> 'isle'",
            "SELECT count(patient), count(DISTINCT patient) FROM visits",
            "SELECT count(DISTINCT nights) FROM stays",
            "SELECT count(DISTINCT v.region) FROM visits v JOIN stays s ON v.patient = s.patient",
        ])
}
