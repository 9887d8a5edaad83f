// What is filled in after the provider approved the text.
// Sources: OWASP, "Query Parameterization Cheat Sheet" and "Testing for SQL Injection"; Denning (1982): an approved template with a free
// constant is a family of queries.

import Encoding
import Sandbox

extension AttackFamily {
    static let parameters = AttackFamily(
        "parameters",
        [
            SQLAttack("SELECT count(*) FROM visits WHERE ward = $w", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "A' OR '1'='1"]),
            SQLAttack("SELECT count(*) FROM visits WHERE ward = $w", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "'; ATTACH '/data/0.duckdb' AS x; --"]),
            SQLAttack("SELECT count(*) FROM visits WHERE ward = $w", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "\n.shell id\n"]),
            SQLAttack("SELECT count(*) FROM visits WHERE ward = $w", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "\u{0}"]),
            SQLAttack("SELECT count(*) FROM visits WHERE region = $w", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "isle"]),
            SQLAttack("SELECT count(*) FROM visits WHERE region LIKE $w", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "%sl%"]),
            SQLAttack("SELECT sum(cost * $n) FROM visits WHERE ward = 'A'", parameters: [QueryParameter(name: "n", type: .integer)], values: ["n": 9_000_000_000_000_000_000]),
            SQLAttack("SELECT sum(cost) FROM visits WHERE age > $n", parameters: [QueryParameter(name: "n", type: .integer)], values: ["n": 96]),
            SQLAttack("SELECT sum(cost) FROM visits WHERE age < $n", parameters: [QueryParameter(name: "n", type: .integer)], values: ["n": 97]),
            SQLAttack("SELECT count(*) FROM visits WHERE 1 / (age - $n) > 0 OR ward = 'A'", parameters: [QueryParameter(name: "n", type: .integer)], values: ["n": 97]),
            SQLAttack("SELECT count(*) FROM visits WHERE day = $d", parameters: [QueryParameter(name: "d", type: .date)], values: ["d": "2020-02-29"]),
            SQLAttack("SELECT count(*) FROM visits WHERE day = $d", parameters: [QueryParameter(name: "d", type: .date)], values: ["d": "2020-02-30"]),
            SQLAttack("SELECT count(*) FROM visits WHERE day = $d", parameters: [QueryParameter(name: "d", type: .date)], values: ["d": "infinity"]),
            SQLAttack("SELECT ward, count(*) FROM visits GROUP BY ward LIMIT $n", parameters: [QueryParameter(name: "n", type: .integer)], values: ["n": -1]),
            SQLAttack("SELECT ward, count(*) FROM visits GROUP BY ward LIMIT $n", parameters: [QueryParameter(name: "n", type: .integer)], values: ["n": 9_223_372_036_854_775_807]),
            SQLAttack("SELECT $w, count(*) FROM visits", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "patient"]),
            SQLAttack("SELECT ward, count(*) FROM visits GROUP BY $n", parameters: [QueryParameter(name: "n", type: .integer)], values: ["n": 1]),
            SQLAttack("SELECT ward, sum(cost) FROM visits GROUP BY ward ORDER BY $n", parameters: [QueryParameter(name: "n", type: .integer)], values: ["n": 2]),
            SQLAttack("SELECT count(*) FROM $t", parameters: [QueryParameter(name: "t", type: .text)], values: ["t": "visits"]),
            SQLAttack("SELECT sum($c) FROM visits", parameters: [QueryParameter(name: "c", type: .text)], values: ["c": "cost"]),
            SQLAttack("SELECT count(*) FROM visits WHERE ward = $w OR region = $w", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "isle"]),
            SQLAttack("SELECT sum(CASE WHEN region = $w THEN cost END) FROM visits", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "isle"]),
            SQLAttack("SELECT date_trunc($w, day), count(*) FROM visits GROUP BY 1", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "day"]),
            SQLAttack("SELECT count(*) FROM visits WHERE patient = $w", parameters: [QueryParameter(name: "w", type: .text)], values: ["w": "p1"]),
            SQLAttack("SELECT count(*) FROM visits WHERE ward = $nobody"),
            SQLAttack("SELECT count(*) FROM visits WHERE ward = ?"),
            SQLAttack("SELECT count(*) FROM visits WHERE ward = $1"),
            SQLAttack("SELECT sum(dose) FROM visits WHERE age < $x", parameters: [QueryParameter(name: "x", type: .decimal)], values: ["x": "96.999999999999999999999"]),
            SQLAttack("SELECT sum(dose * $x) FROM visits", parameters: [QueryParameter(name: "x", type: .decimal)], values: ["x": "1e300"]),
        ])
}
