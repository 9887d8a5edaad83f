// Whoever owns the other table of a join can give each row a weight of its own: powers of two read every row out of one sum.
// Sources: Dwork and Naor (2008) on auxiliary information; Cohen and Nissim, "Linear Program Reconstruction in Practice" (2018); AWS Clean
// Rooms, guidance on duplicated join keys.

extension AttackFamily {
    static let weights = AttackFamily(
        "weights from another owner's table",
        [
            "SELECT sum(c.paid * v.cost) FROM visits v JOIN claims c ON v.station = c.station",
            "SELECT sum(c.paid) FROM visits v JOIN claims c ON v.station = c.station",
            "SELECT avg(v.cost * c.factor) FROM visits v JOIN claims c ON v.station = c.station",
            "SELECT sum(v.cost) FROM visits v JOIN claims c ON v.station = c.station WHERE c.kind = 'x'",
            "SELECT corr(v.cost, c.paid) FROM visits v JOIN claims c ON v.station = c.station",
            "SELECT covar_pop(v.cost, c.paid) FROM visits v JOIN claims c ON v.station = c.station",
            "SELECT regr_slope(v.cost, c.factor) FROM visits v JOIN claims c ON v.station = c.station",
            "SELECT regr_sxy(v.cost, w.rain) FROM visits v JOIN weather w USING (station, day)",
            "SELECT sum(v.cost * w.rain) FROM visits v JOIN weather w USING (station, day)",
            "SELECT sum(v.cost * pow(10, w.wind)) FROM visits v JOIN weather w USING (station, day)",
            "SELECT sum(CASE WHEN w.wind > 20 THEN v.cost ELSE 0 END) FROM visits v JOIN weather w USING (station, day)",
            "SELECT sum(v.cost) FILTER (WHERE w.wind > 20) FROM visits v JOIN weather w USING (station, day)",
            "SELECT avg(CASE WHEN w.rain IS NULL THEN v.cost END) FROM visits v LEFT JOIN weather w USING (station, day)",
            "SELECT count(w.rain), count(*) FROM visits v LEFT JOIN weather w ON v.day = w.day AND w.wind > 20",
            "SELECT w.wind, w.rain, sum(v.cost) FROM visits v JOIN weather w USING (station, day) GROUP BY w.wind, w.rain",
            "SELECT sum(v.age * c.paid) FROM visits v JOIN claims c ON v.station = c.station",
            "SELECT sum(x.n * v.cost) FROM visits v JOIN (SELECT station, sum(paid) AS n FROM claims GROUP BY station) x ON v.station = x.station",
            "SELECT sum(v.cost * x.n) FROM visits v JOIN (SELECT day, max(rain) AS n FROM weather GROUP BY day) x ON v.day = x.day",
            "SELECT sum(v.cost * t.w) FROM visits v JOIN (VALUES ('isle', 1000000), ('north', 1)) t(region, w) ON v.region = t.region",
            "SELECT sum(t.w) FROM visits v JOIN (VALUES (97, 1000000), (33, 1)) t(age, w) ON v.age = t.age",
        ])
}
