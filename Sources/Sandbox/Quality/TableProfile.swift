import Encoding

/// What an assessment found out about a table: counts, and values that rest on many rows each.
///
/// It is meant for everybody, so it says nothing that rests on few rows: a shown value stands for at least
/// `minimumSupport` rows, and as many distinct privacy units where the table has them; a count of missing or repeated
/// rows below that is given as `minimumSupport`.
public struct TableProfile: Sendable, Hashable {
    /// The name and version of the way in which the figures were computed. A change to any of them is a new version.
    public static let methodName = "hexi-quality"
    public static let methodVersion = "1"
    /// No value rests on fewer rows, however small the product lets its groups be.
    public static let leastSupport = 10

    /// How many rows, and privacy units, every shown value rests on at least.
    public var minimumSupport: Int64
    /// Such as "DuckDB 1.5.6".
    public var engine: String
    public var rows: Int64
    /// Rows that repeat another row as a whole; `nil` where the table is too large to tell.
    public var duplicateRows: Int64?
    /// Every how many rows one was looked at for shares and ranges; 1 is every row. Counts are always of all rows.
    public var samplingStep: Int64
    public var columns: [ColumnProfile]
    /// Of the privacy unit, each join key, and the join keys together where there are several.
    public var keys: [KeyProfile]
    public var newest: NewestDay?

    /// A share in thousandths, rounded down; at most 1000.
    static func permille(_ count: Int64, of all: Int64) -> Int64 {
        guard all > 0, count > 0 else { return 0 }
        let (product, isTooMuch) = count.multipliedReportingOverflow(by: 1000)
        return min(1000, isTooMuch ? count / max(1, all / 1000) : product / all)
    }

    public init(
        minimumSupport: Int64, engine: String, rows: Int64, duplicateRows: Int64?, samplingStep: Int64,
        columns: [ColumnProfile], keys: [KeyProfile], newest: NewestDay?
    ) {
        self.minimumSupport = minimumSupport
        self.engine = engine
        self.rows = rows
        self.duplicateRows = duplicateRows
        self.samplingStep = samplingStep
        self.columns = columns
        self.keys = keys
        self.newest = newest
    }
}

/// Whether a column, or several together, can serve as a key.
public struct KeyProfile: Sendable, Hashable {
    public var columns: [String]
    /// Whether no value occurs twice.
    public var isUnique: Bool
    /// How many rows have a key that no other row has, in thousandths, rounded down.
    public var integrity: Int64
    /// Rows in which one of the columns has no value.
    public var missing: Int64

    public init(columns: [String], isUnique: Bool, integrity: Int64, missing: Int64) {
        self.columns = columns
        self.isUnique = isUnique
        self.integrity = integrity
        self.missing = missing
    }
}

/// The latest day on which enough rows lie, or else the first day of the latest such month.
public struct NewestDay: Sendable, Hashable {
    public var column: String
    /// As `2013-12-31`.
    public var day: String

    public init(column: String, day: String) {
        self.column = column
        self.day = day
    }
}

/// One column of an assessed table.
public struct ColumnProfile: Sendable, Hashable {
    /// A value that many rows have, and how many of the rows with a value do, in thousandths.
    public struct Category: Sendable, Hashable {
        public var value: String
        public var permille: Int64

        public init(value: String, permille: Int64) {
            self.value = value
            self.permille = permille
        }
    }

    /// Neighbouring values taken together, in ascending order.
    public struct Range: Sendable, Hashable {
        /// The mean of the values: a number, or for dates and times the day as days since 1970-01-01.
        public var mean: Double
        /// How many of the rows with a value lie here, in thousandths.
        public var permille: Int64

        public init(mean: Double, permille: Int64) {
            self.mean = mean
            self.permille = permille
        }
    }

    public var name: String
    /// The DuckDB type.
    public var type: String
    public var role: ColumnRole
    public var missing: Int64
    /// `nil` for hidden columns, and types that cannot be compared.
    public var distinct: Int64?
    /// Whether `distinct` was counted; else it is an estimate within a few per cent.
    public var isDistinctExact: Bool
    /// The most frequent values; none for privacy units, measures and hidden columns.
    public var categories: [Category]
    /// For numbers and dates that are not categories; none for privacy units and hidden columns.
    public var ranges: [Range]
    /// For texts that are shown at all: a power of two that no text is longer than, in characters.
    public var longestText: Int64?

    public init(
        name: String, type: String, role: ColumnRole, missing: Int64, distinct: Int64? = nil, isDistinctExact: Bool = true,
        categories: [Category] = [], ranges: [Range] = [], longestText: Int64? = nil
    ) {
        self.name = name
        self.type = type
        self.role = role
        self.missing = missing
        self.distinct = distinct
        self.isDistinctExact = isDistinctExact
        self.categories = categories
        self.ranges = ranges
        self.longestText = longestText
    }

    var kind: ValueKind? { ColumnType(type)?.kind }

    /// How many of so many rows have a value, in thousandths, rounded down: 1000 means every one.
    public func completeness(ofRows rows: Int64) -> Int64 {
        rows > 0 ? TableProfile.permille(max(0, rows - missing), of: rows) : 1000
    }
}
