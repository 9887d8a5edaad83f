/// A rational number for small eliminations; traps on overflow, which a test would notice.
struct Rational: Equatable, ExpressibleByIntegerLiteral {
    var numerator: Int
    var denominator: Int

    init(_ numerator: Int, _ denominator: Int) {
        var (a, b) = (abs(numerator), abs(denominator))
        while b != 0 { (a, b) = (b, a % b) }
        let sign = denominator < 0 ? -1 : 1
        self.numerator = sign * numerator / max(a, 1)
        self.denominator = sign * denominator / max(a, 1)
    }

    init(integerLiteral value: Int) { self.init(value, 1) }

    static func - (one: Self, other: Self) -> Self {
        Rational(one.numerator * other.denominator - other.numerator * one.denominator, one.denominator * other.denominator)
    }
    static func * (one: Self, other: Self) -> Self { Rational(one.numerator * other.numerator, one.denominator * other.denominator) }
    static func / (one: Self, other: Self) -> Self { Rational(one.numerator * other.denominator, one.denominator * other.numerator) }
}

/// The span of some vectors over the rational numbers.
struct RationalBasis {
    private var rows: [(pivot: Int, values: [Rational])] = []

    init(_ vectors: [[Rational]]) {
        for vector in vectors {
            let rest = reduced(vector)
            guard let pivot = rest.firstIndex(where: { $0 != 0 }) else { continue }
            rows.append((pivot, rest.map { $0 / rest[pivot] }))
        }
    }

    func spans(_ vector: [Rational]) -> Bool { reduced(vector).allSatisfy { $0 == 0 } }

    private func reduced(_ vector: [Rational]) -> [Rational] {
        var rest = vector
        for row in rows {
            let factor = rest[row.pivot]
            guard factor != 0 else { continue }
            rest = zip(rest, row.values).map { $0 - factor * $1 }
        }
        return rest
    }
}
