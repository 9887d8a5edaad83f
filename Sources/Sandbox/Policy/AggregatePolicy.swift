/// What a product allows in aggregate mode.
public struct AggregatePolicy: Sendable, Hashable {
    /// A cell whose largest contributors make up more than so much of a sum is suppressed (the (n,k) rule).
    public struct Dominance: Sendable, Hashable {
        /// How many units are taken together, 1 to 5.
        public var contributors: Int
        /// Of the sum of all absolute contributions, 1 to 100.
        public var percent: Int

        public init(contributors: Int, percent: Int) {
            self.contributors = contributors
            self.percent = percent
        }
    }

    /// How many distinct privacy units every released row must rest on; 1 or more.
    /// A table without a privacy-unit column counts its rows instead; with 1 it is open data and sets no threshold.
    public var minimumGroupSize: Int
    /// The most rows one result may have.
    public var maximumRows: Int
    /// How many rows of another owner's table may meet one row of this one in a join. More would let that owner weigh
    /// chosen rows so heavily that they could be read out of a sum.
    public var maximumJoinMultiplicity: Int
    public var dominance: Dominance?
    /// The p % rule: nobody among the units of a sum may be able to estimate the largest contribution to within so many per
    /// cent, 1 to 100; `nil` for no such rule.
    public var priorPosteriorPercent: Int?
    /// Counts are rounded to multiples of this; `nil` or 1 for exact counts.
    public var countBase: Int?
    /// Other numbers are rounded to so many significant digits, 1 to 15; `nil` for exact ones.
    public var significantDigits: Int?
    /// Counts are changed by at most so much, the same for the same units (cell keys); `nil` for none.
    public var perturbation: Int?
    /// Whether a run is held against the buyer's earlier runs, so that no two answers differ by fewer units than the smallest group.
    public var isDifferencingChecked: Bool
    /// Whether minimum and maximum, which are one row's own value, may leave a cell that is large enough.
    public var allowsExtremes: Bool

    public init(
        minimumGroupSize: Int, maximumRows: Int, maximumJoinMultiplicity: Int = 2, dominance: Dominance? = nil,
        priorPosteriorPercent: Int? = nil, countBase: Int? = nil, significantDigits: Int? = nil, perturbation: Int? = nil,
        isDifferencingChecked: Bool = false, allowsExtremes: Bool = false
    ) {
        self.minimumGroupSize = minimumGroupSize
        self.maximumRows = maximumRows
        self.maximumJoinMultiplicity = maximumJoinMultiplicity
        self.dominance = dominance
        self.priorPosteriorPercent = priorPosteriorPercent
        self.countBase = countBase
        self.significantDigits = significantDigits
        self.perturbation = perturbation
        self.isDifferencingChecked = isDifferencingChecked
        self.allowsExtremes = allowsExtremes
    }
}
