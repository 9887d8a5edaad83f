// Which rows come first, and where a limit cuts, must not be steered by what is held back.
// Sources: Haeberlen, Pierce, Narayan (2011), on state that leaves through control flow; AWS Clean Rooms and Snowflake data clean rooms,
// documentation of aggregation and projection policies (ORDER BY, LIMIT and OFFSET in subqueries).

extension AttackFamily {
    static let orderingAndLimit = AttackFamily(
        "ordering and limit",
        [
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY max(cost) DESC",
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY sum(CASE WHEN region = 'isle' THEN 1000000 ELSE 0 END)",
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY min(patient)",
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY count(*) FILTER (WHERE region = 'isle')",
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY (SELECT count(*) FROM visits WHERE region = 'isle')",
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY first(diagnosis)",
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY ward LIMIT (SELECT count(*) FROM visits WHERE region = 'isle')",
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY ward OFFSET (SELECT min(cost) FROM visits)",
            "SELECT ward, count(*) FROM visits GROUP BY ward LIMIT (CASE WHEN EXISTS (SELECT 1 FROM visits WHERE cost = 4711) THEN 1 ELSE 2 END)",
            "SELECT sum(cost) FROM (SELECT cost FROM visits ORDER BY cost DESC LIMIT 1)",
            "SELECT sum(cost) FROM (SELECT cost FROM visits ORDER BY age DESC LIMIT 3)",
            "SELECT count(*) FROM (SELECT * FROM visits ORDER BY cost DESC LIMIT 12) WHERE region = 'north'",
            "SELECT avg(age) FROM (SELECT age, patient FROM visits ORDER BY age DESC OFFSET 4)",
            "WITH top AS (SELECT patient, sum(cost) AS c FROM visits GROUP BY patient ORDER BY c DESC LIMIT 1) SELECT count(*) FROM top",
            "WITH top AS (SELECT patient, age FROM visits ORDER BY age DESC LIMIT 4) SELECT avg(age) FROM top",
            "SELECT ward, sum(cost) FROM visits GROUP BY ward ORDER BY 2 DESC NULLS FIRST LIMIT 1",
            "SELECT ward, sum(cost) FROM visits GROUP BY ward ORDER BY ward DESC LIMIT 1 OFFSET 0",
            "SELECT ward, day, count(*) FROM visits GROUP BY ward, day ORDER BY count(*), ward, day LIMIT 2",
            "SELECT ward, count(*) FROM visits GROUP BY ward ORDER BY random()",
            "SELECT ward FROM visits ORDER BY cost",
            "SELECT sum(cost) FROM visits GROUP BY ward ORDER BY diagnosis",
            "SELECT count(*) FROM visits LIMIT 50%",
            "SELECT ward, count(*) FROM visits GROUP BY ward FETCH FIRST 1 ROWS ONLY",
        ])
}
