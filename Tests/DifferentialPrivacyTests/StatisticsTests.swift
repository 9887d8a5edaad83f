import Glibc
import Testing

/// The tests' own instruments against tabled values.
@Suite struct StatisticsTests {
    @Test func `the chi-squared distribution has its tabled quantiles`() {
        // Upper 5 % and 0.1 % points (NIST/SEMATECH e-Handbook, section 1.3.6.7.4).
        for (freedom, statistic, chance) in [
            (1.0, 3.841, 0.05), (5, 11.070, 0.05), (10, 18.307, 0.05), (30, 43.773, 0.05), (100, 124.342, 0.05), (1, 10.828, 0.001),
            (10, 29.588, 0.001), (100, 149.449, 0.001),
        ] {
            #expect(abs(Statistics.upperGamma(freedom / 2, statistic / 2) - chance) < chance * 0.002)
        }
    }

    @Test func `the bounds of a probability have their closed forms at the ends`() {
        // Nothing in n trials: 1 − error^(1/n). All of them: error^(1/n).
        let none = Statistics.bounds(hits: 0, trials: 100, error: 0.025)
        #expect(none.lowerBound == 0 && abs(none.upperBound - (1 - pow(0.025, 0.01))) < 1e-9)
        let all = Statistics.bounds(hits: 100, trials: 100, error: 0.025)
        #expect(all.upperBound == 1 && abs(all.lowerBound - pow(0.025, 0.01)) < 1e-9)
        // Clopper and Pearson's example of 10 in 20, at 95 %: 0.2720 to 0.7280.
        let half = Statistics.bounds(hits: 10, trials: 20, error: 0.025)
        #expect(abs(half.lowerBound - 0.2720) < 5e-5 && abs(half.upperBound - 0.7280) < 5e-5)
    }

    @Test func `the probabilities of all numbers add up to one`() {
        for scale in [0.2, 1, 7.5, 300] {
            let mass = Statistics.laplaceMass(scale: scale)
            #expect(abs((-20_000...20_000).map(mass).reduce(0, +) - 1) < 1e-10)
        }
        for variance in [0.05, 1, 37.5, 1e5] {
            let mass = Statistics.gaussianMass(variance: variance)
            #expect(abs((-20_000...20_000).map(mass).reduce(0, +) - 1) < 1e-10)
        }
    }
}
