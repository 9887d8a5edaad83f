/// How much of a product leaves by a query.
public enum QueryMode: String, Sendable, CaseIterable, Codable {
    /// Only aggregates over groups that are large enough.
    case aggregate
    /// Named columns of non-sensitive data, row by row.
    case rows
    /// Aggregates with noise, under differential privacy.
    case `private`
    /// Yes, no or a band for one consented subject.
    case match
    /// Declared numbers, and artefacts, from a program of the buyer's.
    case metrics
}

/// What a product allows in aggregate mode.
public struct AggregateTerms: Sendable, Hashable, Codable {
    /// A cell whose largest contributors make up more than so much of a sum is suppressed.
    public struct Dominance: Sendable, Hashable, Codable {
        /// How many units are taken together, 1 to 5.
        public var contributors: Int64
        /// Of the sum, 1 to 100.
        public var percent: Int64

        public init(contributors: Int64, percent: Int64) {
            self.contributors = contributors
            self.percent = percent
        }
    }

    /// Distinct privacy units that every released row must rest on; at least 1.
    public var minimumGroupSize: Int64
    public var maximumRows: Int64
    /// How many rows of another owner's table may meet one row in a join, 1 to 1000; `nil` for what the sandbox takes.
    public var maximumJoinMultiplicity: Int64?
    public var dominance: Dominance?
    /// The p % rule, 1 to 100.
    public var priorPosteriorPercent: Int64?
    /// Counts are rounded to multiples of this, 1 to 1,000,000.
    public var countBase: Int64?
    /// Other numbers are rounded to so many digits, 1 to 15.
    public var significantDigits: Int64?
    /// Counts are changed by at most so much, 1 to 10.
    public var perturbation: Int64?
    /// Whether a run is held against the buyer's earlier ones.
    public var differencing = false
    /// Whether minimum and maximum may leave.
    public var extremes = false

    public init(minimumGroupSize: Int64, maximumRows: Int64) {
        self.minimumGroupSize = minimumGroupSize
        self.maximumRows = maximumRows
    }
}

public struct RowsTerms: Sendable, Hashable, Codable {
    public var columns: [String]
    public var maximumRows: Int64

    public init(columns: [String], maximumRows: Int64) {
        self.columns = columns
        self.maximumRows = maximumRows
    }
}

/// What a product allows in private mode.
public struct PrivateTerms: Sendable, Hashable, Codable {
    /// Between which values those of a column count; beyond, they are clamped.
    public struct Bounds: Sendable, Hashable, Codable {
        public var column: String
        public var lower: DecimalNumber
        public var upper: DecimalNumber

        public init(column: String, lower: DecimalNumber, upper: DecimalNumber) {
            self.column = column
            self.lower = lower
            self.upper = upper
        }
    }

    /// All that one buyer may spend in a period, in thousandths, 1 to 100,000.
    public var epsilon: Int64
    /// δ is 10 to the minus so much, 4 to 15.
    public var deltaExponent: Int64
    /// How long a period is, 1 to 3660 days. Periods are counted from 1 January 1970, UTC.
    public var periodDays: Int64
    /// In thousandths, 1 to ``epsilon``.
    public var maximumEpsilonPerRun: Int64
    /// In how many groups of one query a unit may count, 1 to 1000.
    public var maximumGroupsPerUnit: Int64
    /// How many rows of a unit may count in one group, 1 to 100,000.
    public var maximumRowsPerUnit: Int64
    public var bounds: [Bounds]
    public var maximumRows: Int64

    public init(
        epsilon: Int64, deltaExponent: Int64, periodDays: Int64, maximumEpsilonPerRun: Int64, maximumGroupsPerUnit: Int64,
        maximumRowsPerUnit: Int64, bounds: [Bounds], maximumRows: Int64
    ) {
        self.epsilon = epsilon
        self.deltaExponent = deltaExponent
        self.periodDays = periodDays
        self.maximumEpsilonPerRun = maximumEpsilonPerRun
        self.maximumGroupsPerUnit = maximumGroupsPerUnit
        self.maximumRowsPerUnit = maximumRowsPerUnit
        self.bounds = bounds
        self.maximumRows = maximumRows
    }
}

/// What a product answers about one consented subject.
public struct MatchTerms: Sendable, Hashable, Codable {
    /// The column that names the subject, which is the privacy unit.
    public var subject: String
    /// How many answers one buyer gets in a day (UTC), 1 to 100,000.
    public var maximumPerDay: Int64

    public init(subject: String, maximumPerDay: Int64) {
        self.subject = subject
        self.maximumPerDay = maximumPerDay
    }
}

/// What a program may be.
public enum ProgramRuntime: String, Sendable, CaseIterable, Codable { case python3, executable }

/// What a product allows to programs.
public struct MetricsTerms: Sendable, Hashable, Codable {
    public var runtimes: [ProgramRuntime]
    /// 1 to 86,400.
    public var maximumSeconds: Int64
    /// MiB, 16 to 1,048,576.
    public var maximumMemory: Int64
    /// MiB, 1 to 1,048,576.
    public var maximumScratch: Int64
    /// The most bytes of one run's artefacts together, 1 to 2^40; `nil` where artefacts are not allowed.
    public var maximumArtefactBytes: Int64?
    /// To how many digits metrics are rounded, 1 to 15.
    public var significantDigits: Int64

    public init(
        runtimes: [ProgramRuntime], maximumSeconds: Int64, maximumMemory: Int64, maximumScratch: Int64,
        maximumArtefactBytes: Int64?, significantDigits: Int64
    ) {
        self.runtimes = runtimes
        self.maximumSeconds = maximumSeconds
        self.maximumMemory = maximumMemory
        self.maximumScratch = maximumScratch
        self.maximumArtefactBytes = maximumArtefactBytes
        self.significantDigits = significantDigits
    }
}
