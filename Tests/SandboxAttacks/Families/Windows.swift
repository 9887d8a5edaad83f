// A window lets one row see others: its neighbours, its rank, what its group has without it.
// Sources: BigQuery, "Analysis rules" and "Differentially private queries", and Snowflake, "Aggregation policies" (window functions); Johnson,
// Near, Song, "Towards Practical Differential Privacy for SQL Queries" (FLEX, 2018), unsupported operators.

extension AttackFamily {
    static let windows = AttackFamily(
        "window functions",
        [
            "SELECT row_number() OVER (ORDER BY cost) FROM visits",
            "SELECT ward, cost, rank() OVER (ORDER BY cost DESC) FROM visits",
            "SELECT lag(cost) OVER (ORDER BY day) FROM visits",
            "SELECT sum(cost) OVER () FROM visits",
            "SELECT count(*) OVER (PARTITION BY region) FROM visits",
            "SELECT ward FROM visits QUALIFY row_number() OVER (ORDER BY cost DESC) = 1",
            "SELECT sum(c) FROM (SELECT cost AS c FROM visits QUALIFY row_number() OVER (ORDER BY age DESC) <= 4)",
            "SELECT sum(first) FROM (SELECT first_value(cost) OVER (ORDER BY age DESC) AS first FROM visits)",
            "SELECT avg(top) FROM (SELECT max(cost) OVER () AS top FROM visits)",
            "SELECT avg(top) FROM (SELECT max(cost) OVER (PARTITION BY ward) AS top FROM visits)",
            "SELECT avg(n) FROM (SELECT count(*) OVER (PARTITION BY region) AS n FROM visits)",
            "SELECT sum(cost) FROM (SELECT cost, count(*) OVER (PARTITION BY region) AS n FROM visits) WHERE n = 4",
            "SELECT count(*) FROM (SELECT rank() OVER (ORDER BY age DESC) AS r, ward FROM visits) WHERE r > 1",
            "SELECT r, count(*) FROM (SELECT dense_rank() OVER (ORDER BY age DESC) AS r FROM visits) GROUP BY r",
            "SELECT r, sum(age) FROM (SELECT ntile(3) OVER (ORDER BY age) AS r, age FROM visits) GROUP BY r",
            "SELECT sum(d) FROM (SELECT cost - lead(cost) OVER (ORDER BY day, patient) AS d FROM visits)",
            "SELECT sum(cost - s) FROM (SELECT cost, sum(cost) OVER (PARTITION BY ward) AS s FROM visits)",
            "SELECT sum(s) FROM (SELECT sum(cost) OVER (ORDER BY day ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM visits)",
            "SELECT sum(s) FROM (SELECT sum(cost) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS s FROM visits)",
            "SELECT nth_value(patient, 1) OVER (ORDER BY cost DESC) AS p, count(*) FROM visits GROUP BY p",
            "SELECT avg(p) FROM (SELECT percent_rank() OVER (ORDER BY cost) AS p FROM visits WHERE region = 'isle')",
            "SELECT avg(p) FROM (SELECT cume_dist() OVER (ORDER BY cost) AS p, region FROM visits) WHERE region = 'isle'",
            "SELECT ward, sum(count(*)) OVER () FROM visits GROUP BY ward",
            "SELECT ward, sum(cost) - lag(sum(cost)) OVER (ORDER BY ward) FROM visits GROUP BY ward",
            "SELECT ward, sum(sum(cost)) OVER (ORDER BY ward) FROM visits GROUP BY ward",
            "SELECT avg(x) FROM (SELECT patient, sum(cost) OVER (PARTITION BY patient ORDER BY day) AS x FROM visits)",
            "SELECT avg(x) FROM (SELECT row_number() OVER (PARTITION BY patient ORDER BY cost DESC) AS x FROM visits)",
            "SELECT x, count(*) FROM (SELECT row_number() OVER (PARTITION BY patient ORDER BY day) AS x FROM visits) GROUP BY x",
            "SELECT avg(n) FROM (SELECT sum(1) OVER w AS n FROM visits WINDOW w AS (PARTITION BY ward, region))",
        ])
}
