import Encoding
import Exchange
import Foundation

/// Tasks and privacy budgets, kept beside the rules of exchange like everything in ``BillingModel``.
///
/// What a budget allows is reckoned here in floating point from the papers' formulas, where the rules use whole numbers: a run that
/// the rules let through by a slip in their arithmetic is beyond the budget here.
struct RunBooks {
    struct Task {
        var request: TaskRequest
        var buyer: Identifier
        var expires: Timestamp
    }

    struct Spent {
        var day: Int64
        /// In thousandths.
        var epsilon: Int64
        var isGaussian: Bool
    }

    struct Account: Hashable {
        var buyer: Identifier
        var product: Identifier
    }

    /// The tasks that can be used still.
    private(set) var tasks: [Identifier: Task] = [:]
    private(set) var isTasked = false
    private(set) var spent: [Account: [Spent]] = [:]
    /// The hours of a task's life, as the operator set them last.
    var taskHours = RunsPolicy().taskHours
    private var nextSweep = 1000

    mutating func mint(_ request: TaskRequest, _ entry: LedgerEntry, buyer: Identifier) {
        isTasked = true
        if tasks.count >= nextSweep {
            tasks = tasks.filter { $0.value.expires >= entry.time }
            nextSweep = max(1000, tasks.count * 2)
        }
        let end = entry.time.advanced(byMilliseconds: taskHours * 3_600_000)
        tasks[entry.event.statement.identifier(.task)] = Task(
            request: request, buyer: buyer, expires: min(request.deadline ?? end, end))
    }

    mutating func cancel(_ task: Identifier) { tasks[task] = nil }

    /// What is wrong with the task that a completed run uses; the task is used up.
    mutating func use(_ request: RunRequest, buyer: Identifier?, at time: Timestamp) -> String? {
        guard let identifier = request.task else { return isTasked ? "the request names no task" : nil }
        guard let task = tasks.removeValue(forKey: identifier) else {
            return "there is no such task, or it had been used, cancelled or forgotten"
        }
        if task.buyer != buyer { return "the task was minted for \(task.buyer)" }
        if time > task.expires { return "the task was good until \(task.expires)" }
        let values = Dictionary(task.request.parameters.members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        let asked = Dictionary(request.parameters.members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        guard task.request.query == request.query, task.request.contracts == request.contracts, values == asked else {
            return "the task is for another query, other contracts or other parameters"
        }
        return nil
    }

    /// Spends what a run costs; answers for which product that was more than was left.
    mutating func spend(
        _ cost: PrivacyCost, _ products: [(product: Identifier, terms: PrivateTerms)], buyer: Identifier, at time: Timestamp
    ) -> (product: Identifier, epsilon: Double)? {
        let day = time.milliseconds / 86_400_000
        var over: (Identifier, Double)?
        for (index, (product, terms)) in products.enumerated() {
            let account = Account(buyer: buyer, product: product)
            if !products[..<index].contains(where: { $0.product == product }) {
                // No period is longer than 3,660 days.
                spent[account, default: []].removeAll { $0.day <= day - 3660 }
                spent[account, default: []].append(
                    Spent(day: day, epsilon: cost.epsilon, isGaussian: cost.mechanism == .gaussian))
            }
            let period = day / terms.periodDays
            let epsilon = Self.epsilon((spent[account] ?? []).filter { $0.day / terms.periodDays == period }, terms.deltaExponent)
            if epsilon > Double(terms.epsilon) / 1000 + 1e-9 { over = over ?? (product, epsilon) }
        }
        return over
    }

    /// The ε of so many runs together: their sum, where all of them used Laplace noise, or that of their ρ with half of δ (Bun
    /// and Steinke 2016, propositions 1.3 and 1.4), whichever is less.
    static func epsilon(_ spent: [Spent], _ deltaExponent: Int64) -> Double {
        let sum = spent.reduce(0) { $0 + Double($1.epsilon) / 1000 }
        let rho = spent.reduce(0) { $0 + pow(Double($1.epsilon) / 1000, 2) / 2 }
        let converted = rho + 2 * (rho * (log(2) + Double(deltaExponent) * log(10))).squareRoot()
        return spent.contains(where: \.isGaussian) ? converted : min(sum, converted)
    }
}

extension Reconciliation {
    /// What one buyer spent of one product's privacy budget.
    public struct PrivacyUse: Sendable, Hashable {
        public var runs: UInt64 = 0
        /// The sum of what the runs cost, in thousandths of ε.
        public var epsilon: Int64 = 0
    }

    /// By whom, and of what.
    public struct PrivacyAccountKey: Sendable, Hashable {
        public var buyer: String
        public var product: String
    }

    var privacyJSON: JSONValue {
        let rows = privacy.sorted { ($0.key.buyer, $0.key.product) < ($1.key.buyer, $1.key.product) }
        return .array(rows.map { key, use in
            [
                "buyer": .string(key.buyer), "product": .string(key.product), "runs": .count(use.runs),
                "epsilonThousandths": .integer(use.epsilon),
            ]
        })
    }
}
