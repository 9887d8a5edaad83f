import Encoding

extension TableProfile {
    /// The least and the mean completeness of all columns, in thousandths, rounded down.
    public var completeness: (minimum: Int64, mean: Int64) {
        let values = columns.map { $0.completeness(ofRows: rows) }
        guard let minimum = values.min() else { return (1000, 1000) }
        return (minimum, values.reduce(0, +) / Int64(values.count))
    }

    /// What a reader should look at, as codes; the first thirty-two in a fixed order.
    public var issues: [String] {
        var issues: [String] = []
        func note(_ code: String, if condition: Bool) { if condition { issues.append(code) } }
        note("no-rows", if: rows == 0)
        note("few-rows", if: rows > 0 && rows < minimumSupport)
        note("duplicate-rows", if: (duplicateRows ?? 0) > 0)
        let shares = columns.map { $0.completeness(ofRows: rows) }
        note("empty-column", if: rows > 0 && shares.contains(0))
        note("incomplete-column", if: shares.contains { $0 > 0 && $0 < 950 })
        note("constant-column", if: rows > 1 && columns.contains { $0.role != .privacyUnit && $0.distinct == 1 })
        note("unit-missing", if: columns.contains { $0.role == .privacyUnit && $0.missing > 0 })
        note("few-units", if: columns.contains { $0.role == .privacyUnit && ($0.distinct ?? 0) < minimumSupport })
        note("key-missing", if: keys.contains { $0.missing > 0 })
        note("duplicates-not-counted", if: duplicateRows == nil)
        note("sampled", if: samplingStep > 1)
        return issues
    }

    /// The members of a report that come from the table alone.
    public var members: [(String, JSONValue?)] {
        [
            ("method", ["name": .string(Self.methodName), "version": .string(Self.methodVersion), "engine": .string(engine)]),
            ("minimumSupport", .integer(minimumSupport)), ("rows", .integer(rows)),
            ("duplicateRows", duplicateRows.map { .integer($0) }), ("samplingStep", .integer(samplingStep)),
            ("completeness", ["minimum": .integer(completeness.minimum), "mean": .integer(completeness.mean)]),
            ("columns", .array(columns.map { $0.json(ofRows: rows) })),
            (
                "keys",
                .array(keys.map {
                    [
                        "columns": .array($0.columns.map { .string($0) }), "unique": .bool($0.isUnique),
                        "integrity": .integer($0.integrity), "missing": .integer($0.missing),
                    ]
                })
            ),
            ("newest", newest.map { ["column": .string($0.column), "day": .string($0.day)] }),
            ("issues", .array(issues.map { .string($0) })),
        ]
    }

    /// Reads a report's members back. Others beside them are passed over.
    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        minimumSupport = try cursor.member("minimumSupport").integer(in: 1...Int64.max)
        engine = try cursor.member("method").member("engine").string(maximumCount: 64)
        rows = try cursor.member("rows").integer(in: 0...Int64.max)
        duplicateRows = try cursor.optionalMember("duplicateRows")?.integer(in: 0...Int64.max)
        samplingStep = try cursor.member("samplingStep").integer(in: 1...Int64.max)
        var columns: [ColumnProfile] = []
        for element in try cursor.member("columns").array(maximumCount: 1000) { columns.append(try ColumnProfile(element)) }
        self.columns = columns
        var keys: [KeyProfile] = []
        for element in try cursor.member("keys").array(maximumCount: 1002) {
            var names: [String] = []
            for name in try element.member("columns").array(maximumCount: 1000) { names.append(try name.string()) }
            keys.append(
                KeyProfile(
                    columns: names, isUnique: try element.member("unique").bool(),
                    integrity: try element.member("integrity").integer(in: 0...1000),
                    missing: try element.member("missing").integer(in: 0...Int64.max)))
        }
        self.keys = keys
        newest = try cursor.optionalMember("newest").map { (member) throws(JSONMismatch) in
            NewestDay(column: try member.member("column").string(), day: try member.member("day").string(maximumCount: 10))
        }
    }
}

extension ColumnProfile {
    func json(ofRows rows: Int64) -> JSONValue {
        var object: JSONObject = [
            "name": .string(name), "type": .string(type), "role": .string(role.rawValue), "missing": .integer(missing),
            "completeness": .integer(completeness(ofRows: rows)),
        ]
        if let distinct {
            object["distinct"] = .integer(distinct)
            object["distinctIsExact"] = .bool(isDistinctExact)
        }
        object["longestText"] = longestText.map { .integer($0) }
        if !categories.isEmpty {
            object["categories"] = .array(categories.map { ["value": .string($0.value), "permille": .integer($0.permille)] })
        }
        if !ranges.isEmpty {
            object["ranges"] = .array(ranges.map { ["mean": mean($0.mean), "permille": .integer($0.permille)] })
        }
        return .object(object)
    }

    private func mean(_ value: Double) -> JSONValue {
        guard kind?.isMoment == true else { return .number(value) }
        return .string(Self.day(value))
    }

    /// A day as people write it, from days since 1970-01-01; days outside years 1 to 9999 as the nearest end.
    static func day(_ days: Double) -> String {
        let bounded = days.isFinite ? min(max(days.rounded(.down), -1e6), 1e7) : 0
        return String(Timestamp(milliseconds: Int64(bounded) * 86_400_000).description.prefix(10))
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        name = try cursor.member("name").string(maximumCount: 1024)
        type = try cursor.member("type").string(maximumCount: 1024)
        let roleCursor = try cursor.member("role")
        guard let role = ColumnRole(rawValue: try roleCursor.string()) else { throw roleCursor.mismatch("is no role") }
        self.role = role
        missing = try cursor.member("missing").integer(in: 0...Int64.max)
        distinct = try cursor.optionalMember("distinct")?.integer(in: 0...Int64.max)
        isDistinctExact = try cursor.optionalMember("distinctIsExact")?.bool() ?? true
        longestText = try cursor.optionalMember("longestText")?.integer(in: 0...Int64.max)
        categories = []
        for element in try cursor.optionalMember("categories")?.array(maximumCount: 1000) ?? [] {
            categories.append(
                Category(
                    value: try element.member("value").string(),
                    permille: try element.member("permille").integer(in: 0...1000)))
        }
        ranges = []
        for element in try cursor.optionalMember("ranges")?.array(maximumCount: 100) ?? [] {
            ranges.append(
                Range(
                    mean: try Self.mean(element.member("mean")),
                    permille: try element.member("permille").integer(in: 0...1000)))
        }
    }

    private static func mean(_ cursor: JSONCursor) throws(JSONMismatch) -> Double {
        switch cursor.value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        case .string(let text):
            guard let day = Timestamp("\(text)T00:00:00.000Z") else { throw cursor.mismatch("is no day") }
            return Double(day.milliseconds / 86_400_000)
        default: throw cursor.mismatch("must be a number or a day")
        }
    }
}
