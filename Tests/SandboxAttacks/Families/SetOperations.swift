// Differences and intersections of two large results leave the one row that they do not share.
// Sources: Denning and Schlörer, "A Fast Procedure for Finding a Tracker in a Statistical Database" (1980); BigQuery, "Aggregation
// threshold analysis rule" (set operators on protected views).

extension AttackFamily {
    static let setOperations = AttackFamily(
        "set operations",
        [
            "SELECT ward FROM visits EXCEPT SELECT ward FROM visits WHERE region <> 'west'",
            "SELECT region FROM visits INTERSECT SELECT 'isle'",
            "SELECT count(*) FROM (SELECT patient FROM visits EXCEPT SELECT patient FROM visits WHERE region <> 'isle')",
            "SELECT count(*) FROM (SELECT patient FROM visits INTERSECT SELECT patient FROM visits WHERE age > 90)",
            "SELECT patient FROM visits UNION SELECT ward FROM visits",
            "SELECT count(*) FROM visits UNION ALL SELECT min(cost) FROM visits",
            .presence("SELECT count(*) FROM visits UNION ALL SELECT count(*) FROM visits WHERE region <> 'isle'"),
            .presence("SELECT sum(cost) FROM visits EXCEPT SELECT sum(cost) FROM visits WHERE region <> 'isle'"),
            "SELECT ward, count(*) FROM visits GROUP BY ward UNION ALL SELECT 'all', count(*) FROM visits",
            "SELECT ward, count(*) FROM visits GROUP BY ward EXCEPT SELECT ward, count(*) FROM visits WHERE region <> 'isle' GROUP BY ward",
            "SELECT ward, count(*) FROM visits GROUP BY ward INTERSECT SELECT ward, count(*) FROM visits WHERE age < 90 GROUP BY ward",
            "SELECT count(*) FROM (SELECT cost FROM visits UNION SELECT 4711)",
            "SELECT count(*) FROM (SELECT cost FROM visits UNION ALL SELECT 1 FROM weather)",
            "SELECT sum(c) FROM (SELECT cost AS c FROM visits UNION ALL SELECT -cost FROM visits WHERE region <> 'isle')",
            "SELECT sum(c) FROM (SELECT cost AS c, patient FROM visits UNION ALL SELECT -cost, patient FROM visits WHERE region <> 'isle')",
            "SELECT count(*) FROM (SELECT 'p1' AS patient UNION ALL SELECT patient FROM visits)",
            "SELECT count(*) FROM (SELECT ward FROM visits UNION SELECT region FROM visits)",
            "SELECT w FROM (SELECT ward AS w FROM visits UNION ALL SELECT station FROM weather) GROUP BY w",
            "SELECT count(*) FROM (FROM visits UNION ALL BY NAME FROM weather)",
            "SELECT count(*) FROM (SELECT patient FROM visits UNION ALL SELECT member FROM claims)",
            "SELECT 1 WHERE EXISTS (SELECT 4711 INTERSECT SELECT cost FROM visits)",
            "SELECT count(*) FROM visits EXCEPT ALL SELECT 25",
            "TABLE visits",
            "TABLE visits UNION ALL TABLE visits",
            "VALUES ((SELECT cost FROM visits LIMIT 1))",
        ])
}
