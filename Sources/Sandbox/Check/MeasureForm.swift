/// The argument of a value aggregate in normal form: a sum of measures and of products of a few measures, with constant weights.
///
/// Why no freer expression: `sum(delay * (month - 1) * (month - 2) …)` is zero except in one month, `greatest`, `abs`, `round`
/// and adding then subtracting a huge number all make steps, and powers reveal single values. With constant weights of sane
/// size every row of the group counts in the same way, so an aggregate over k units stays one over k units.
struct MeasureForm: Sendable, Hashable {
    /// A measure column, or `coalesce(column, number)`.
    struct Variable: Sendable, Hashable {
        let path: ColumnPath
        var substitute: Double?

        static func precedes(_ left: Variable, _ right: Variable) -> Bool {
            (left.path.table, left.path.column, left.substitute ?? 0) < (right.path.table, right.path.column, right.substitute ?? 0)
        }
    }

    struct Term: Sendable, Hashable {
        var weight: Double
        /// One variable, or several that are multiplied.
        var variables: [Variable]
    }

    /// How many measures may be multiplied.
    static let maximumDegree = 4

    static let weights: ClosedRange<Double> = 1e-6...1e6

    private(set) var terms: [Term] = []
    private(set) var constant = 0.0

    /// Columns without whose value a row does not count.
    var requiredColumns: [ColumnPath] {
        unique(terms.flatMap(\.variables).filter { $0.substitute == nil }.map(\.path))
    }

    /// Columns that have a substitute for a missing value.
    var substitutedColumns: [ColumnPath] {
        unique(terms.flatMap(\.variables).filter { $0.substitute != nil }.map(\.path))
    }

    var degree: Int { terms.map(\.variables.count).max() ?? 0 }

    /// The column, where the form is nothing else.
    var bareColumn: ColumnPath? {
        guard terms.count == 1, constant == 0, terms[0].weight == 1, terms[0].variables.count == 1,
            terms[0].variables[0].substitute == nil
        else { return nil }
        return terms[0].variables[0].path
    }

    private func unique(_ paths: [ColumnPath]) -> [ColumnPath] {
        Set(paths).sorted { ($0.table, $0.column) < ($1.table, $1.column) }
    }

    init(constant: Double) { self.constant = constant }

    init(variable: Variable) { terms = [Term(weight: 1, variables: [variable])] }

    static func + (left: MeasureForm, right: MeasureForm) -> MeasureForm {
        var sum = left
        sum.constant += right.constant
        for term in right.terms {
            if let index = sum.terms.firstIndex(where: { $0.variables == term.variables }) {
                sum.terms[index].weight += term.weight
            } else {
                sum.terms.append(term)
            }
        }
        return sum
    }

    /// Products of constants with forms, and of two forms as far as not too many measures meet; `nil` beyond that.
    static func * (left: MeasureForm, right: MeasureForm) -> MeasureForm? {
        var product = MeasureForm(constant: left.constant * right.constant)
        for term in left.terms where right.constant != 0 || right.terms.isEmpty {
            product = product + MeasureForm(term: Term(weight: term.weight * right.constant, variables: term.variables))
        }
        for term in right.terms where left.constant != 0 || left.terms.isEmpty {
            product = product + MeasureForm(term: Term(weight: term.weight * left.constant, variables: term.variables))
        }
        for one in left.terms {
            for two in right.terms {
                let variables = (one.variables + two.variables).sorted(by: Variable.precedes)
                // Powers beyond squares would show the largest value, or all values of a small group together.
                guard variables.count <= 2 || variables.count <= maximumDegree && Set(variables.map(\.path)).count == variables.count
                else { return nil }
                product = product + MeasureForm(term: Term(weight: one.weight * two.weight, variables: variables))
            }
        }
        return product
    }

    private init(term: Term) { terms = [term] }

    /// Why the weights are not acceptable; `nil` if they are. A zero would only bring in whether a value is missing, and a
    /// huge or tiny weight would make rounding act as a step.
    var objection: String? {
        for term in terms {
            if term.weight == 0 { return "a measure is multiplied by zero or cancelled out" }
            if !Self.weights.contains(abs(term.weight)) { return "a measure's weight must be between 0.000001 and 1000000" }
            for variable in term.variables where abs(variable.substitute ?? 0) > Self.weights.upperBound {
                return "a substitute for missing values must be at most 1000000"
            }
        }
        if constant != 0, !Self.weights.contains(abs(constant)) { return "a constant must be between 0.000001 and 1000000" }
        return nil
    }
}
