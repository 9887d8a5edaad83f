// Rounding, absorption, infinities and NaN carry single values out of large sums.
// Sources: Mironov, "On Significance of the Least Significant Bits for Differential Privacy" (CCS 2012); Casacuberta, Shoemate, Vadhan,
// Wagaman, "Widespread Underestimation of Sensitivity in Differentially Private Libraries" (CCS 2022); Jin et al., "Are We There Yet?" (2022).

extension AttackFamily {
    static let floatingPoint = AttackFamily(
        "floating point",
        [
            "SELECT sum(dose * 1e300) FROM visits",
            "SELECT sum(dose * 1e-300) FROM visits",
            "SELECT sum(dose + 1e17) - sum(dose) FROM visits",
            "SELECT sum(dose + 9007199254740992.0) FROM visits",
            "SELECT avg(dose * 1e308 * 10) FROM visits",
            "SELECT sum(CASE WHEN region = 'isle' THEN 1e308 ELSE dose END) FROM visits",
            "SELECT sum(CASE WHEN region = 'isle' THEN 'nan'::DOUBLE ELSE dose END) FROM visits",
            "SELECT isnan(sum(CASE WHEN region = 'isle' THEN 'nan'::DOUBLE ELSE dose END)) FROM visits",
            "SELECT sum(dose / (age - 97)) FROM visits",
            "SELECT sum(0.0 / (age - 97)) FROM visits",
            "SELECT isinf(sum(1.0 / (age - 97))) FROM visits",
            "SELECT sum(ln(97 - age)) FROM visits",
            "SELECT avg(sqrt(96 - age)) FROM visits",
            "SELECT sum(pow(10.0, age)) FROM visits",
            "SELECT sum(exp(age * 7)) FROM visits",
            "SELECT sum(CAST(dose AS FLOAT)) - sum(dose) FROM visits",
            "SELECT sum(dose::FLOAT * 16777217::FLOAT) FROM visits",
            "SELECT sum(round(dose, -6)) FROM visits",
            "SELECT sum(trunc(dose / 1000000)) FROM visits",
            "SELECT kahan_sum(dose), sum(dose), fsum(dose) FROM visits",
            "SELECT sum(dose) - favg(dose) * count(dose) FROM visits",
            "SELECT variance(dose * 1e150) FROM visits",
            "SELECT stddev(dose + 1e16) FROM visits",
            "SELECT corr(dose, dose * 1e-310) FROM visits",
            "SELECT regr_slope(dose, CASE WHEN region = 'isle' THEN 1e300 ELSE 1 END) FROM visits",
            "SELECT sum(nextafter(dose, 1e308)) - sum(dose) FROM visits",
            "SELECT count(*) FROM visits WHERE dose = 'inf'::DOUBLE OR region = 'isle'",
            "SELECT sum(cost + 1e18) FROM visits",
            "SELECT count(*) FROM visits WHERE 1.0 / (age - 97) = 'inf'::DOUBLE",
            "SELECT sum(v.dose * c.factor) FROM visits v JOIN claims c ON v.station = c.station",
            "SELECT avg(c.factor) FROM visits v JOIN claims c ON v.station = c.station",
        ])
}
