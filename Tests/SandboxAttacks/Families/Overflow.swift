// A sum that overflows only if one person is in it; a cast whose range only one value leaves.
// Sources: Casacuberta et al. (CCS 2022), overflow and type conversion; Haeberlen, Pierce, Narayan (2011), aborts.

extension AttackFamily {
    static let overflow = AttackFamily(
        "overflow of sums and types",
        [
            "SELECT sum(cost * 9223372036854775807) FROM visits",
            "SELECT sum(cost * 1000000000000000) FROM visits",
            "SELECT sum(age * 95000000000000000) FROM visits",
            "SELECT sum(age * age * age * age * age * age * age * age * age * age) FROM visits",
            "SELECT sum(CAST(age AS TINYINT) * 1) FROM visits",
            "SELECT sum(CAST(age + 30 AS TINYINT)) FROM visits",
            "SELECT count(CAST(age + 31 AS TINYINT)) FROM visits",
            "SELECT count(TRY_CAST(age + 31 AS TINYINT)) FROM visits",
            "SELECT count(*) FROM visits WHERE TRY_CAST(age + 31 AS TINYINT) IS NULL",
            "SELECT count(*) FROM visits WHERE CAST(age + 31 AS TINYINT) > 0",
            "SELECT sum(price * 99999999.99) FROM visits",
            "SELECT sum(CAST(price AS DECIMAL(4,2))) FROM visits",
            "SELECT sum(CAST(age AS DECIMAL(3,1))) FROM visits",
            "SELECT count(CAST(age AS DECIMAL(3,1))) FROM visits",
            "SELECT sum(price * price * price * price) FROM visits",
            "SELECT product(cost) FROM visits",
            "SELECT sum(cost)::TINYINT FROM visits",
            "SELECT (sum(cost) * 1000000000000000)::BIGINT FROM visits",
            "SELECT CAST(sum(cost) AS SMALLINT) IS NULL FROM visits WHERE ward = 'A'",
            "SELECT sum(age << 57) FROM visits",
            "SELECT bit_or(age << 50) FROM visits",
            "SELECT count(*) FROM visits WHERE age * 95087866740984000 > 0",
            "SELECT count(*) FROM visits WHERE day + CAST(age * 1000000 AS INTEGER) > day",
            "SELECT count(*) FROM visits WHERE date_diff('microsecond', day, day + to_years(age * 3000)) > 0",
            "SELECT sum(cost::UTINYINT) FROM visits",
            "SELECT sum(-age::UINTEGER) FROM visits",
            "SELECT sum(cost::HUGEINT * 170141183460469231731687303715884105727) FROM visits",
        ])
}
