// Two allowed answers whose difference is one person, side by side in one result.
// Sources: Denning, Denning, Schwartz, "The Tracker: A Threat to Statistical Database Security" (1979): individual, general and double
// trackers; Schlörer, "Disclosure from Statistical Databases" (1980). Trackers over several queries: DifferencingTests.

extension AttackFamily {
    static let trackers = AttackFamily(
        "trackers inside one query",
        [
            "SELECT count(*) FILTER (WHERE ward = 'A'), count(*) FILTER (WHERE ward = 'A' AND region <> 'isle') FROM visits",
            "SELECT sum(cost) FILTER (WHERE ward = 'A' OR region = 'isle'), sum(cost) FILTER (WHERE ward = 'A') FROM visits",
            "SELECT sum(cost) FILTER (WHERE ward = 'A' AND NOT (ward = 'A' AND region = 'isle')), sum(cost) FILTER (WHERE ward = 'A') FROM visits",
            "SELECT sum(CASE WHEN region = 'isle' OR ward = 'B' THEN cost END) + sum(CASE WHEN region = 'isle' OR ward <> 'B' THEN cost END) - sum(cost) FROM visits",
            "SELECT ward, sum(cost), sum(cost) FILTER (WHERE age < 90) FROM visits GROUP BY ward",
            "SELECT ward, count(*), count(*) FILTER (WHERE day < DATE '2020-02-01') FROM visits GROUP BY ward",
            "SELECT ward = 'A' AS a, ward = 'A' OR region = 'isle' AS b, sum(cost) FROM visits GROUP BY a, b",
            "SELECT region = 'isle' AS t, sum(cost) FROM visits GROUP BY t",
            "SELECT avg(cost) FILTER (WHERE ward = 'A'), count(cost) FILTER (WHERE ward = 'A'), avg(cost) FILTER (WHERE region = 'north'), count(cost) FILTER (WHERE region = 'north') FROM visits",
            .presence("WITH a AS (SELECT sum(cost) AS s FROM visits WHERE ward = 'A'), b AS (SELECT sum(cost) AS s FROM visits WHERE region = 'north') SELECT a.s - b.s FROM a, b"),
            .presence("WITH a AS (SELECT day, sum(cost) AS s FROM visits GROUP BY day), b AS (SELECT day, sum(cost) AS s FROM visits WHERE age < 90 GROUP BY day) SELECT a.day, a.s - b.s FROM a JOIN b USING (day)"),
            .presence("SELECT sum(cost), (SELECT sum(cost) FROM visits WHERE age < 90) FROM visits"),
            .presence("SELECT 'all' AS k, count(*) FROM visits UNION ALL SELECT 'others', count(*) FROM visits WHERE age < 90"),
            "SELECT sum(cost) FROM visits WHERE ward = 'A' UNION ALL SELECT sum(cost) FROM visits WHERE ward = 'A' AND region = 'north'",
            "SELECT v.ward, sum(v.cost), sum(CASE WHEN s.nights < 100 THEN v.cost END) FROM visits v JOIN stays s USING (patient) GROUP BY v.ward",
            "SELECT count(*), count(CASE WHEN ward <> 'C' THEN 1 END) FROM visits",
            "SELECT sum(cost), sum(cost) FILTER (WHERE ward IN ('A', 'B')) FROM visits",
            "SELECT ward, count(*) FROM visits WHERE ward <> 'C' GROUP BY ward UNION ALL SELECT 'total', count(*) FROM visits",
            "SELECT corr(cost, dose), corr(cost, dose) FILTER (WHERE age < 90) FROM visits",
            "SELECT variance(age), avg(age), count(*), variance(age) FILTER (WHERE ward <> 'C'), avg(age) FILTER (WHERE ward <> 'C') FROM visits",
        ])
}
