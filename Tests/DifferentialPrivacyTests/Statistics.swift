import Glibc

/// What the tests need of statistics, in double precision.
enum Statistics {
    /// Q(a, x), the upper regularised incomplete gamma function: by its series below a + 1, by its continued fraction (Lentz) above
    /// (Numerical Recipes, section 6.2, for the method).
    static func upperGamma(_ a: Double, _ x: Double) -> Double {
        guard x > 0 else { return 1 }
        let front = exp(a * log(x) - x - lgamma(a))
        if x < a + 1 {
            var (term, sum, n) = (1 / a, 1 / a, a)
            while term > sum * 1e-16 {
                n += 1
                term *= x / n
                sum += term
            }
            return 1 - sum * front
        }
        var b = x + 1 - a
        var c = 1e300
        var d = 1 / b
        var fraction = d
        for i in 1...10_000 {
            let step = -Double(i) * (Double(i) - a)
            b += 2
            d = 1 / (step * d + b)
            c = b + step / c
            fraction *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return front * fraction
    }

    /// Pearson's test: the chance that samples from this distribution fit it as badly as these do.
    ///
    /// - Parameters:
    ///   - samples: whole numbers.
    ///   - mass: the probability of each whole number; negligible beyond ±`reach`.
    static func fit(_ samples: [Int], mass: (Int) -> Double, reach: Int) -> Double {
        var counts: [Int: Int] = [:]
        for sample in samples { counts[sample, default: 0] += 1 }
        let total = Double(samples.count)
        // Neighbouring numbers share a bin until ten samples are expected in it (for a wide distribution an eightieth of all, since
        // many bins would hide a small mistake in each); the rest goes to the last.
        let enough = reach > 200 ? max(10, total / 80) : 10
        var bins: [(expected: Double, seen: Int)] = []
        var open = (expected: 0.0, seen: 0)
        for number in -reach...reach {
            open.expected += total * mass(number)
            open.seen += counts.removeValue(forKey: number) ?? 0
            if open.expected >= enough {
                bins.append(open)
                open = (0, 0)
            }
        }
        open.seen += counts.values.reduce(0, +)
        if bins.isEmpty { return 0 }
        bins[bins.count - 1].expected += open.expected
        bins[bins.count - 1].seen += open.seen
        let statistic = bins.map { (Double($0.seen) - $0.expected) * (Double($0.seen) - $0.expected) / $0.expected }.reduce(0, +)
        guard bins.count > 1 else { return bins[0].seen == samples.count ? 1 : 0 }
        return upperGamma(Double(bins.count - 1) / 2, statistic / 2)
    }

    /// The Clopper–Pearson bounds of a probability of which an event was seen `hits` times in `trials`: each is wrong with
    /// probability `error` at most. Found by halving on the binomial distribution's tail.
    static func bounds(hits: Int, trials: Int, error: Double) -> ClosedRange<Double> {
        func search(_ isBelow: (Double) -> Bool) -> Double {
            var (low, high) = (0.0, 1.0)
            for _ in 0..<60 {
                let middle = (low + high) / 2
                if isBelow(middle) { low = middle } else { high = middle }
            }
            return (low + high) / 2
        }
        let lower = hits == 0 ? 0 : search { 1 - cumulative(hits - 1, trials, $0) < error }
        let upper = hits == trials ? 1 : search { cumulative(hits, trials, $0) > error }
        return lower...max(lower, upper)
    }

    /// P(Binomial(trials, p) ≤ hits) = I(1 − p; trials − hits, hits + 1).
    private static func cumulative(_ hits: Int, _ trials: Int, _ p: Double) -> Double {
        incompleteBeta(Double(trials - hits), Double(hits + 1), 1 - p)
    }

    /// I(x; a, b), the regularised incomplete beta function, by its continued fraction (Numerical Recipes, section 6.4, for the method).
    static func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(b, a, 1 - x) }
        let scale: Double = lgamma(a + b) - lgamma(a) - lgamma(b)
        let power: Double = a * log(x) + b * log(1 - x)
        let front: Double = exp(scale + power) / a
        let first: Double = (a + b) * x / (a + 1)
        var c = 1.0
        var d = 1 / (1 - first)
        var fraction = d
        for i in 1...100_000 {
            let m = Double(i)
            let end: Double = a + 2 * m
            let even: Double = m * (b - m) * x / ((end - 1) * end)
            let odd: Double = -(a + m) * (a + b + m) * x / (end * (end + 1))
            for step in [even, odd] {
                d = 1 / (1 + step * d)
                c = 1 + step / c
                fraction *= c * d
            }
            if abs(c * d - 1) < 1e-14 { break }
        }
        return front * fraction
    }

    /// The probability of a whole number under discrete Laplace noise: tanh(1/2b)·exp(−|x|/b).
    static func laplaceMass(scale: Double) -> (Int) -> Double {
        let front = tanh(1 / (2 * scale))
        return { front * exp(-Double(abs($0)) / scale) }
    }

    /// The same under discrete Gaussian noise, with the sum over all whole numbers to 40 σ.
    static func gaussianMass(variance: Double) -> (Int) -> Double {
        func weight(_ x: Int) -> Double { exp(-Double(x) * Double(x) / (2 * variance)) }
        let reach = Int(40 * variance.squareRoot()) + 10
        let sum = (1...reach).reversed().map(weight).reduce(0, +) * 2 + 1
        return { weight($0) / sum }
    }
}
