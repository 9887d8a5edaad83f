// NULL that stands for "not there" tells who is there; three-valued logic hides conditions in plain sight.
// Sources: query auditing after Kenthapadi, Mishra, Nissim, "Simulatable Auditing" (PODS 2005): denial and absence are answers too;
// Snowflake, "Join policies" and AWS Clean Rooms, join controls (outer joins).

extension AttackFamily {
    static let nullsAndOuterJoins = AttackFamily(
        "nulls and outer joins",
        [
            "SELECT count(*) - count(b.patient) FROM visits a LEFT JOIN stays b ON a.patient = b.patient",
            "SELECT count(*) FROM visits v LEFT JOIN stays s ON v.patient = s.patient AND s.nights > 100 WHERE s.patient IS NULL",
            "SELECT count(*) FROM visits v LEFT JOIN stays s ON v.patient = s.patient AND s.nights > 100 WHERE s.patient IS NOT NULL",
            "SELECT count(s.nights) FROM visits v LEFT JOIN stays s ON v.patient = s.patient AND s.nights > 100",
            "SELECT sum(coalesce(s.nights, 0)) FROM visits v LEFT JOIN stays s ON v.patient = s.patient AND s.nights > 100",
            "SELECT s.bed, count(*) FROM visits v LEFT JOIN stays s ON v.patient = s.patient AND v.region = 'isle' GROUP BY s.bed",
            "SELECT s.patient IS NULL AS absent, count(*) FROM visits v LEFT JOIN stays s ON v.patient = s.patient AND s.nights = 200 GROUP BY absent",
            "SELECT count(*) FROM visits v FULL JOIN stays s ON v.patient = s.patient",
            "SELECT count(*) FROM stays s RIGHT JOIN visits v ON v.patient = s.patient AND s.nights = 200",
            "SELECT count(*) FROM weather w LEFT JOIN visits v ON w.station = v.station AND w.day = v.day",
            "SELECT w.day, count(v.patient) FROM weather w LEFT JOIN visits v ON w.station = v.station AND w.day = v.day GROUP BY w.day",
            "SELECT w.station, w.day, count(*) FROM weather w LEFT JOIN visits v ON w.station = v.station AND w.day = v.day WHERE v.patient IS NULL GROUP BY 1, 2",
            "SELECT w.day, count(*) FROM weather w LEFT JOIN visits v ON w.day = v.day GROUP BY w.day",
            "SELECT count(*) FROM weather w LEFT JOIN visits v ON w.day = v.day AND v.region = 'isle' WHERE v.ward IS NOT NULL",
            "SELECT avg(w.wind) FROM weather w LEFT JOIN visits v ON w.day = v.day AND w.station = v.station WHERE v.ward IS NULL",
            "SELECT count(*) FROM visits WHERE NOT (region = 'isle') IS DISTINCT FROM true",
            "SELECT count(*) FROM visits WHERE (region = 'isle') IS TRUE",
            "SELECT count(*) FROM visits WHERE region IS NOT DISTINCT FROM 'isle'",
            "SELECT count(*) FROM visits WHERE nullif(region, 'isle') IS NULL",
            "SELECT count(*) FROM visits WHERE coalesce(nullif(region, 'isle'), ward) = ward",
            "SELECT nullif(region, 'isle') AS r, count(*) FROM visits GROUP BY r",
            "SELECT count(*) FROM visits WHERE cost IS NULL",
            "SELECT count(*) - count(cost) FROM visits",
            "SELECT ward, count(*) - count(cost), count(dose) FROM visits GROUP BY ward",
            "SELECT day, count(*) FROM visits WHERE cost IS NULL GROUP BY day",
            "SELECT sum(cost) FILTER (WHERE cost IS NULL OR region = 'isle') FROM visits",
            "SELECT avg(CASE WHEN cost IS NULL AND region = 'isle' THEN 1 ELSE 0 END) FROM visits",
            "SELECT count(*) FROM visits WHERE patient IS NULL",
            "SELECT count(*) FROM visits WHERE NULL OR region = 'isle'",
            "SELECT count(*) FROM visits WHERE region = ANY (SELECT 'isle')",
            "SELECT CASE WHEN count(*) = 0 THEN NULL ELSE 1 END FROM visits WHERE region = 'isle'",
            "SELECT coalesce(sum(cost), -1) FROM visits WHERE region = 'isle'",
        ])
}
