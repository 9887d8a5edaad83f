import Encoding

/// What the node found out about a version's snapshot. The report that the figures come from is kept by the node; here
/// stand its digest and its head figures.
public struct QualityAssessment: Sendable, Hashable {
    public struct Figures: Sendable, Hashable {
        public var rows: Int64
        public var columns: Int64
        /// The share of values that are there, in thousandths: of the least complete column, and over all of them.
        public var minimumCompleteness: Int64
        public var meanCompleteness: Int64
        /// How many rows repeat another row.
        public var duplicates: Int64
        /// The age of the newest row, in seconds, where a column tells.
        public var freshnessSeconds: Int64?
        /// The share of rows whose key is there and unique, in thousandths, where the product has a key.
        public var keyIntegrity: Int64?
        /// Codes of what is amiss, at most 32.
        public var issues: [String]

        public init(
            rows: Int64, columns: Int64, minimumCompleteness: Int64, meanCompleteness: Int64, duplicates: Int64,
            freshnessSeconds: Int64? = nil, keyIntegrity: Int64? = nil, issues: [String] = []
        ) {
            self.rows = rows
            self.columns = columns
            self.minimumCompleteness = minimumCompleteness
            self.meanCompleteness = meanCompleteness
            self.duplicates = duplicates
            self.freshnessSeconds = freshnessSeconds
            self.keyIntegrity = keyIntegrity
            self.issues = issues
        }
    }

    public var product: Identifier
    public var version: Int64
    /// SHA-256 of the snapshot that was looked at, lower-case hexadecimal.
    public var snapshot: String
    /// The method's name and version.
    public var methodName: String
    public var methodVersion: String
    /// SHA-256 of the signed report, lower-case hexadecimal.
    public var report: String
    public var figures: Figures

    public init(
        product: Identifier, version: Int64, snapshot: String, methodName: String, methodVersion: String, report: String,
        figures: Figures
    ) {
        self.product = product
        self.version = version
        self.snapshot = snapshot
        self.methodName = methodName
        self.methodVersion = methodVersion
        self.report = report
        self.figures = figures
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        product = try cursor.member("product").identifier(.product)
        version = try cursor.member("version").integer(in: 1...1_000_000)
        snapshot = try cursor.member("snapshot").hexadecimalDigest()
        let method = try cursor.member("method")
        methodName = try method.member("name").text(1...64)
        methodVersion = try method.member("version").text(1...32)
        report = try cursor.member("report").hexadecimalDigest()
        figures = try Figures(try cursor.member("figures"))
    }

    var members: [(String, JSONValue?)] {
        [
            ("product", .string(product.text)), ("version", .integer(version)), ("snapshot", .string(snapshot)),
            ("method", ["name": .string(methodName), "version": .string(methodVersion)]), ("report", .string(report)),
            ("figures", figures.json),
        ]
    }
}

extension QualityAssessment.Figures {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        rows = try cursor.member("rows").integer(in: 0...Int64.max)
        columns = try cursor.member("columns").integer(in: 1...1000)
        let completeness = try cursor.member("completeness")
        minimumCompleteness = try completeness.member("minimum").integer(in: 0...1000)
        meanCompleteness = try completeness.member("mean").integer(in: 0...1000)
        if minimumCompleteness > meanCompleteness {
            throw try completeness.member("mean").mismatch("cannot be less than the least complete column's")
        }
        duplicates = try cursor.member("duplicates").integer(in: 0...Int64.max)
        if duplicates > rows { throw try cursor.member("duplicates").mismatch("cannot be more than there are rows") }
        freshnessSeconds = try cursor.optionalMember("freshnessSeconds")?.integer(in: 0...Int64.max)
        keyIntegrity = try cursor.optionalMember("keyIntegrity")?.integer(in: 0...1000)
        issues = try cursor.member("issues").strings(maximumCount: 32, each: 64)
    }

    public var json: JSONValue {
        var object: JSONObject = [
            "rows": .integer(rows), "columns": .integer(columns),
            "completeness": ["minimum": .integer(minimumCompleteness), "mean": .integer(meanCompleteness)],
            "duplicates": .integer(duplicates),
        ]
        object["freshnessSeconds"] = freshnessSeconds.map { .integer($0) }
        object["keyIntegrity"] = keyIntegrity.map { .integer($0) }
        object["issues"] = .array(issues.map { .string($0) })
        return .object(object)
    }
}
