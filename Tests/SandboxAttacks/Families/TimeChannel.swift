// How long an answer takes, or whether it comes at all, is a channel; and a query that never ends denies the service to others.
// Sources: Haeberlen, Pierce, Narayan, "Differential Privacy Under Fire" (2011), timing attacks by conditional delay; OWASP, "Testing for
// SQL Injection" (time-based and heavy queries); Davis et al., "The Impact of Regular Expression Denial of Service" (2018).
// What stays open is said in Policies/README.md: the duration of an accepted run is not hidden.

extension AttackFamily {
    static let timeChannel = AttackFamily(
        "time and exhaustion",
        [
            .contained("SELECT count(*) FROM visits a, visits b, visits c, visits d, visits e, visits f, visits g, visits h"),
            .contained("SELECT count(*) FROM visits WHERE region = 'isle' AND (SELECT count(*) FROM visits a, visits b, visits c, visits d, visits e, visits f) > 0"),
            .contained("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r"),
            .contained("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n * 2 FROM r WHERE n < 100000000000) SELECT count(*) FROM r, visits"),
            .contained("WITH RECURSIVE r AS (SELECT ward FROM visits UNION ALL SELECT a.ward FROM r a, r b) SELECT count(*) FROM r"),
            .contained("SELECT count(*) FROM range(100000000000)"),
            .contained("SELECT count(*) FROM generate_series(1, 100000000000) g, visits"),
            .contained("SELECT sum(i) FROM (SELECT unnest(range(10000000000)) AS i)"),
            .contained("SELECT count(*) FROM visits, unnest(range(age * 100000000)) u"),
            .contained("SELECT count(*) FROM repeat_row(1, num_rows = 100000000000)"),
            .contained("SELECT count(*) FROM visits WHERE regexp_matches(repeat('a', 100000000) || region, '(a*)*b')"),
            .contained("SELECT length(repeat(ward, 2000000000)), count(*) FROM visits GROUP BY 1"),
            .contained("SELECT count(*) FROM visits WHERE length(lpad(region, 2000000000, 'x')) > 5"),
            .contained("SELECT count(*) FROM visits WHERE CASE WHEN region = 'isle' THEN length(repeat('x', 2000000000)) > 1 ELSE true END"),
            .contained("SELECT count(*) FROM visits WHERE sleep(10) IS NULL"),
            .contained("SELECT count(*) FROM visits WHERE pg_sleep(10) IS NULL"),
            .contained("SELECT sleep_ms(10000), count(*) FROM visits"),
            .contained("SELECT list_sum(list_transform(range(1000000000), x -> x * x)), count(*) FROM visits"),
            .contained("SELECT list_reduce(range(1000000000), (x, y) -> x + y), count(*) FROM visits"),
            .contained("SELECT count(*) FROM visits a JOIN visits b ON a.patient = b.patient JOIN visits c ON b.patient = c.patient JOIN visits d ON c.patient = d.patient JOIN visits e ON d.patient = e.patient"),
            .contained("SELECT count(*) FROM weather a CROSS JOIN weather b CROSS JOIN weather c CROSS JOIN weather d CROSS JOIN weather e CROSS JOIN weather f CROSS JOIN weather g CROSS JOIN weather h CROSS JOIN weather i CROSS JOIN weather j CROSS JOIN weather k"),
            .contained("SELECT levenshtein(repeat('ab', 1000000), repeat('ba', 1000000)), count(*) FROM visits"),
            .contained("SELECT jaro_winkler_similarity(repeat('ab', 1000000), repeat('ba', 1000000)), count(*) FROM visits"),
            .contained("SELECT count(*) FROM visits WHERE replace(repeat(ward, 1000000), 'A', repeat('B', 1000000)) = ward"),
            .contained("SELECT string_agg(repeat(ward, 100000000), ',') FROM visits"),
            .contained("SELECT count(*) FROM (SELECT * FROM visits ORDER BY random()) LIMIT 100000000"),
            .contained("SELECT count(*) FROM visits WHERE " + String(repeating: "(", count: 5000) + "ward = 'A'" + String(repeating: ")", count: 5000)),
            .contained("SELECT count(*) FROM visits WHERE ward = 'A'" + String(repeating: " OR ward = 'A'", count: 20_000)),
            .contained("SELECT " + String(repeating: "- ", count: 3000) + "count(*) FROM visits"),
            .contained("SELECT count(*) FROM " + String(repeating: "(SELECT * FROM ", count: 2000) + "visits" + String(repeating: ")", count: 2000)),
            .contained("SELECT " + (0..<5000).map { "sum(cost) AS s\($0)" }.joined(separator: ", ") + " FROM visits"),
            .contained("WITH " + (1..<40).map { "c\($0) AS (SELECT a.* FROM \($0 == 1 ? "weather" : "c\($0 - 1)") a, \($0 == 1 ? "weather" : "c\($0 - 1)") b)" }.joined(separator: ", ") + " SELECT count(*) FROM c39"),
        ])
}
