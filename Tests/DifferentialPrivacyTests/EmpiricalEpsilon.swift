import Glibc

/// How private a mechanism is, measured: its answers on two neighbouring tables are counted, and from the counts follows, with
/// confidence, the least ε for which it could be (ε, δ)-differentially private.
///
/// For any event E of answers, P(E on one) ≤ e^ε·P(E on the other) + δ. A Clopper–Pearson lower bound on the one side and an
/// upper bound on the other give a lower bound on ε (Ding, Wang, Wang, Zhang and Kifer 2018; Jagielski, Ullman and Oprea 2020).
enum EmpiricalEpsilon {
    /// Each bound is wrong with this probability at most.
    static let error = 1e-7

    /// The largest lower bound that any event gives: each single answer, and each half line of answers, seen from either table.
    ///
    /// - Parameters:
    ///   - one: answers as whole numbers, from one table.
    ///   - other: as many, from its neighbour.
    static func lowerBound(_ one: [Int], _ other: [Int], delta: Double = 0) -> Double {
        let answers = Set(one).union(other).sorted()
        let (left, right) = (counts(one), counts(other))
        var best = 0.0
        func consider(_ hits: Int, _ otherHits: Int) {
            best = max(best, ratio(hits, one.count, otherHits, other.count, delta))
            best = max(best, ratio(otherHits, other.count, hits, one.count, delta))
        }
        var (below, otherBelow) = (0, 0)
        for answer in answers {
            let (here, there) = (left[answer] ?? 0, right[answer] ?? 0)
            // Rare answers bound nothing.
            if here + there >= 200 { consider(here, there) }
            below += here
            otherBelow += there
            if min(below, otherBelow) >= 50 || max(below, otherBelow) >= 500 { consider(below, otherBelow) }
            let (above, otherAbove) = (one.count - below, other.count - otherBelow)
            if min(above, otherAbove) >= 50 || max(above, otherAbove) >= 500 { consider(above, otherAbove) }
        }
        return best
    }

    private static func counts(_ answers: [Int]) -> [Int: Int] {
        answers.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    private static func ratio(_ hits: Int, _ trials: Int, _ otherHits: Int, _ otherTrials: Int, _ delta: Double) -> Double {
        // The point estimate first: most events bound nothing, and the exact bounds are slow.
        guard hits > 0, Double(hits) / Double(trials) > Double(otherHits) / Double(otherTrials) else { return 0 }
        let lower = Statistics.bounds(hits: hits, trials: trials, error: error).lowerBound - delta
        let upper = Statistics.bounds(hits: otherHits, trials: otherTrials, error: error).upperBound
        return lower > 0 ? log(lower / upper) : 0
    }
}
