import Encoding
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct CheckTests {
    @Test(arguments: [
        "SELECT count(*) FROM visits",
        "SELECT ward, avg(cost) AS mean, 1.0 * (count(*) - count(cost)) / count(*) AS share FROM visits GROUP BY ward ORDER BY mean DESC LIMIT 10",
        "select Ward, SUM(COST) from VISITS v where V.region in ('north','south') and day between date '2020-01-01' and date '2020-12-31' group by 1",
        "SELECT avg(CASE WHEN cost IS NULL THEN 1.0 ELSE 0.0 END) FROM visits",
        "SELECT month(day) m, count(DISTINCT patient) FROM visits GROUP BY m HAVING count(*) > 3 ORDER BY 2 DESC NULLS LAST",
        "SELECT floor(w.wind / 5) * 5 AS band, avg(v.cost), avg(w.wind) FROM visits v JOIN weather w ON v.station = w.station AND v.day = w.day GROUP BY band",
        "SELECT ward, avg(rain) FROM visits LEFT JOIN weather USING (station, day) GROUP BY ward",
        "SELECT day, count(*) FROM visits JOIN weather USING (station, day) GROUP BY day",
        "SELECT ward, count(*) FILTER (WHERE cost > 100) AS dear FROM visits GROUP BY ward",
        "SELECT corr(cost, dose), sum(cost * 2 - dose), avg(cost * dose), stddev(price), sum(urgent::INTEGER) FROM visits",
        "SELECT avg(coalesce(cost, 0)) FROM visits WHERE cost IS NOT NULL OR ward LIKE 'A%'",
        "SELECT CASE WHEN ward = 'A' THEN 'a' ELSE 'other' END AS kind, variance(cost) FROM visits GROUP BY kind",
        "SELECT max(wind), median(rain), min(day) FROM weather",
        "SELECT date_trunc('month', day) AS m, round(avg(cost), 2) FROM visits GROUP BY m ORDER BY m",
    ])
    func anOrdinaryAnalysisIsAccepted(sql: String) async throws {
        let query = try await Bench.check(sql)
        #expect(query.mode == .aggregate)
    }
}
