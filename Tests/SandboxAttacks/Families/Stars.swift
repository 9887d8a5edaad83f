// Names that stand for all columns, the held-back ones among them.
// Sources: DuckDB documentation, "Star expression" (COLUMNS, EXCLUDE, REPLACE, RENAME, patterns); Snowflake, "Projection policies".

extension AttackFamily {
    static let stars = AttackFamily(
        "stars and column patterns",
        [
            "SELECT * FROM visits",
            "SELECT visits.* FROM visits",
            "SELECT COLUMNS(*) FROM visits",
            "SELECT COLUMNS('.*') FROM visits",
            "SELECT COLUMNS(c -> c LIKE 'd%') FROM visits",
            "SELECT max(COLUMNS(*)) FROM visits",
            "SELECT sum(COLUMNS('cost|age')) FROM visits",
            "SELECT * EXCLUDE (patient) FROM visits",
            "SELECT * REPLACE (upper(patient) AS patient) FROM visits",
            "SELECT * RENAME (patient AS ward2) FROM visits",
            "SELECT * LIKE 'd%' FROM visits",
            "SELECT * SIMILAR TO 'diag.*' FROM visits",
            "SELECT coalesce(*COLUMNS(*)) FROM visits",
            "SELECT count(COLUMNS('diag.*')) FROM visits",
            "SELECT struct_pack(*COLUMNS(*)) FROM visits",
            "SELECT count(*) FROM visits WHERE COLUMNS(*) IS NOT NULL",
            "SELECT * FROM visits GROUP BY ALL",
            "SELECT ward, * FROM visits ORDER BY ALL",
            "SELECT #1, count(*) FROM visits GROUP BY #1",
            "SELECT count(DISTINCT *) FROM visits",
            "SELECT ward, * EXCLUDE (ward), count(*) FROM visits GROUP BY ALL",
            "SELECT v.* FROM (SELECT ward, count(*) AS n FROM visits GROUP BY ward) v",
            "SELECT * FROM (SELECT ward, sum(cost) FROM visits GROUP BY ward)",
            "SELECT max(COLUMNS(t.*)) FROM (SELECT patient, cost FROM visits) t",
        ])
}
