// Rows of a table, or columns of it, that the product does not offer as rows.
// Sources: Snowflake, "Projection policies" and "Row access policies"; DESIGN §8 (rows: named columns of non-sensitive data).

import Sandbox

extension AttackFamily {
    static let rowsMode = AttackFamily(
        "rows mode",
        [
            SQLAttack("SELECT patient, cost FROM visits", .refusal, mode: .rows),
            SQLAttack("SELECT * FROM visits", .refusal, mode: .rows),
            SQLAttack("SELECT station FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT rain FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT * FROM weather", mode: .rows),
            SQLAttack("SELECT day, wind, rain + 0 FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT day, CASE WHEN rain > 3 THEN 1 END FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT day FROM weather ORDER BY rain DESC", .refusal, mode: .rows),
            SQLAttack("SELECT day FROM weather ORDER BY station", .refusal, mode: .rows),
            SQLAttack("SELECT day FROM weather LIMIT 51", .refusal, mode: .rows),
            SQLAttack("SELECT day, wind FROM weather JOIN visits USING (day)", .refusal, mode: .rows),
            SQLAttack("SELECT day, wind FROM weather WHERE day IN (SELECT day FROM visits)", .refusal, mode: .rows),
            SQLAttack("SELECT day, wind FROM weather WHERE EXISTS (SELECT 1 FROM visits WHERE region = 'isle')", .refusal, mode: .rows),
            SQLAttack("SELECT day, (SELECT max(cost) FROM visits) FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT day, wind FROM weather UNION ALL SELECT day, age FROM visits", .refusal, mode: .rows),
            SQLAttack("SELECT day, lag(rain) OVER (ORDER BY day) FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT rowid, day FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT to_json(weather) FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT weather FROM weather", .refusal, mode: .rows),
            SQLAttack("SELECT COLUMNS(*) FROM weather", .refusal, mode: .rows),
        ])
}
