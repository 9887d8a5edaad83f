import Encoding

/// Why two shares have no sum that can be written.
public enum FractionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The exact result, in lowest terms, has a numerator or denominator beyond 64 bits.
    case outOfRange

    public var description: String {
        "the exact result cannot be written with numbers of 64 bits; choose shares with smaller denominators"
    }
}

/// An exact share: a positive fraction in lowest terms, written `numerator/denominator`, such as `1/3` or `1/1`.
///
/// Both numbers are 1 to 9,223,372,036,854,775,807. Nothing is ever rounded: what cannot be written exactly is an error.
public struct Fraction: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public let numerator: Int64
    public let denominator: Int64

    public static let one = Fraction(lowestTerms: 1, 1)

    private init(lowestTerms numerator: Int64, _ denominator: Int64) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// The fraction in lowest terms; `nil` unless both numbers are positive.
    public init?(_ numerator: Int64, _ denominator: Int64) {
        guard numerator > 0, denominator > 0 else { return nil }
        let divisor = Self.commonDivisor(Int128(numerator), Int128(denominator))
        self.init(lowestTerms: Int64(Int128(numerator) / divisor), Int64(Int128(denominator) / divisor))
    }

    /// Reads the one form in which a fraction is written: lowest terms, no sign, no leading zeros.
    public init?(_ text: String) {
        guard text.utf8.count <= 39 else { return nil }
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 2, let numerator = Int64(parts[0]), let denominator = Int64(parts[1]),
            let fraction = Fraction(numerator, denominator), fraction.description == text
        else { return nil }
        self = fraction
    }

    public var description: String { "\(numerator)/\(denominator)" }

    // Products of two 64-bit numbers, and sums of two of those, lie within 128 bits.
    public static func < (left: Fraction, right: Fraction) -> Bool {
        Int128(left.numerator) * Int128(right.denominator) < Int128(right.numerator) * Int128(left.denominator)
    }

    /// The exact sum of two shares.
    public func adding(_ other: Fraction) throws(FractionError) -> Fraction {
        let sum =
            Int128(numerator) * Int128(other.denominator) + Int128(other.numerator) * Int128(denominator)
        let product = Int128(denominator) * Int128(other.denominator)
        let divisor = Self.commonDivisor(sum, product)
        guard let numerator = Int64(exactly: sum / divisor), let denominator = Int64(exactly: product / divisor) else {
            throw .outOfRange
        }
        return Fraction(lowestTerms: numerator, denominator)
    }

    /// The exact sum of shares; `nil` of none.
    public static func sum(_ shares: some Sequence<Fraction>) throws(FractionError) -> Fraction? {
        var total: Fraction?
        for share in shares { total = if let before = total { try before.adding(share) } else { share } }
        return total
    }

    /// Euclid's algorithm; both numbers are positive.
    private static func commonDivisor(_ left: Int128, _ right: Int128) -> Int128 {
        var (left, right) = (left, right)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }

    // A share in stored state is its text, and is checked anew.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let fraction = Fraction(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a share is a fraction in lowest terms")
        }
        self = fraction
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension JSONCursor {
    /// A share of a right, above zero and at most one.
    func share() throws(JSONMismatch) -> Fraction {
        let text = try string(maximumCount: 64)
        guard let share = Fraction(text) else {
            throw mismatch("must be a fraction in lowest terms such as \"1/3\" or \"1/1\", is \"\(text)\"")
        }
        guard share <= .one else { throw mismatch("must not be more than the whole, 1/1") }
        return share
    }
}
