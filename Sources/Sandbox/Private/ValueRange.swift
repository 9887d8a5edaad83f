/// The least and greatest value that an expression over declared columns can have, by interval arithmetic.
struct ValueRange: Sendable, Hashable {
    var lower: Double
    var upper: Double
    /// Digits after the point that its values have; `nil` where they may have any.
    var digits: Int?

    /// `nil` for anything but lower ≤ upper, both finite.
    init?(_ lower: Double, _ upper: Double, digits: Int?) {
        guard lower.isFinite, upper.isFinite, lower <= upper else { return nil }
        self.lower = lower
        self.upper = upper
        self.digits = digits
    }

    /// A column's declared range.
    init?(_ column: ColumnDefinition, bounds: [String: ClosedRange<Double>]) {
        guard let type = ColumnType(column.type) else { return nil }
        if type.kind == .boolean {
            self.init(0, 1, digits: 0)
        } else {
            guard let declared = bounds.first(where: { foldedName($0.key) == foldedName(column.name) })?.value else { return nil }
            self.init(declared.lowerBound, declared.upperBound, digits: Self.digits(type))
        }
    }

    private static func digits(_ type: ColumnType) -> Int? {
        if type.kind == .integer { return 0 }
        guard type.name.hasPrefix("DECIMAL(") else { return nil }
        return type.name.dropFirst(8).dropLast().split(separator: ",").last.flatMap { Int($0) }
    }

    /// The range of an expression; `nil` where a column in it has none or it holds what has no simple range.
    static func of(_ expression: Expression, column: (ColumnPath) -> ValueRange?) -> ValueRange? {
        func part(_ expression: Expression) -> ValueRange? { of(expression, column: column) }
        switch expression.node {
        case .constant(let constant): return Self.constant(constant)
        case .column(let path): return column(path)
        case .cast(let inner, let type):
            guard type.kind?.isNumber == true, var range = part(inner) else { return nil }
            // A conversion to fewer digits may round up to the next whole number.
            if type.kind == .integer, range.digits != 0 {
                return ValueRange(range.lower.rounded(.down), range.upper.rounded(.up), digits: 0)
            }
            if type.id == "DOUBLE" || type.id == "FLOAT" { range.digits = range.digits == 0 ? 0 : nil }
            return range
        case .coalesce(let parts): return union(parts.map(part))
        case .choice(let branches, let otherwise):
            return union((branches.map(\.result) + [otherwise]).filter { $0.node != .constant(.null) }.map(part))
        case .call(let call) where call.isOperator && call.filter == nil && !call.isDistinct:
            return arithmetic(call.name, call.arguments.map(part))
        default: return nil
        }
    }

    private static func constant(_ constant: Constant) -> ValueRange? {
        guard let value = constant.doubleValue else { return nil }
        switch constant {
        case .integer: return ValueRange(value, value, digits: 0)
        case .decimal(_, _, let scale): return ValueRange(value, value, digits: scale)
        default: return ValueRange(value, value, digits: nil)
        }
    }

    private static func union(_ parts: [ValueRange?]) -> ValueRange? {
        let known = parts.compactMap(\.self)
        guard known.count == parts.count, let lower = known.map(\.lower).min(), let upper = known.map(\.upper).max() else { return nil }
        return ValueRange(lower, upper, digits: known.contains { $0.digits == nil } ? nil : known.compactMap(\.digits).max())
    }

    private static func arithmetic(_ name: String, _ parts: [ValueRange?]) -> ValueRange? {
        let known = parts.compactMap(\.self)
        guard known.count == parts.count, let one = known.first else { return nil }
        guard known.count == 2, let other = known.last else {
            switch name {
            case "+": return one
            case "-": return ValueRange(-one.upper, -one.lower, digits: one.digits)
            default: return nil
            }
        }
        let digits = one.digits.flatMap { left in other.digits.map { (left, $0) } }
        switch name {
        case "+": return ValueRange(one.lower + other.lower, one.upper + other.upper, digits: digits.map { max($0.0, $0.1) })
        case "-": return ValueRange(one.lower - other.upper, one.upper - other.lower, digits: digits.map { max($0.0, $0.1) })
        case "*": return corners(one, other, digits: digits.map { $0.0 + $0.1 }, *)
        case "/" where other.lower > 0 || other.upper < 0: return corners(one, other, digits: nil, /)
        default: return nil
        }
    }

    private static func corners(
        _ one: ValueRange, _ other: ValueRange, digits: Int?, _ operation: (Double, Double) -> Double
    ) -> ValueRange? {
        let values = [one.lower, one.upper].flatMap { left in [other.lower, other.upper].map { operation(left, $0) } }
        guard let lower = values.min(), let upper = values.max() else { return nil }
        return ValueRange(lower, upper, digits: digits)
    }
}

/// The whole numbers on which values of a range are added up: a value is clamped to the range and rounded to a step of 10^−digits.
struct ValueGrid: Sendable, Hashable {
    /// Steps in the largest value: sums of 2^40 of them still fit 127 bits.
    static let maximumSteps = 0x1p50

    let range: ValueRange
    /// One step is 10 to the power of minus this.
    let digits: Int
    let lower: Int64
    let upper: Int64

    /// The declared digits where they fit, else about eight: noise is far larger than their rounding.
    ///
    /// - Returns: `nil` for a range beyond 10^30, or so small that 10^−30 is not a step of it.
    init?(_ range: ValueRange) {
        let largest = max(abs(range.lower), abs(range.upper))
        let digits: Int
        if let declared = range.digits, largest * Self.power(declared) <= Self.maximumSteps {
            digits = declared
        } else {
            digits = (-30...30).last { largest * Self.power($0) <= 1e8 } ?? -31
        }
        guard (-30...30).contains(digits) else { return nil }
        let (lower, upper) = ((range.lower * Self.power(digits)).rounded(.down), (range.upper * Self.power(digits)).rounded(.up))
        guard abs(lower) <= Self.maximumSteps, abs(upper) <= Self.maximumSteps else { return nil }
        self.range = range
        self.digits = digits
        self.lower = Int64(lower)
        self.upper = Int64(upper)
    }

    /// Halfway between the ends, from which means are measured.
    var middle: Int64 { lower + (upper - lower) / 2 }
    /// By how much one row can change a sum.
    var reach: UInt64 { max(lower.magnitude, upper.magnitude, 1) }
    /// By how much one row can change a sum of distances from the middle.
    var centredReach: UInt64 { max((upper - middle).magnitude, (middle - lower).magnitude, 1) }

    /// The value of a number of steps.
    func value(_ steps: Double) -> Double { digits >= 0 ? steps / Self.power(digits) : steps * Self.power(-digits) }

    /// A column's value in steps, as SQL; NULL for NULL. It cannot fail: NaN and infinities are clamped like any other value.
    func steps(_ column: String) -> String {
        let clamped = "greatest(least(TRY_CAST(\(column) AS DOUBLE), \(Self.literal(range.upper))), \(Self.literal(range.lower)))"
        let scaled = "round(\(clamped) * \(Self.literal(Self.power(digits))))"
        // `least` and `greatest` pass over NULL.
        return "CASE WHEN \(column) IS NOT NULL THEN TRY_CAST(greatest(least(\(scaled), \(upper)), \(lower)) AS BIGINT) END"
    }

    private static func literal(_ value: Double) -> String { "CAST('\(value)' AS DOUBLE)" }

    /// Ten to a power from −30 to 30.
    private static func power(_ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<min(abs(exponent), 60) { result *= 10 }
        return exponent >= 0 ? result : 1 / result
    }
}
