import DifferentialPrivacy
import Encoding

/// What the engine measured of one group. It never leaves the node.
struct MeasuredGroup: Sendable, Hashable {
    /// The group's names as text; `nil` for NULL.
    var names: [String?]
    /// One for each measure of the plan.
    var numbers: [Int128]
}

/// A group with its noisy answers.
struct NoisyGroup: Sendable, Hashable {
    /// A noisy aggregate.
    struct Answer: Sendable, Hashable {
        /// A number as text; `nil` for a mean of nothing.
        var text: String?
        /// How far the answer is from the bounded one at most, in 95 of 100 cases.
        var halfWidth: Double?
    }

    var names: [String?]
    var answers: [Answer]
}

/// Adds noise to what was measured and chooses which groups are shown.
struct PrivateRelease: Sendable {
    let plan: PrivatePlan
    let schedule: NoiseSchedule
    /// Groups are shown from this noisy number of units on; `nil` without GROUP BY.
    let threshold: Int128?

    static let exceedance = 0.05

    /// - Throws: a refusal where the noise cannot be computed exactly.
    init(_ plan: PrivatePlan, request: PrivacyRequest) throws(QueryRefusal) {
        self.plan = plan
        do {
            schedule = try NoiseSchedule(
                mechanism: request.mechanism, epsilonThousandths: request.epsilonThousandths, groupsPerUnit: plan.groupsPerUnit,
                sensitivities: plan.sensitivities)
            threshold = plan.cells.groups.isEmpty
                ? nil
                : try schedule.selectionThreshold(
                    measure: plan.measures.firstIndex(of: .units) ?? -1, delta: plan.delta, smallest: PrivatePlan.smallestGroup)
        } catch {
            throw QueryRefusal(.parameterValue, "the noise of this run cannot be made: \(error)", hint: "choose a larger ε or fewer numbers")
        }
    }

    /// Noisy answers of the groups that are shown, in the order of their names: the order in which the engine gave them could
    /// depend on rows.
    func release(_ groups: [MeasuredGroup], using bits: inout some RandomBits) throws(NoiseError) -> [NoisyGroup] {
        var shown: [NoisyGroup] = []
        for group in groups {
            var noisy: [Int128] = []
            for (noise, number) in zip(schedule.noises, group.numbers) { noisy.append(try noise.added(to: number, using: &bits)) }
            if let threshold, let units = plan.measures.firstIndex(of: .units), noisy[units] < threshold { continue }
            shown.append(NoisyGroup(names: group.names, answers: plan.answers.map { answer($0, noisy) }))
        }
        return shown.sorted { left, right in
            for (one, other) in zip(left.names, right.names) where one != other {
                guard let one else { return true }
                guard let other else { return false }
                return Array(one.utf8).lexicographicallyPrecedes(Array(other.utf8))
            }
            return false
        }
    }

    // MARK: Answers

    private func answer(_ answer: PrivatePlan.Answer, _ noisy: [Int128]) -> NoisyGroup.Answer {
        switch answer {
        case .count(let measure):
            return NoisyGroup.Answer(text: String(noisy[measure]), halfWidth: width(measure))
        case .sum(let measure, let grid, let isWhole):
            let text = isWhole && grid.digits == 0 ? String(noisy[measure]) : String(grid.value(Double(noisy[measure])))
            return NoisyGroup.Answer(text: text, halfWidth: grid.value(width(measure)))
        case .mean(let sum, let count, let grid): return mean(noisy[sum], noisy[count], sum, count, grid)
        }
    }

    private func width(_ measure: Int, chance: Double = exceedance) -> Double {
        schedule.noises[measure].halfWidth(exceededWithChance: chance)
    }

    /// Sum over count around the middle of the range, clamped to it. Its bar takes both bars at half the chance of being wrong
    /// each (Boole's inequality), and the farthest quotient within them.
    private func mean(_ sum: Int128, _ count: Int128, _ sumMeasure: Int, _ countMeasure: Int, _ grid: ValueGrid) -> NoisyGroup.Answer {
        guard count >= 1 else { return NoisyGroup.Answer(text: nil, halfWidth: nil) }
        let (low, high) = (Double(grid.lower - grid.middle), Double(grid.upper - grid.middle))
        func clamped(_ value: Double) -> Double { min(max(value, low), high) }
        let estimate = clamped(Double(sum) / Double(count))
        let chance = Self.exceedance / 2
        let (sumWidth, countWidth) = (width(sumMeasure, chance: chance), width(countMeasure, chance: chance))
        let (least, most) = (max(1, Double(count) - countWidth), Double(count) + countWidth)
        let (bottom, top) = (Double(sum) - sumWidth, Double(sum) + sumWidth)
        let lowest = clamped(bottom / (bottom < 0 ? least : most))
        let highest = clamped(top / (top > 0 ? least : most))
        return NoisyGroup.Answer(
            text: String(grid.value(estimate + Double(grid.middle))),
            halfWidth: grid.value(max(highest - estimate, estimate - lowest)))
    }
}
